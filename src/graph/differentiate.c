/* Reverse-mode differentiation: adds gradient nodes to the same graph. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

/* The gradient contributions of one value, in the order in which they were made. */
typedef struct contributions {
    int count, room;
    sg_value *parts;
} contributions;

typedef struct tape {
    sg_graph *graph;
    int nodes, values; /* of the forward graph */
    bool *depends;     /* per value: does it depend on a wrt? */
    contributions *of; /* per value */
} tape;

static bool contribute(contributions *list, sg_value part) {
    if (list->count == list->room) {
        int room = list->room ? list->room * 2 : 4;
        sg_value *parts = realloc(list->parts, sizeof *parts * (size_t)room);
        if (!parts) return false;
        list->parts = parts;
        list->room = room;
    }
    list->parts[list->count++] = part;
    return true;
}

/* Contributions that are disjoint slices covering a whole axis are their concatenation: one value written
 * once instead of a sum of padded ones. Returns SG_NO_VALUE when they are not. */
static sg_value join_slices(sg_graph *graph, const sg_value_info *whole, const contributions *list) {
    if (list->count < 2 || list->count > SG_MAX_VARIADIC) return SG_NO_VALUE;
    int axis = -1;
    sg_value parts[SG_MAX_VARIADIC];
    int64_t starts[SG_MAX_VARIADIC];
    for (int i = 0; i < list->count; i++) {
        const sg_node *node = graph->nodes[graph->values[list->parts[i]].node];
        if (strcmp(node->op->schema.name, "slice_scatter") != 0) return SG_NO_VALUE;
        const sg_shape *shape = &graph->values[node->in[0]].shape;
        for (int d = 0; d < shape->rank; d++) {
            if (node->attr[sg_schema_attr_index(&node->op->schema, "steps")].ints[d] != 1) return SG_NO_VALUE;
            if (shape->dim[d] == whole->shape.dim[d]) continue;
            if (axis >= 0 && axis != d) return SG_NO_VALUE;
            axis = d;
        }
        parts[i] = node->in[0];
    }
    if (axis < 0) return SG_NO_VALUE;
    for (int i = 0; i < list->count; i++) {
        const sg_node *node = graph->nodes[graph->values[list->parts[i]].node];
        starts[i] = node->attr[sg_schema_attr_index(&node->op->schema, "starts")].ints[axis];
    }
    for (int i = 1; i < list->count; i++) /* insertion sort by start */
        for (int j = i; j > 0 && starts[j] < starts[j - 1]; j--) {
            int64_t start = starts[j];
            starts[j] = starts[j - 1];
            starts[j - 1] = start;
            sg_value part = parts[j];
            parts[j] = parts[j - 1];
            parts[j - 1] = part;
        }
    int64_t at = 0;
    for (int i = 0; i < list->count; i++) {
        if (starts[i] != at) return SG_NO_VALUE;
        at += graph->values[parts[i]].shape.dim[axis];
    }
    if (at != whole->shape.dim[axis]) return SG_NO_VALUE;
    return sg_graph_add(graph, "concat", NULL, parts, list->count,
                        (const sg_arg[]){sg_arg_int("axis", axis), {0}});
}

/* The sum of a value's contributions. */
static sg_value total(tape *t, sg_value value) {
    contributions *list = &t->of[value];
    if (!list->count) return SG_NO_VALUE;
    sg_value sum = list->parts[0];
    if (list->count > 1) {
        sg_value_info whole = t->graph->values[value];
        sg_value joined = join_slices(t->graph, &whole, list);
        if (joined != SG_NO_VALUE)
            sum = joined;
        else
            for (int i = 1; i < list->count; i++) sum = sg_emit(t->graph, "add", SG_IN(sum, list->parts[i]));
    }
    list->parts[0] = sum;
    list->count = 1;
    return sum;
}

static sg_status check_gradient(const sg_graph *graph, const sg_node *node, int k, sg_value part,
                                sg_error *error) {
    const sg_value_info *x = &graph->values[node->in[k]], *g = &graph->values[part];
    if (x->type == g->type && sg_shape_equal(&x->shape, &g->shape)) return SG_OK;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    return sg_fail(error, SG_BAD_GRAPH, "%s (%s): the gradient of input %d is %s %s instead of %s %s",
                   node->path, node->op->schema.name, k, sg_type_name(g->type),
                   sg_shape_text(&g->shape, 0, a), sg_type_name(x->type), sg_shape_text(&x->shape, 0, b));
}

/* Which output of the node has a gradient that the op's own function does not take; -1: none. */
static int refused_output(const sg_node *node, const sg_value *dy) {
    int refused = -1;
    for (int k = 0; k < node->out_count; k++)
        if (dy[k] != SG_NO_VALUE && node->op->out[k].flags & SG_PORT_NO_GRADIENT) refused = k;
    return refused;
}

/* Calls the op's gradient, or goes through its expansion: where it has none, as gradient ops do, and where
 * an output is used that it does not take. */
static sg_status call_gradient(const sg_backward *b) {
    const sg_node *node = b->node;
    int refused = refused_output(node, b->dy);
    if (node->op->expand && (!node->op->gradient || refused >= 0)) {
        sg_backward through = *b;
        return sg_gradient_by_expansion(&through);
    }
    if (!node->op->gradient)
        return sg_fail(b->error, SG_BAD_GRAPH, "%s: the op %s has no gradient", node->path,
                       node->op->schema.name);
    if (refused >= 0) return sg_fail_no_gradient(b->error, node, refused);
    sg_backward through = *b;
    return node->op->gradient(&through);
}

/* Adds the gradient nodes of one node. */
static sg_status step_back(tape *t, int index, sg_error *error) {
    sg_graph *graph = t->graph;
    const sg_node *node = graph->nodes[index];
    bool needed[SG_MAX_VARIADIC], any_needed = false, any_dy = false;
    sg_value dy[SG_MAX_OUT], dx[SG_MAX_VARIADIC];
    for (int k = 0; k < node->in_count; k++) {
        dx[k] = SG_NO_VALUE;
        needed[k] = node->in[k] != SG_NO_VALUE && t->depends[node->in[k]] &&
                    sg_type_is_float(graph->values[node->in[k]].type);
        any_needed = any_needed || needed[k];
    }
    if (!any_needed) return SG_OK;

    char prefix[SG_MESSAGE_MAX];
    snprintf(prefix, sizeof prefix, "grad/%s", node->path);
    const char *outer_prefix = graph->prefix;
    int outer_forward = graph->forward;
    graph->prefix = prefix;
    graph->forward = index;
    for (int k = 0; k < node->out_count; k++) {
        dy[k] = total(t, node->out[k]);
        any_dy = any_dy || dy[k] != SG_NO_VALUE;
    }
    sg_status status = SG_OK;
    if (any_dy && !(node->op->flags & SG_OP_NONDIFF)) {
        sg_backward b = {
            .graph = graph,
            .node = node,
            .in = node->in,
            .out = node->out,
            .dy = dy,
            .needed = needed,
            .dx = dx,
            .error = error,
        };
        status = call_gradient(&b);
        /* A failed node is reported by the graph, whose message the op does not hand on. */
        if (sg_graph_status(graph, NULL) != SG_OK) status = sg_graph_status(graph, error);
        for (int k = 0; status == SG_OK && k < node->in_count; k++) {
            if (!needed[k] || dx[k] == SG_NO_VALUE) continue;
            status = check_gradient(graph, node, k, dx[k], error);
            if (status == SG_OK && !contribute(&t->of[node->in[k]], dx[k]))
                status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        }
    }
    graph->prefix = outer_prefix;
    graph->forward = outer_forward;
    return status;
}

static void mark_dependents(tape *t, int count, const sg_value *wrt) {
    for (int k = 0; k < count; k++) t->depends[wrt[k]] = true;
    for (int i = 0; i < t->nodes; i++) {
        const sg_node *node = t->graph->nodes[i];
        bool depends = false;
        for (int k = 0; k < node->in_count; k++)
            depends = depends || (node->in[k] != SG_NO_VALUE && t->depends[node->in[k]]);
        for (int k = 0; k < node->out_count; k++)
            if (depends) t->depends[node->out[k]] = true;
    }
}

static sg_status run_tape(tape *t, int of_count, const sg_value *of, const sg_value *seed, int count,
                          const sg_value *wrt, sg_value *grad, sg_error *error) {
    int last = -1;
    mark_dependents(t, count, wrt);
    for (int i = 0; i < of_count; i++) {
        if (!contribute(&t->of[of[i]], seed[i])) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        if (t->graph->values[of[i]].node > last) last = t->graph->values[of[i]].node;
    }
    for (int i = last; i >= 0; i--) {
        sg_status status = step_back(t, i, error);
        if (status != SG_OK) return status;
    }
    for (int k = 0; k < count; k++) grad[k] = total(t, wrt[k]);
    return sg_graph_status(t->graph, error);
}

sg_status sg_graph_pull_back(sg_graph *graph, int of_count, const sg_value *of, const sg_value *seed,
                             int count, const sg_value *wrt, sg_value *grad, sg_error *error) {
    tape t = {.graph = graph, .nodes = graph->node_count, .values = graph->value_count};
    t.depends = calloc((size_t)t.values + 1, sizeof *t.depends);
    t.of = calloc((size_t)t.values + 1, sizeof *t.of);
    sg_status status = t.depends && t.of ? run_tape(&t, of_count, of, seed, count, wrt, grad, error)
                                         : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; t.of && i < t.values; i++) free(t.of[i].parts);
    free(t.of);
    free(t.depends);
    return status;
}

static sg_value filled(sg_graph *graph, double number, sg_value like) {
    sg_value_info info = graph->values[like];
    return sg_emit(graph, "constant", NULL, 0, sg_arg_float("value", number),
                   sg_arg_shape("shape", &info.shape), sg_arg_dtype("type", info.type));
}

sg_status sg_graph_differentiate(sg_graph *graph, sg_value of, sg_value seed, int count, const sg_value *wrt,
                                 sg_value *grad, sg_error *error) {
    sg_status status = sg_graph_status(graph, error);
    if (status != SG_OK) return status;
    if (of < 0 || of >= graph->value_count) return sg_fail(error, SG_BAD_USAGE, "no value to differentiate");
    if (!sg_type_is_float(graph->values[of].type))
        return sg_fail(error, SG_BAD_GRAPH, "%s is %s: only floats can be differentiated",
                       graph->nodes[graph->values[of].node]->path, sg_type_name(graph->values[of].type));
    for (int k = 0; k < count; k++)
        if (wrt[k] < 0 || wrt[k] >= graph->value_count || !sg_type_is_float(graph->values[wrt[k]].type))
            return sg_fail(error, SG_BAD_GRAPH, "value %d is not a float, so there is no gradient to it",
                           wrt[k]);
    if (seed != SG_NO_VALUE &&
        (seed < 0 || seed >= graph->value_count || graph->values[seed].type != graph->values[of].type ||
         !sg_shape_equal(&graph->values[seed].shape, &graph->values[of].shape)))
        return sg_fail(error, SG_BAD_USAGE, "the seed must have the shape and type of `%s`",
                       graph->nodes[graph->values[of].node]->path);
    graph->prefix = "grad";
    if (seed == SG_NO_VALUE) seed = filled(graph, 1, of);
    status = sg_graph_status(graph, error);
    if (status == SG_OK) status = sg_graph_pull_back(graph, 1, &of, &seed, count, wrt, grad, error);
    for (int k = 0; status == SG_OK && k < count; k++)
        if (grad[k] == SG_NO_VALUE) grad[k] = filled(graph, 0, wrt[k]);
    graph->prefix = NULL;
    return status == SG_OK ? sg_graph_status(graph, error) : status;
}
