/* Values of expressions. What is known while the graph is built is computed here; what works on tensors goes
 * to formula.c. */
#include "lang/formula.h"
#include "lang/frame.h"
#include "lang/function.h"
#include "lang/range.h"

#include <string.h>

static sg_work *work_of(const sg_context *c) {
    return c->frame->expander->work;
}

static const sg_tree *bad(const sg_context *c, const sg_expr *expr) {
    return sg_tree_new_bad(work_of(c), expr->span);
}

static const sg_tree *evaluate_name(const sg_context *c, const sg_expr *expr) {
    const sg_expander *x = c->frame->expander;
    const sg_tree *value;
    switch (expr->binding) {
    case SG_BINDING_SYMBOL:
        value = sg_frame_value(c->frame, expr->index, expr->span);
        break;
    case SG_BINDING_REPEAT:
        value = c->local[expr->index].value;
        break;
    case SG_BINDING_BATCH:
    case SG_BINDING_TRAINING:
        if (!x->graph) {
            sg_complain(x->work, expr->span, NULL, "`%s` has no value here: only nodes and blocks know it",
                        expr->name);
            return bad(c, expr);
        }
        if (expr->binding == SG_BINDING_BATCH)
            return sg_tree_new_number(x->work, (double)x->batch, expr->span);
        return sg_tree_new_bool(x->work, x->training, expr->span);
    case SG_BINDING_ABSENT:
        return sg_tree_new_absent(x->work, expr->name, expr->span);
    case SG_BINDING_CAPTURE:
        for (int i = 0; c->captures && i < c->captures->count; i++)
            if (strcmp(c->captures->name[i], expr->name) == 0)
                return sg_tree_new_number(x->work, (double)c->captures->value[i], expr->span);
        sg_complain(x->work, expr->span, NULL, "the pattern that matched does not capture <%s>", expr->name);
        return bad(c, expr);
    default:
        return bad(c, expr);
    }
    return sg_tree_at_span(x->work, value, expr->span);
}

static const sg_tree *evaluate_list(const sg_context *c, const sg_expr *expr) {
    sg_tree *list = sg_tree_new(work_of(c), SG_TREE_LIST, expr->span);
    list->style = SG_STYLE_FLOW;
    for (int i = 0; i < expr->count; i++) {
        const sg_tree *item = sg_evaluate(c, expr->child[i]);
        if (item->kind == SG_TREE_BAD) return item;
        sg_tree_append(work_of(c), list, NULL, expr->child[i]->span, (sg_tree *)item);
    }
    return list;
}

/* widths[1:]: a list of those entries. */
static const sg_tree *list_range(const sg_context *c, const sg_expr *expr, const sg_tree *list) {
    sg_range range;
    if (!sg_range_read(c, expr->child[1], (int64_t)list->count, &range)) return bad(c, expr);
    sg_tree *part = sg_tree_new(work_of(c), SG_TREE_LIST, expr->span);
    part->style = SG_STYLE_FLOW;
    for (int64_t i = 0; i < range.length; i++) {
        const sg_entry *entry = &list->entry[range.start + i * range.step];
        sg_tree_append(work_of(c), part, NULL, entry->value->span, entry->value);
    }
    return part;
}

/* widths[-1], widths[1:]: as in Python. */
static const sg_tree *index_list(const sg_context *c, const sg_expr *expr, const sg_tree *list) {
    const sg_expr *item = expr->child[1];
    if (expr->count == 2 && item->kind == SG_EXPR_RANGE) return list_range(c, expr, list);
    int64_t count = (int64_t)list->count, index;
    if (expr->count != 2 || item->kind == SG_EXPR_ELLIPSIS) {
        sg_complain(work_of(c), expr->at, NULL, "a list takes one whole number or one range as its index");
        return bad(c, expr);
    }
    if (!sg_index_read(c, item, 0, &index)) return bad(c, expr);
    if (index < -count || index >= count) {
        sg_complain(work_of(c), item->span, NULL, "the index %lld lies outside of the list of %lld entr%s",
                    (long long)index, (long long)count, count == 1 ? "y" : "ies");
        return bad(c, expr);
    }
    return sg_tree_at_span(work_of(c), list->entry[index < 0 ? index + count : index].value, expr->span);
}

static const sg_tree *evaluate_index(const sg_context *c, const sg_expr *expr) {
    const sg_tree *base = sg_evaluate(c, expr->child[0]);
    if (base->kind == SG_TREE_BAD) return base;
    if (base->kind == SG_TREE_LIST) return index_list(c, expr, base);
    if (base->kind == SG_TREE_TENSOR && c->formula) return sg_formula_index(c, expr, base);
    sg_complain(work_of(c), expr->at, NULL, "only nodes and lists can be indexed, but this is %s",
                sg_tree_kind_text(base));
    return bad(c, expr);
}

static bool is_tensor(const sg_tree *value) {
    return value->kind == SG_TREE_TENSOR;
}

/* An optional input that was not given has no value, nor has `absent`. */
static bool check_given(const sg_context *c, const sg_tree *value) {
    if (value->kind != SG_TREE_ABSENT) return true;
    if (value->text)
        sg_complain(work_of(c), value->span, "it stands for an optional input that is not given",
                    "`absent` has no value");
    else
        sg_complain(work_of(c), value->span, "`a if given(x) else b` chooses by whether it was given",
                    "this optional input was not given");
    return false;
}

static const sg_tree *evaluate_binary(const sg_context *c, const sg_expr *expr) {
    const sg_tree *a = sg_evaluate(c, expr->child[0]), *b = sg_evaluate(c, expr->child[1]);
    if (a->kind == SG_TREE_BAD || b->kind == SG_TREE_BAD) return bad(c, expr);
    if (!check_given(c, a) || !check_given(c, b)) return bad(c, expr);
    if (is_tensor(a) || is_tensor(b)) return sg_formula_binary(c, expr, sg_operator_op(expr->sign), a, b);
    const sg_tree *value = sg_function_binary(work_of(c), expr, a, b);
    if (value->quotient && !value->quotient->frame) value->quotient->frame = c->frame;
    return value;
}

static bool is_bool(const sg_context *c, const sg_tree *value, const char *what) {
    if (value->kind == SG_TREE_BOOL) return true;
    if (value->kind != SG_TREE_BAD)
        sg_complain(work_of(c), value->span,
                    value->kind == SG_TREE_TENSOR   ? "to choose by data, write where(mask, a, b)"
                    : value->kind == SG_TREE_NUMBER ? "compare it: x > 0"
                                                    : NULL,
                    "%s must be true or false, but is %s", what, sg_tree_kind_text(value));
    return false;
}

static const sg_tree *evaluate_logic(const sg_context *c, const sg_expr *expr) {
    bool both = expr->kind == SG_EXPR_AND;
    const sg_tree *a = sg_evaluate(c, expr->child[0]);
    if (a->kind == SG_TREE_BAD) return a;
    if (a->kind == SG_TREE_BOOL && (a->number != 0) != both)
        return sg_tree_new_bool(work_of(c), !both, expr->span);
    const sg_tree *b = sg_evaluate(c, expr->child[1]);
    if (b->kind == SG_TREE_BAD) return b;
    if (is_tensor(a) || is_tensor(b))
        return sg_formula_binary(c, expr, both ? "logical_and" : "logical_or", a, b);
    if (!is_bool(c, a, both ? "an operand of `and`" : "an operand of `or`") ||
        !is_bool(c, b, both ? "an operand of `and`" : "an operand of `or`"))
        return bad(c, expr);
    return sg_tree_new_bool(work_of(c), b->number != 0, expr->span);
}

static const sg_tree *evaluate_unary(const sg_context *c, const sg_expr *expr) {
    const sg_tree *a = sg_evaluate(c, expr->child[0]);
    bool minus = expr->kind == SG_EXPR_MINUS;
    if (a->kind == SG_TREE_BAD || !check_given(c, a)) return bad(c, expr);
    if (is_tensor(a)) return sg_formula_unary(c, expr, minus ? "neg" : "logical_not", a);
    if (!minus)
        return is_bool(c, a, "the operand of `not`")
                   ? sg_tree_new_bool(work_of(c), a->number == 0, expr->span)
                   : bad(c, expr);
    if (a->kind == SG_TREE_NUMBER) {
        sg_tree *negated = sg_tree_new_number(work_of(c), -a->number, expr->span);
        negated->quotient = a->quotient;
        negated->setting = a->setting;
        return negated;
    }
    sg_complain(work_of(c), expr->at, NULL, "`-` needs a number, but this is %s", sg_tree_kind_text(a));
    return bad(c, expr);
}

static const sg_tree *evaluate_choice(const sg_context *c, const sg_expr *expr) {
    const sg_tree *condition = sg_evaluate(c, expr->child[1]);
    if (!is_bool(c, condition, "the condition of `if`")) return bad(c, expr);
    const sg_expr *chosen = expr->child[condition->number != 0 ? 0 : 2];
    if (c->formula && c->formula->root == expr) c->formula->root = chosen;
    return sg_evaluate(c, chosen);
}

static const sg_tree *evaluate_call(const sg_context *c, const sg_expr *expr) {
    if (strcmp(expr->name, "given") == 0) {
        if (expr->binding == SG_BINDING_NONE) return bad(c, expr);
        return sg_tree_new_bool(work_of(c), c->frame->input[expr->index]->kind != SG_TREE_ABSENT, expr->span);
    }
    if (!sg_function_exists(expr->name)) return sg_formula_call(c, expr, NULL);
    const sg_tree **argument = SG_TAKE(work_of(c), const sg_tree *, expr->count);
    bool tensors = false, keys = false;
    for (int i = 0; i < expr->count; i++) {
        if (expr->key[i]) keys = true;
        if (expr->key[i]) continue; /* attributes of the op of the same name */
        argument[i] = sg_evaluate(c, expr->child[i]);
        if (argument[i]->kind == SG_TREE_BAD || !check_given(c, argument[i])) return bad(c, expr);
        tensors = tensors || is_tensor(argument[i]);
    }
    if ((tensors || keys) && c->formula) return sg_formula_call(c, expr, argument);
    if (!keys) return sg_function_call(work_of(c), expr, argument);
    sg_complain(work_of(c), expr->at, NULL, "`%s` on numbers takes no attributes", expr->name);
    return bad(c, expr);
}

const sg_tree *sg_evaluate(const sg_context *c, const sg_expr *expr) {
    switch (expr->kind) {
    case SG_EXPR_NUMBER:
        return sg_tree_new_number(work_of(c), expr->number, expr->span);
    case SG_EXPR_TEXT:
        return sg_tree_new_text(work_of(c), expr->name, expr->span);
    case SG_EXPR_TRUTH:
        return sg_tree_new_bool(work_of(c), expr->number != 0, expr->span);
    case SG_EXPR_LIST:
        return evaluate_list(c, expr);
    case SG_EXPR_NAME:
        return evaluate_name(c, expr);
    case SG_EXPR_MEMBER:
        return sg_evaluate_member(c, expr);
    case SG_EXPR_CALL:
        return evaluate_call(c, expr);
    case SG_EXPR_INDEX:
        return evaluate_index(c, expr);
    case SG_EXPR_MINUS:
    case SG_EXPR_NOT:
        return evaluate_unary(c, expr);
    case SG_EXPR_BINARY:
        return evaluate_binary(c, expr);
    case SG_EXPR_AND:
    case SG_EXPR_OR:
        return evaluate_logic(c, expr);
    case SG_EXPR_CHOICE:
        return evaluate_choice(c, expr);
    default:
        return bad(c, expr);
    }
}

bool sg_evaluate_bool(const sg_context *c, const sg_tree *tree, const char *what, bool *good) {
    const sg_tree *value = sg_evaluate_tree(c, tree);
    *good = is_bool(c, value, what);
    return *good && value->number != 0;
}
