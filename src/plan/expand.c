/* Expanding: a node whose op has no kernel for its type is replaced by what the op means in simpler ops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/derived.h"

sg_kernel_function sg_find_kernel(const sg_op *op, const sg_signature *s) {
    int type = s->out_count ? (int)s->out[0].type : SG_ANY_TYPE;
    for (int k = s->in_count - 1; k >= 0; k--)
        if (s->present[k]) type = (int)s->in[k].type;
    for (int i = 0; i < 6 && op->kernels[i].function; i++)
        if (op->kernels[i].type == SG_ANY_TYPE || op->kernels[i].type == type) return op->kernels[i].function;
    return NULL;
}

static bool is_to_expand(const sg_graph *graph, const sg_node *node) {
    sg_signature_space space;
    return node->op->expand && !(node->op->flags & (SG_OP_VIEW | SG_OP_STORED | SG_OP_FED)) &&
           !sg_find_kernel(node->op, sg_node_signature(graph, node, &space));
}

static bool any_to_expand(const sg_graph *graph) {
    for (int i = 0; i < graph->node_count; i++)
        if (is_to_expand(graph, graph->nodes[i])) return true;
    return false;
}

/* Whoever reads output k of the node goes on reading it: a view of the expansion's value takes its number. */
static void take_place(sg_graph *copy, const sg_node *node, int k, sg_value made) {
    sg_shape shape = copy->values[made].shape;
    sg_value view = sg_emit(copy, "reshape", SG_IN(made), sg_arg_shape("shape", &shape));
    if (view == SG_NO_VALUE) return;
    int last = copy->node_count - 1;
    copy->nodes[last]->out[0] = node->out[k];
    copy->values[node->out[k]].node = last;
    copy->values[node->out[k]].output = 0;
    copy->value_count--; /* the view's own number, the newest */
}

static sg_status expand_node(sg_graph *copy, const sg_node *node, sg_error *error) {
    sg_value out[SG_MAX_OUT];
    for (int k = 0; k < SG_MAX_OUT; k++) out[k] = SG_NO_VALUE;
    copy->prefix = node->path;
    copy->phase = node->phase;
    int first = copy->node_count;
    sg_expansion e = {.graph = copy, .node = node, .in = node->in, .out = out};
    sg_status status = node->op->expand(&e);
    for (int k = 0; status == SG_OK && k < node->out_count; k++)
        if (out[k] != SG_NO_VALUE) take_place(copy, node, k, out[k]);
    for (int i = first; i < copy->node_count; i++) {
        copy->nodes[i]->forward = node->forward;
        copy->nodes[i]->recompute = node->recompute;
    }
    copy->prefix = NULL;
    return sg_graph_status(copy, error) == SG_OK ? status : copy->error.status;
}

static sg_status expand_all(sg_plan *plan, sg_error *error) {
    const sg_graph *graph = plan->graph;
    sg_graph *copy = sg_derived_begin(graph, error);
    sg_status status = copy ? SG_OK : SG_OUT_OF_MEMORY;
    for (int i = 0; status == SG_OK && i < graph->node_count; i++)
        status = is_to_expand(graph, graph->nodes[i]) ? expand_node(copy, graph->nodes[i], error)
                                                      : sg_derived_keep(copy, graph->nodes[i], error);
    return sg_derived_end(plan, copy, status, error);
}

sg_status sg_plan_expand(sg_plan *plan, sg_error *error) {
    for (int round = 0; any_to_expand(plan->graph); round++) {
        if (round == SG_MAX_EXPANDED) /* an expansion may hold ops that are expanded in their turn */
            return sg_fail(error, SG_BAD_GRAPH, "the expansions of ops without a kernel do not end");
        sg_status status = expand_all(plan, error);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}
