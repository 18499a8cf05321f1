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

/* ---- expressions with captures: they wait for the pattern that matches ---- */

typedef struct rewriting {
    const sg_context *context;
    const sg_tree *tree;
    const char *text; /* so far */
    size_t done;      /* bytes of the original that it holds */
    bool good;
} rewriting;

static size_t offset_of(const sg_tree *tree, sg_mark mark) {
    int column = sg_scalar_start(tree).column;
    size_t at = 0;
    for (; column < mark.column && tree->text[at]; column++) {
        at++;
        while (((unsigned char)tree->text[at] & 0xc0) == 0x80) at++;
    }
    return at;
}

/* Puts values in the place of arguments and let entries, so that only captures remain. */
static void rewrite(rewriting *r, const sg_expr *expr) {
    if (!expr) return;
    for (int i = 0; i < expr->count; i++) rewrite(r, expr->child[i]);
    if (expr->kind != SG_EXPR_NAME || expr->binding != SG_BINDING_SYMBOL) return;
    sg_work *work = work_of(r->context);
    const sg_tree *value = sg_evaluate(r->context, expr);
    if (value->kind == SG_TREE_BAD) r->good = false;
    size_t at = offset_of(r->tree, expr->span.mark), after = at + strlen(expr->name);
    if (!r->good || at < r->done) return;
    size_t keep = at - (at > r->done && r->tree->text[at - 1] == '$');
    const char *text = sg_print_text(work, value);
    if (value->kind == SG_TREE_NUMBER) text = sg_number_text(work, value->number);
    if (value->kind == SG_TREE_TEXT) text = sg_take_printf(work, "'%s'", value->text);
    bool negative = value->kind == SG_TREE_NUMBER && value->number < 0;
    r->text = sg_take_printf(work, "%s%.*s%s%s%s", r->text, (int)(keep - r->done), r->tree->text + r->done,
                             negative ? "(" : "", text, negative ? ")" : "");
    r->done = after;
}

static const sg_tree *defer(const sg_context *c, const sg_tree *tree) {
    rewriting r = {.context = c, .tree = tree, .text = "", .good = true};
    for (size_t i = 0; i < tree->template->count; i++) rewrite(&r, tree->template->piece[i].expr);
    if (!r.good) return sg_tree_new_bad(work_of(c), tree->span);
    sg_tree *deferred = sg_tree_new(work_of(c), SG_TREE_DEFERRED, tree->span);
    deferred->text = sg_take_printf(work_of(c), "%s%s", r.text, tree->text + r.done);
    deferred->template = tree->template;
    return deferred;
}

static const sg_tree *evaluate_template(const sg_context *c, const sg_tree *tree) {
    const sg_template *template = tree->template;
    if (!c->captures)
        for (size_t i = 0; i < template->count; i++)
            if (uses_captures(template->piece[i].expr)) return defer(c, tree);
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
    result->undollared = tree->undollared;
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
    if (!good && !c->keep_bad) return sg_tree_new_bad(work_of(c), tree->span);
    return call ? merge_call(c, call, copy) : copy;
}

const sg_tree *sg_evaluate_reference(const sg_context *c, const sg_tree *tree) {
    if (tree->kind == SG_TREE_TEXT && tree->expr) return sg_evaluate(c, tree->expr);
    if (tree->kind == SG_TREE_NUMBER || tree->kind == SG_TREE_BAD) return tree;
    if (tree->kind == SG_TREE_TEXT && tree->template) {
        const sg_tree *text = evaluate_template(c, tree);
        if (text->kind != SG_TREE_TEXT) return text;
        /* The name is only known now: block.$(n - 1). */
        if (strcmp(text->text, "absent") == 0) return sg_tree_new_absent(work_of(c), text->text, tree->span);
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
