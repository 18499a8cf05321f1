/* Values of trees: literal text with `$` in it, places that are always expressions, references. */
#include "lang/frame.h"
#include "lang/reference.h"

#include <string.h>

static sg_work *work_of(const sg_context *c) {
    return c->frame->expander->work;
}

const sg_tree *sg_evaluate_tree(const sg_context *c, const sg_tree *tree) {
    if (tree->kind == SG_TREE_MAP) return sg_evaluate_literal(c, tree);
    if (tree->kind == SG_TREE_LIST) {
        sg_tree *list = sg_tree_new(work_of(c), SG_TREE_LIST, tree->span);
        list->style = SG_STYLE_FLOW;
        const sg_tree *bad = NULL;
        for (size_t i = 0; i < tree->count; i++) {
            const sg_tree *item = sg_evaluate_tree(c, tree->entry[i].value);
            if (item->kind == SG_TREE_BAD) bad = item;
            sg_tree_append(work_of(c), list, NULL, tree->entry[i].key_span, (sg_tree *)item);
        }
        return bad ? bad : list;
    }
    return tree->kind == SG_TREE_TEXT && tree->expr ? sg_evaluate(c, tree->expr) : tree;
}

static bool uses_captures(const sg_expr *expr) {
    if (!expr) return false;
    if (expr->kind == SG_EXPR_NAME && expr->binding == SG_BINDING_CAPTURE) return true;
    for (int i = 0; i < expr->count; i++)
        if (uses_captures(expr->child[i])) return true;
    return false;
}

/* How a value reads inside text. NULL after reporting. */
static const char *inserted(const sg_context *c, const sg_tree *value, const sg_expr *expr) {
    if (value->kind == SG_TREE_NUMBER) return sg_number_text(work_of(c), value->number);
    if (value->kind == SG_TREE_TEXT || value->kind == SG_TREE_BOOL) return value->text;
    if (value->kind != SG_TREE_BAD)
        sg_complain(work_of(c), expr->span, NULL, "%s cannot be inserted into a text",
                    sg_tree_kind_text(value));
    return NULL;
}

static const sg_tree *evaluate_template(const sg_context *c, const sg_tree *tree) {
    const sg_template *template = tree->template;
    if (!c->captures)
        for (size_t i = 0; i < template->count; i++)
            if (uses_captures(template->piece[i].expr)) {
                sg_tree *deferred = sg_tree_new(work_of(c), SG_TREE_DEFERRED, tree->span);
                deferred->text = tree->text;
                deferred->template = template;
                return deferred;
            }
    if (template->alone)
        return sg_tree_at_span(work_of(c), sg_evaluate(c, template->piece[0].expr), tree->span);
    const char *text = "";
    for (size_t i = 0; i < template->count; i++) {
        const sg_piece *piece = &template->piece[i];
        const char *part = piece->text;
        if (piece->expr) part = inserted(c, sg_evaluate(c, piece->expr), piece->expr);
        if (!part) return sg_tree_new_bad(work_of(c), tree->span);
        text = sg_take_printf(work_of(c), "%s%s", text, part);
    }
    sg_tree *result = sg_tree_new_text(work_of(c), text, tree->span);
    result->style = SG_STYLE_QUOTED;
    return result;
}

/* {op: $encoder, drop: 0.1}: the attributes of the call that the argument holds, with some added or
 * overridden. */
static const sg_tree *merge_call(const sg_context *c, const sg_tree *call, const sg_tree *over) {
    sg_tree *merged = sg_tree_copy(work_of(c), call);
    merged->span = over->span;
    for (size_t i = 0; i < over->count; i++) {
        const sg_entry *entry = &over->entry[i];
        sg_entry *old = sg_tree_entry(merged, entry->key);
        if (strcmp(entry->key, "op") == 0) continue;
        if (old)
            *old = *entry;
        else
            sg_tree_append(work_of(c), merged, entry->key, entry->key_span, entry->value);
    }
    return merged;
}

const sg_tree *sg_evaluate_literal(const sg_context *c, const sg_tree *tree) {
    if (tree->kind == SG_TREE_TEXT && tree->template) return evaluate_template(c, tree);
    if (tree->kind != SG_TREE_LIST && tree->kind != SG_TREE_MAP) return tree;
    sg_tree *copy = sg_tree_new(work_of(c), tree->kind, tree->span);
    copy->style = tree->style;
    const sg_tree *call = NULL;
    bool good = true;
    for (size_t i = 0; i < tree->count; i++) {
        const sg_entry *entry = &tree->entry[i];
        const sg_tree *value = sg_evaluate_literal(c, entry->value);
        if (value->kind == SG_TREE_BAD) good = false;
        if (tree->kind == SG_TREE_MAP && strcmp(entry->key, "op") == 0 && sg_tree_is_call(value))
            call = value;
        sg_tree_append(work_of(c), copy, entry->key, entry->key_span, (sg_tree *)value);
    }
    if (!good) return sg_tree_new_bad(work_of(c), tree->span);
    return call ? merge_call(c, call, copy) : copy;
}

const sg_tree *sg_evaluate_reference(const sg_context *c, const sg_tree *tree) {
    if (tree->kind == SG_TREE_TEXT && tree->expr) return sg_evaluate(c, tree->expr);
    if (tree->kind == SG_TREE_NUMBER || tree->kind == SG_TREE_BAD) return tree;
    if (tree->kind == SG_TREE_TEXT && tree->template) {
        const sg_tree *text = evaluate_template(c, tree);
        if (text->kind != SG_TREE_TEXT) return text;
        /* The name is only known now: block.$(n - 1). */
        sg_expr *expr = sg_reference_parse(work_of(c), text->text, tree->span.mark, "in");
        if (!expr) return sg_tree_new_bad(work_of(c), tree->span);
        sg_expr *base = expr;
        while (base->kind == SG_EXPR_MEMBER) base = base->child[0];
        const sg_symbol *symbol = sg_block_symbol(c->frame->block, base->name);
        if (symbol && (symbol->kind == SG_SYMBOL_NODE || symbol->kind == SG_SYMBOL_INPUT)) {
            base->binding = SG_BINDING_SYMBOL;
            base->index = (int)(symbol - c->frame->block->symbol);
            return sg_evaluate(c, expr);
        }
        sg_complain(work_of(c), tree->span, NULL, "`%s` names no node or input", text->text);
    }
    return sg_tree_new_bad(work_of(c), tree->span);
}
