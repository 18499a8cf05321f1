/* Names in expressions: values, outputs and rounds of nodes, functions and ops. */
#include "lang/resolve.h"

#include "lang/callee.h"
#include "lang/foreign.h"
#include "lang/function.h"

#include <string.h>

static void unknown_name(sg_resolver *r, const sg_expr *expr) {
    sg_names names = {0};
    for (size_t i = 0; i < r->block->symbol_count; i++)
        sg_names_add(r->work, &names, r->block->symbol[i].name);
    for (int i = 0; r->node && i < r->node->repeat_count; i++)
        sg_names_add(r->work, &names, r->node->repeat[i].name);
    sg_names_add(r->work, &names, "batch");
    sg_names_add(r->work, &names, "training");
    const char *hint = sg_foreign_word(expr->name);
    if (!hint) hint = sg_names_hint(r->work, &names, expr->name);
    if (r->compared && sg_callee_exists(r->document, expr->name))
        hint = sg_take_printf(r->work, "text in an expression stands in single quotes: '%s'", expr->name);
    if (!hint && sg_callee_exists(r->document, expr->name))
        hint = sg_take_printf(r->work, "`%s` is an op: it is called with its inputs, %s(...)", expr->name,
                              expr->name);
    if (!hint && !r->block->is_file && sg_block_symbol(&r->document->main, expr->name))
        hint = "a block sees nothing of the file: hand it over as an input or an argument";
    if (!hint && r->compared) hint = "text in an expression stands in single quotes";
    sg_complain(r->work, expr->span, hint, "unknown name `%s`", expr->name);
}

static void bind_symbol(sg_resolver *r, sg_expr *expr, sg_symbol *symbol) {
    expr->binding = SG_BINDING_SYMBOL;
    expr->index = (int)(symbol - r->block->symbol);
    symbol->mentioned = true;
    if (r->formula || (symbol->kind != SG_SYMBOL_NODE && symbol->kind != SG_SYMBOL_INPUT)) return;
    sg_complain(r->work, expr->span,
                symbol->kind == SG_SYMBOL_NODE ? "formulas work with nodes; a plain name needs no `$`" : NULL,
                "`%s` is %s: it has no value while the graph is built", expr->name,
                sg_symbol_kind_text(symbol->kind));
    expr->binding = SG_BINDING_NONE;
}

static void resolve_name(sg_resolver *r, sg_expr *expr) {
    for (int i = 0; r->node && i < r->node->repeat_count; i++) {
        if (strcmp(r->node->repeat[i].name, expr->name) != 0) continue;
        expr->binding = SG_BINDING_REPEAT;
        expr->index = i;
        return;
    }
    for (size_t i = 0; r->captures && i < r->captures->count; i++) {
        if (strcmp(r->captures->item[i], expr->name) != 0) continue;
        expr->binding = SG_BINDING_CAPTURE;
        return;
    }
    sg_symbol *symbol = sg_block_symbol(r->block, expr->name);
    if (symbol)
        bind_symbol(r, expr, symbol);
    else if (strcmp(expr->name, "batch") == 0)
        expr->binding = SG_BINDING_BATCH;
    else if (strcmp(expr->name, "training") == 0)
        expr->binding = SG_BINDING_TRAINING;
    else if (r->formula && strcmp(expr->name, "absent") == 0)
        expr->binding = SG_BINDING_ABSENT;
    else
        unknown_name(r, expr);
}

/* The dotted text of NAME.a.b, NULL for anything else. */
static const char *dotted(sg_work *work, const sg_expr *expr) {
    if (expr->kind == SG_EXPR_NAME) return expr->name;
    if (expr->kind != SG_EXPR_MEMBER) return NULL;
    const char *front = dotted(work, expr->child[0]);
    if (!front) return NULL;
    return expr->is_round ? sg_take_printf(work, "%s.%.0f", front, expr->number)
                          : sg_take_printf(work, "%s.%s", front, expr->name);
}

static void resolve_member(sg_resolver *r, sg_expr *expr) {
    /* In expanded files a path with dots is one name. */
    const char *path = r->block->is_file ? dotted(r->work, expr) : NULL;
    sg_symbol *symbol = path ? sg_block_symbol(r->block, path) : NULL;
    if (symbol) {
        expr->kind = SG_EXPR_NAME;
        expr->name = path;
        expr->count = 0;
        bind_symbol(r, expr, symbol);
        return;
    }
    sg_expr *base = expr->child[0];
    sg_resolve_expr(r, base);
    bool named = base->kind == SG_EXPR_NAME || base->kind == SG_EXPR_MEMBER || base->kind == SG_EXPR_CALL;
    bool node = base->kind != SG_EXPR_NAME || base->binding == SG_BINDING_NONE ||
                (base->binding == SG_BINDING_SYMBOL && r->block->symbol[base->index].kind == SG_SYMBOL_NODE);
    if (named && node) return;
    sg_complain(r->work, expr->at,
                strcmp(expr->name ? expr->name : "", "shape") == 0
                    ? "sizes come from the patterns of a block's inputs: x: [b, n, c]"
                    : NULL,
                "only nodes have outputs and rounds");
}

static void resolve_call(sg_resolver *r, sg_expr *expr) {
    if (strcmp(expr->name, "given") == 0) {
        const sg_expr *input = expr->count == 1 && !expr->key[0] ? expr->child[0] : NULL;
        sg_symbol *symbol =
            input && input->kind == SG_EXPR_NAME ? sg_block_symbol(r->block, input->name) : NULL;
        if (!symbol || symbol->kind != SG_SYMBOL_INPUT) {
            sg_complain(r->work, input ? input->span : expr->span,
                        "write given(mask), where mask is an optional input",
                        "`given` needs the name of an input of the block");
            return;
        }
        symbol->mentioned = true;
        expr->binding = SG_BINDING_SYMBOL;
        expr->index = symbol->index;
        return;
    }
    bool known = sg_function_exists(expr->name) || sg_callee_exists(r->document, expr->name);
    bool called = sg_function_exists(expr->name) || r->formula;
    if (!known) {
        sg_complain(r->work, expr->at, sg_callee_hint(r->work, r->document, expr->name, true),
                    "unknown function `%s`", expr->name);
    } else if (!sg_function_exists(expr->name) && !r->formula) {
        sg_complain(r->work, expr->at, "write a node with a formula",
                    "the op `%s` can be called in formulas only", expr->name);
    } else if (sg_callee_exists(r->document, expr->name)) {
        sg_callee callee;
        sg_callee_find(r->work, r->document, expr->name, expr->at, &callee);
        for (int i = 0; i < expr->count; i++)
            if (expr->key[i]) sg_callee_check_attribute(r->work, &callee, expr->key[i], expr->key_span[i]);
    }
    for (int i = 0; i < expr->count; i++) sg_resolve_expr(r, expr->child[i]);
    if (known && called) return;
    expr->kind = SG_EXPR_NAME; /* one without a meaning: what it would give is not asked for */
    expr->binding = SG_BINDING_NONE;
    expr->count = 0;
}

void sg_resolve_expr(sg_resolver *r, sg_expr *expr) {
    if (!expr) return;
    switch (expr->kind) {
    case SG_EXPR_NAME:
        resolve_name(r, expr);
        return;
    case SG_EXPR_MEMBER:
        resolve_member(r, expr);
        return;
    case SG_EXPR_CALL:
        resolve_call(r, expr);
        return;
    default:
        r->compared = expr->kind == SG_EXPR_BINARY && expr->sign >= SG_EQUAL;
        for (int i = 0; i < expr->count; i++) sg_resolve_expr(r, expr->child[i]);
        r->compared = false;
    }
}
