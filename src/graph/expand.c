/* Differentiating what an op means instead of the op: the way to second derivatives. */
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"

sg_status sg_fail_no_gradient(sg_error *error, const sg_node *node, int output) {
    return sg_fail(error, SG_BAD_GRAPH, "%s: the output `%s` of %s has no gradient", node->path,
                   node->op->out[output].name, node->op->schema.name);
}

/* The inputs under other names: two of them may be one value, or one may be made of another, and here each
 * has a gradient of its own. A view costs nothing. */
static void alias_inputs(sg_graph *graph, const sg_node *node, sg_value *alias) {
    for (int k = 0; k < SG_MAX_VARIADIC; k++) alias[k] = SG_NO_VALUE;
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        sg_shape shape = graph->values[node->in[k]].shape;
        alias[k] = sg_emit(graph, "reshape", SG_IN(node->in[k]), sg_arg_shape("shape", &shape));
    }
}

sg_status sg_gradient_by_expansion(sg_backward *b) {
    const sg_node *node = b->node;
    sg_value alias[SG_MAX_VARIADIC], out[SG_MAX_OUT], of[SG_MAX_OUT], seed[SG_MAX_OUT];
    sg_value wrt[SG_MAX_VARIADIC], grad[SG_MAX_VARIADIC];
    int of_count = 0, count = 0;
    for (int k = 0; k < SG_MAX_OUT; k++) out[k] = SG_NO_VALUE;
    alias_inputs(b->graph, node, alias);
    sg_expansion e = {.graph = b->graph, .node = node, .in = alias, .out = out};
    sg_status status = sg_graph_status(b->graph, b->error);
    if (status == SG_OK) status = node->op->expand(&e);
    if (status != SG_OK)
        return sg_graph_status(b->graph, b->error) == SG_OK ? status : b->graph->error.status;
    for (int k = 0; k < node->out_count; k++) {
        if (b->dy[k] == SG_NO_VALUE) continue;
        if (out[k] == SG_NO_VALUE) return sg_fail_no_gradient(b->error, node, k);
        of[of_count] = out[k];
        seed[of_count++] = b->dy[k];
    }
    for (int k = 0; k < node->in_count; k++)
        if (b->needed[k]) wrt[count++] = alias[k];
    status = sg_graph_pull_back(b->graph, of_count, of, seed, count, wrt, grad, b->error);
    if (status != SG_OK) return status;
    count = 0;
    for (int k = 0; k < node->in_count; k++)
        if (b->needed[k]) b->dx[k] = grad[count++];
    return SG_OK;
}

sg_status sg_expand_gradient(const sg_expansion *e, int in_count, const sg_value *in, sg_value dy,
                             sg_value *dx) {
    sg_graph *graph = e->graph;
    const sg_schema *own = &e->node->op->schema;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(strlen(own->name) - strlen("_grad")), own->name);
    sg_arg args[SG_MAX_ATTRS + 1] = {{0}};
    for (int i = 0; i < sg_schema_attr_count(own); i++) {
        args[i] = (sg_arg){own->attrs[i].name, e->node->attr[i]};
    }
    sg_value first = sg_graph_add(graph, name, NULL, in, in_count, args);
    if (first == SG_NO_VALUE) return sg_graph_status(graph, NULL);
    const sg_node *forward = graph->nodes[graph->values[first].node];
    bool needed[SG_MAX_VARIADIC] = {false};
    sg_value seeds[SG_MAX_OUT];
    for (int k = 0; k < SG_MAX_OUT; k++) seeds[k] = k ? SG_NO_VALUE : dy;
    for (int k = 0; k < in_count; k++) {
        dx[k] = SG_NO_VALUE;
        needed[k] = in[k] != SG_NO_VALUE && sg_type_is_float(graph->values[in[k]].type) &&
                    !(forward->op->in[k].flags & SG_PORT_NO_GRADIENT);
    }
    sg_backward b = {.graph = graph,
                     .node = forward,
                     .in = forward->in,
                     .out = forward->out,
                     .dy = seeds,
                     .needed = needed,
                     .dx = dx,
                     .error = &graph->error};
    return sg_gradient_by_expansion(&b);
}
