/* `recompute`: what is not kept for the backward pass. */
#include "lang/expand.h"

#include <string.h>

#include "graph/graph.h"

bool sg_recompute_wanted(const sg_call_site *site, const sg_node_decl *node, bool *good) {
    bool readable;
    if (!node->recompute) return false;
    bool wanted = sg_evaluate_bool(site->context, node->recompute, "recompute", &readable);
    const sg_op *op = site->callee->op;
    *good = *good && readable;
    if (!wanted || !op || !(op->flags & (SG_OP_STORED | SG_OP_FED))) return wanted;
    sg_complain(site->context->frame->expander->work, node->recompute->span,
                "it belongs to blocks, and to ops that compute",
                "`%s` is %s, so there is nothing to compute again", site->callee->name,
                op->flags & SG_OP_FED ? "given from outside" : "stored");
    *good = false;
    return false;
}

/* The node that computes a value, behind views. */
static int producer_of(const sg_graph *graph, sg_value value) {
    const sg_node *node = graph->nodes[graph->values[value].node];
    while (node->op->flags & SG_OP_VIEW) {
        value = node->in[0];
        node = graph->nodes[graph->values[value].node];
    }
    return graph->values[value].node;
}

void sg_recompute_mark(const sg_call_site *site, const sg_instance *instance, int first) {
    sg_graph *graph = site->context->frame->expander->graph;
    for (int i = first; i < graph->node_count; i++) graph->nodes[i]->recompute = true;
    for (int i = graph->scope_count - 1; site->callee->block && i >= 0; i--)
        if (strcmp(graph->scopes[i].path, site->path) == 0) graph->scopes[i].recompute = true;
    /* What a block gives belongs to those who read it. */
    for (int k = 0; site->callee->block && k < instance->out_count; k++)
        if (instance->out[k]->kind == SG_TREE_TENSOR) {
            int producer = producer_of(graph, instance->out[k]->value);
            if (producer >= first) graph->nodes[producer]->recompute = false;
        }
}
