/* States: values that are carried from step to step, each with the node that becomes its value. */
#include "lang/expand.h"
#include "lang/formula.h"

#include <string.h>

void sg_state_add(sg_frame *frame, const sg_node_decl *node, const sg_instance *instance) {
    sg_expander *x = frame->expander;
    sg_pending *pending =
        sg_take_more(x->work, &x->pending, &x->pending_count, &x->pending_room, sizeof *pending);
    *pending = (sg_pending){frame, node, instance->out[0], NULL, instance->path};
}

void sg_state_build(sg_frame *frame) {
    const sg_block *block = frame->block;
    for (size_t i = 0; i < block->symbol_count && !frame->expander->stopped; i++) {
        const sg_symbol *symbol = &block->symbol[i];
        if (symbol->kind == SG_SYMBOL_NODE && block->node[symbol->index].next)
            sg_frame_value(frame, (int)i, symbol->span);
    }
}

/* The next value, of the state's type and shape; NULL after reporting. */
static const sg_tree *next_of(const sg_pending *p) {
    sg_work *work = p->frame->expander->work;
    sg_context context = {.frame = p->frame};
    const sg_tree *next = sg_evaluate_reference(&context, p->node->next);
    if (next->kind == SG_TREE_BAD) return NULL;
    if (next->kind != SG_TREE_TENSOR) {
        sg_complain(work, p->node->next->span, NULL, "`next` must be a node, but is %s",
                    sg_tree_kind_text(next));
        return NULL;
    }
    const sg_graph *graph = p->frame->expander->graph;
    const sg_value_info *from = sg_graph_value(graph, p->state->value),
                        *to = sg_graph_value(graph, next->value);
    if (from->type == to->type && sg_shape_equal(&from->shape, &to->shape)) return next;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    sg_complain(work, p->node->next->span, NULL, "`next` is %s %s, but the state `%s` is %s %s",
                sg_type_name(to->type), sg_shape_words(&to->shape, b), p->node->name,
                sg_type_name(from->type), sg_shape_words(&from->shape, a));
    return NULL;
}

static void add_update(const sg_pending *p) {
    const sg_schema *schema = sg_op_schema(sg_op_find("blend"));
    sg_attr attr[SG_MAX_ATTRS];
    memset(attr, 0, sizeof attr);
    attr[sg_schema_attr_index(schema, "momentum")] = (sg_attr){.set = true, .present = true, .f = 1};
    const sg_tree *in[] = {p->state, p->next};
    sg_emission emission = {
        .op = "blend",
        .path = sg_take_printf(p->frame->expander->work, "%s.next", p->path),
        .at = p->node->span,
        .in_count = 2,
        .in = in,
        .attr = attr,
    };
    sg_emit_node(p->frame, &emission);
}

/* All next values before the first update: an expanded graph then has its nodes in the same order. */
void sg_state_finish(sg_expander *x) {
    const sg_chain *chain = x->work->chain;
    for (size_t i = 0; i < x->pending_count && !x->stopped; i++) {
        sg_frame *frame = x->pending[i].frame;
        x->work->chain = frame->chain;
        const sg_tree *next = next_of(&x->pending[i]); /* may build further states */
        x->pending[i].next = next;
    }
    for (size_t i = 0; i < x->pending_count && !x->stopped; i++) {
        x->work->chain = x->pending[i].frame->chain;
        if (x->pending[i].next) add_update(&x->pending[i]);
    }
    x->work->chain = chain;
}
