/* node.output, node.3, node.3.output. */
#include "lang/frame.h"

#include <string.h>

static sg_work *work_of(const sg_context *c) {
    return c->frame->expander->work;
}

static const sg_instance *round_of(const sg_context *c, const sg_expr *expr, const sg_instance *instance) {
    if (!instance->repeats) {
        sg_complain(work_of(c), expr->at, NULL, "`%s` does not repeat, so it has no rounds", instance->path);
        return NULL;
    }
    if (expr->number < instance->round_count) return instance->round[(int)expr->number];
    sg_complain(work_of(c), expr->at, "rounds count from 0", "`%s` has %d round%s, so there is no round %.0f",
                instance->path, instance->round_count, sg_plural(instance->round_count), expr->number);
    return NULL;
}

static const sg_tree *output_of(const sg_context *c, const sg_expr *expr, const sg_instance *instance) {
    sg_names names = {0};
    for (int k = 0; k < instance->out_count; k++) {
        if (strcmp(instance->out_name[k], expr->name) == 0) return instance->out[k];
        sg_names_add(work_of(c), &names, instance->out_name[k]);
    }
    const char *hint = sg_names_hint(work_of(c), &names, expr->name);
    if (!hint && instance->callee)
        hint = sg_take_printf(work_of(c), "known: %s", sg_names_text(work_of(c), &names, 16));
    if (sg_word_in(expr->name, "shape size dim"))
        hint = "sizes come from the patterns of a block's inputs: x: [b, n, c]";
    if (!hint) hint = "a formula has one output without a name";
    sg_complain(work_of(c), expr->at, hint, "`%s` has no output `%s`", instance->path, expr->name);
    return NULL;
}

/* The instance that a chain of members without an output names. */
static const sg_instance *instance_of(const sg_context *c, const sg_expr *expr) {
    if (expr->kind == SG_EXPR_NAME) {
        bool node =
            expr->binding == SG_BINDING_SYMBOL && c->frame->block->symbol[expr->index].kind == SG_SYMBOL_NODE;
        return node ? sg_frame_node(c->frame, expr->index, expr->span) : NULL;
    }
    if (expr->kind == SG_EXPR_CALL) {
        const sg_tree *value = sg_evaluate(c, expr);
        if (!value->instance && value->kind != SG_TREE_BAD)
            sg_complain(work_of(c), expr->span, NULL, "only nodes have outputs and rounds, but this is %s",
                        sg_tree_kind_text(value));
        return value->instance;
    }
    if (expr->kind == SG_EXPR_MEMBER && expr->is_round) {
        const sg_instance *inner = instance_of(c, expr->child[0]);
        return inner ? round_of(c, expr, inner) : NULL;
    }
    if (expr->kind == SG_EXPR_MEMBER)
        sg_complain(work_of(c), expr->at, NULL, "an output has no outputs or rounds");
    return NULL;
}

const sg_tree *sg_evaluate_member(const sg_context *c, const sg_expr *expr) {
    const sg_tree *value = NULL;
    if (expr->is_round) {
        const sg_instance *round = instance_of(c, expr);
        if (round && round->out_count) value = round->out[0];
    } else {
        const sg_instance *instance = instance_of(c, expr->child[0]);
        if (instance) value = output_of(c, expr, instance);
    }
    if (!value) return sg_tree_new_bad(work_of(c), expr->span);
    sg_tree *copy = sg_tree_at_span(work_of(c), value, expr->span);
    copy->instance = NULL; /* x.output is a value, no node with outputs of its own */
    return copy;
}

const sg_instance *sg_evaluate_instance(const sg_context *c, const sg_expr *expr, int *symbol, int *round) {
    *round = -1;
    const sg_expr *base = expr;
    if (expr->kind == SG_EXPR_MEMBER && expr->is_round) {
        *round = (int)expr->number;
        base = expr->child[0];
    }
    *symbol = base->index;
    bool node = base->kind == SG_EXPR_NAME && base->binding == SG_BINDING_SYMBOL &&
                c->frame->block->symbol[base->index].kind == SG_SYMBOL_NODE;
    if (!node) {
        sg_complain(work_of(c), expr->span, NULL, "share takes the name of a node");
        return NULL;
    }
    return instance_of(c, expr);
}
