/* A copy of what some values need. */
#include <stdlib.h>

#include "graph/graph.h"

void sg_graph_need_inputs(const sg_graph *graph, bool *needed) {
    /* One sweep backward, since nodes stand in topological order. */
    for (int i = graph->node_count - 1; i >= 0; i--) {
        const sg_node *node = graph->nodes[i];
        for (int k = 0; needed[i] && k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE) needed[graph->values[node->in[k]].node] = true;
    }
}

/* Copies one node; `at` and `value` translate indices of nodes and values. */
static sg_status copy_node(sg_graph *to, const sg_graph *from, int index, int *at, sg_value *value,
                           sg_error *error) {
    const sg_node *node = from->nodes[index];
    sg_value in[SG_MAX_VARIADIC], first;
    for (int k = 0; k < node->in_count; k++)
        in[k] = node->in[k] == SG_NO_VALUE ? SG_NO_VALUE : value[node->in[k]];
    to->phase = node->phase;
    to->forward = node->forward < 0 ? -1 : at[node->forward];
    sg_status status = sg_graph_add_node(to, node->op, node->path, node->mark, in, node->in_count, node->attr,
                                         &first, error);
    if (status != SG_OK) return status;
    at[index] = to->node_count - 1;
    to->nodes[at[index]]->purpose = node->purpose;
    to->nodes[at[index]]->replaced = node->replaced;
    to->nodes[at[index]]->recompute = node->recompute;
    for (int k = 0; k < node->out_count; k++) value[node->out[k]] = first + k;
    return SG_OK;
}

static sg_status copy(sg_graph *to, const sg_graph *from, int count, const sg_value *of, bool *needed,
                      int *at, sg_value *value, sg_error *error) {
    for (int i = 0; i < count; i++) needed[from->values[of[i]].node] = true;
    sg_graph_need_inputs(from, needed);
    sg_status status = SG_OK;
    for (int i = 0; i < from->node_count; i++) at[i] = -1;
    for (int i = 0; status == SG_OK && i < from->node_count; i++)
        if (needed[i]) status = copy_node(to, from, i, at, value, error);
    to->phase = SG_PHASE_GRADIENT;
    to->forward = -1;
    for (int i = 0; status == SG_OK && i < from->scope_count; i++) {
        const sg_scope *scope = &from->scopes[i];
        status = sg_graph_add_scope(to, scope->path, scope->block, scope->doc, scope->mark, error);
        if (status != SG_OK) break;
        to->scopes[to->scope_count - 1].recompute = scope->recompute;
        to->scopes[to->scope_count - 1].library = scope->library;
    }
    return status;
}

sg_status sg_graph_extract(sg_graph **out, const sg_graph *graph, int count, const sg_value *of,
                           sg_error *error) {
    *out = NULL;
    sg_status status = sg_graph_status(graph, error);
    for (int i = 0; status == SG_OK && i < count; i++)
        if (of[i] < 0 || of[i] >= graph->value_count)
            status = sg_fail(error, SG_BAD_USAGE, "value %d is not in the graph", of[i]);
    if (status == SG_OK) status = sg_graph_create(out, &graph->options, error);
    if (status != SG_OK) return status;
    bool *needed = calloc((size_t)graph->node_count + 1, sizeof *needed);
    int *at = calloc((size_t)graph->node_count + 1, sizeof *at);
    sg_value *value = calloc((size_t)graph->value_count + 1, sizeof *value);
    status = needed && at && value ? copy(*out, graph, count, of, needed, at, value, error)
                                   : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(needed);
    free(at);
    free(value);
    if (status != SG_OK) {
        sg_graph_destroy(*out);
        *out = NULL;
    }
    return status;
}
