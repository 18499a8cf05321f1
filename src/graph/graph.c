/* Building and reading graphs. */
#include "graph/graph.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "base/text.h"
#include "graph/attr.h"

sg_status sg_graph_create(sg_graph **out, const sg_graph_options *options, sg_error *error) {
    *out = NULL;
    if (options->float_type != SG_F32 && options->float_type != SG_F64)
        return sg_fail(error, SG_BAD_USAGE, "the float type of a graph must be f32 or f64");
    if (options->batch < 1 || options->batch > INT_MAX)
        return sg_fail(error, SG_BAD_USAGE, "the batch of a graph must lie between 1 and %d", INT_MAX);
    sg_graph *graph = calloc(1, sizeof *graph);
    if (!graph) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    graph->options = *options;
    graph->forward = -1;
    graph->memory = sg_bump_create();
    if (!graph->memory) {
        sg_graph_destroy(graph);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    *out = graph;
    return SG_OK;
}

void sg_graph_destroy(sg_graph *graph) {
    if (!graph) return;
    sg_map_finish(&graph->by_path);
    sg_map_finish(&graph->copies);
    sg_bump_destroy(graph->memory);
    free(graph->nodes);
    free(graph->values);
    free(graph->scopes);
    free(graph);
}

sg_type sg_graph_float_type(const sg_graph *graph) {
    return graph->options.float_type;
}

int64_t sg_graph_batch(const sg_graph *graph) {
    return graph->options.batch;
}

void sg_graph_round_products(sg_graph *graph, bool round) {
    graph->options.round_products = round;
}

bool sg_graph_rounds_products(const sg_graph *graph) {
    return graph->options.round_products;
}

void sg_graph_update_early(sg_graph *graph, bool early) {
    graph->options.update_early = early;
}

void sg_graph_set_phase(sg_graph *graph, sg_phase phase) {
    graph->phase = phase;
}

/* Makes room for `more` elements; the array doubles. */
static bool reserve(void **array, int *room, int count, int more, size_t size) {
    if (more <= *room - count) return true;
    if (count > INT_MAX / 2 - more) return false;
    int wanted = *room ? *room * 2 : 64;
    if (wanted < count + more) wanted = count + more;
    void *grown = realloc(*array, (size_t)wanted * size);
    if (!grown) return false;
    *array = grown;
    *room = wanted;
    return true;
}

/* "grad/codes.norm/mul" or "mul", with ":2", ":3" where the name is taken. */
static const char *unique_path(sg_graph *graph, const sg_op *op) {
    char name[64];
    snprintf(name, sizeof name, "%s", op->schema.name);
    size_t length = strlen(name) + (graph->prefix ? strlen(graph->prefix) + 1 : 0) + 16;
    char *path = sg_bump_alloc(graph->memory, length);
    if (!path) return NULL;
    int used = graph->prefix ? snprintf(path, length, "%s/%s", graph->prefix, name)
                             : snprintf(path, length, "%s", name);
    if (!sg_map_find(&graph->by_path, path)) return path;
    sg_map_value *copy = sg_map_add(&graph->copies, path, NULL);
    if (!copy) return NULL;
    if (!copy->i) copy->i = 1;
    do snprintf(path + used, length - (size_t)used, ":%d", (int)++copy->i);
    while (sg_map_find(&graph->by_path, path));
    return path;
}

static sg_status infer(sg_graph *graph, const sg_op *op, const sg_attr *attr, const sg_value *in,
                       int in_count, sg_typed *out, sg_error *error) {
    bool present[SG_MAX_VARIADIC] = {false};
    sg_typed typed[SG_MAX_VARIADIC];
    memset(typed, 0, sizeof *typed * (size_t)(in_count > SG_MAX_IN ? in_count : SG_MAX_IN));
    for (int k = 0; k < in_count; k++) {
        present[k] = in[k] != SG_NO_VALUE;
        if (present[k]) typed[k] = (sg_typed){graph->values[in[k]].type, graph->values[in[k]].shape};
    }
    sg_infer c = {
        .attr = attr,
        .in_count = in_count,
        .present = present,
        .in = typed,
        .out = out,
        .float_type = graph->options.float_type,
        .training = graph->options.training,
        .error = error,
    };
    sg_status status = op->infer(&c);
    int out_count = sg_op_output_count(op);
    for (int k = 0; status == SG_OK && k < out_count; k++) status = sg_shape_check(&out[k].shape, error);
    return status;
}

static sg_status check_inputs(const sg_graph *graph, const sg_op *op, const sg_value *in, int in_count,
                              sg_error *error) {
    int ports = sg_op_input_count(op);
    bool variadic = ports && (op->in[ports - 1].flags & SG_PORT_VARIADIC);
    int most = variadic ? SG_MAX_VARIADIC : ports;
    if (in_count > most)
        return sg_fail_at(error, SG_BLAME_INPUT, most, "%s takes at most %d input%s, but got %d",
                          op->schema.name, most, sg_plural(most), in_count);
    for (int k = 0; k < in_count; k++) {
        if (in[k] < SG_NO_VALUE || in[k] >= graph->value_count)
            return sg_fail_at(error, SG_BLAME_INPUT, k, "input %d of %s is no value of this graph", k,
                              op->schema.name);
        if (in[k] == SG_NO_VALUE && k >= ports)
            return sg_fail_at(error, SG_BLAME_INPUT, k, "input %d of %s is missing", k, op->schema.name);
        if (in[k] != SG_NO_VALUE && graph->values[in[k]].type == SG_BF16 &&
            !(op->flags & (SG_OP_VIEW | SG_OP_STORAGE)))
            return sg_fail_at(error, SG_BLAME_INPUT, k,
                              "input %d of %s is bf16, which is for storage alone: cast it to f32 first", k,
                              op->schema.name);
    }
    for (int k = 0; k < ports; k++) {
        if (op->in[k].flags & SG_PORT_OPTIONAL) continue;
        if (k >= in_count || in[k] == SG_NO_VALUE)
            return sg_fail_at(error, SG_BLAME_INPUT, k, "%s needs the input `%s` (%s)", op->schema.name,
                              op->in[k].name, op->in[k].doc);
    }
    return SG_OK;
}

/* Two random nodes whose paths fold to the same stream would draw the same numbers. */
static sg_status check_stream(const sg_graph *graph, const char *path, sg_error *error) {
    uint32_t stream = sg_fold(sg_hash_text(path));
    for (int i = 0; i < graph->node_count; i++) {
        const sg_node *other = graph->nodes[i];
        if (!(other->op->flags & SG_OP_RANDOM) || other->forward >= 0) continue;
        if (sg_fold(other->purpose) == stream)
            return sg_fail(error, SG_BAD_GRAPH,
                           "`%s` and `%s` would draw the same random numbers: rename one", path, other->path);
    }
    return SG_OK;
}

sg_status sg_graph_add_node(sg_graph *graph, const sg_op *op, const char *path, sg_mark mark,
                            const sg_value *in, int in_count, const sg_attr *attr, sg_value *first_output,
                            sg_error *error) {
    *first_output = SG_NO_VALUE;
    sg_status status = check_inputs(graph, op, in, in_count, error);
    if (status != SG_OK) return status;
    if (path && sg_map_find(&graph->by_path, path))
        return sg_fail(error, SG_BAD_GRAPH, "there is already a node `%s`", path);

    sg_attr *attrs = NULL;
    status = sg_attr_complete(&op->schema, attr, graph->memory, &attrs, error);
    if (status != SG_OK) return status;
    sg_typed out[SG_MAX_OUT];
    memset(out, 0, sizeof out);
    status = infer(graph, op, attrs, in, in_count, out, error);
    if (status == SG_OK && path && (op->flags & SG_OP_RANDOM) && graph->forward < 0)
        status = check_stream(graph, path, error);
    if (status == SG_OK) status = sg_graph_keep_mark(graph, &mark, error);
    if (status != SG_OK) return status;

    int out_count = sg_op_output_count(op);
    sg_node *node = sg_bump_alloc(graph->memory, sizeof *node);
    path = path ? sg_bump_text(graph->memory, path) : unique_path(graph, op);
    sg_value *in_copy = sg_bump_copy(graph->memory, in, sizeof(sg_value) * (size_t)in_count);
    sg_value *outs = sg_bump_alloc(graph->memory, sizeof(sg_value) * (size_t)(out_count + 1));
    bool room =
        reserve((void **)&graph->nodes, &graph->node_room, graph->node_count, 1, sizeof *graph->nodes) &&
        reserve((void **)&graph->values, &graph->value_room, graph->value_count, out_count,
                sizeof *graph->values);
    if (!node || !path || (in_count && !in_copy) || !outs || !room ||
        !sg_map_put_int(&graph->by_path, path, graph->node_count))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");

    *node = (sg_node){
        .op = op,
        .path = path,
        .mark = mark,
        .in_count = in_count,
        .out_count = out_count,
        .in = in_copy,
        .out = outs,
        .attr = attrs,
        .purpose = sg_hash_text(path),
        .forward = graph->forward,
        .phase = graph->phase,
        .training = graph->options.training,
    };
    if (graph->forward >= 0) {
        /* A gradient that draws the same numbers again must use the stream of its forward node. */
        if (op->flags & SG_OP_RANDOM) node->purpose = graph->nodes[graph->forward]->purpose;
        if (!mark.line) node->mark = graph->nodes[graph->forward]->mark;
    }
    for (int k = 0; k < out_count; k++) {
        outs[k] = graph->value_count;
        graph->values[graph->value_count++] = (sg_value_info){
            .type = out[k].type,
            .shape = out[k].shape,
            .node = graph->node_count,
            .output = k,
        };
    }
    graph->nodes[graph->node_count++] = node;
    *first_output = outs[0];
    return SG_OK;
}

static sg_value keep_error(sg_graph *graph, const char *op) {
    sg_fail_prefix(&graph->error, "%s%s%s", graph->prefix ? graph->prefix : "", graph->prefix ? ": " : "",
                   op);
    return SG_NO_VALUE;
}

sg_value sg_graph_add(sg_graph *graph, const char *op_name, const char *path, const sg_value *in,
                      int in_count, const sg_arg *args) {
    if (graph->error.status != SG_OK) return SG_NO_VALUE;
    const sg_op *op = sg_op_find(op_name);
    if (!op) {
        sg_fail(&graph->error, SG_BAD_GRAPH, "there is no op `%s`", op_name);
        return SG_NO_VALUE;
    }
    sg_attr attrs[SG_MAX_ATTRS];
    memset(attrs, 0, sizeof attrs);
    for (const sg_arg *arg = args; arg && arg->name; arg++) {
        int index = sg_schema_attr_index(&op->schema, arg->name);
        if (index < 0) {
            sg_fail(&graph->error, SG_BAD_GRAPH, "%s has no attribute `%s`", op_name, arg->name);
            return SG_NO_VALUE;
        }
        attrs[index] = arg->value;
    }
    sg_value first;
    sg_mark nowhere = {0};
    sg_status status =
        sg_graph_add_node(graph, op, path, nowhere, in, in_count, attrs, &first, &graph->error);
    return status == SG_OK ? first : keep_error(graph, path ? path : op_name);
}

sg_status sg_graph_add_scope(sg_graph *graph, const char *path, const char *block, const char *doc,
                             sg_mark mark, sg_error *error) {
    sg_status status = sg_graph_keep_mark(graph, &mark, error);
    if (status != SG_OK) return status;
    sg_scope scope = {
        .path = sg_bump_text(graph->memory, path),
        .block = sg_bump_text(graph->memory, block),
        .doc = doc ? sg_bump_text(graph->memory, doc) : NULL,
        .mark = mark,
    };
    bool room = reserve((void **)&graph->scopes, &graph->scope_room, graph->scope_count, 1, sizeof scope);
    if (!scope.path || !scope.block || (doc && !scope.doc) || !room)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    graph->scopes[graph->scope_count++] = scope;
    return SG_OK;
}

sg_status sg_graph_replace(sg_graph *graph, sg_value value, sg_value replacement, sg_error *error) {
    const sg_value_info *from = &graph->values[value], *to = &graph->values[replacement];
    if (from->type != to->type || !sg_shape_equal(&from->shape, &to->shape)) {
        char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
        return sg_fail(error, SG_BAD_GRAPH, "`%s` is %s %s, which %s %s cannot replace",
                       graph->nodes[from->node]->path, sg_type_name(from->type),
                       sg_shape_text(&from->shape, 0, a), sg_type_name(to->type),
                       sg_shape_text(&to->shape, 0, b));
    }
    for (int i = 0; i < graph->node_count; i++)
        for (int k = 0; k < graph->nodes[i]->in_count; k++)
            if (graph->nodes[i]->in[k] == value && i != to->node) graph->nodes[i]->in[k] = replacement;
    return SG_OK;
}

sg_status sg_graph_status(const sg_graph *graph, sg_error *error) {
    if (graph->error.status != SG_OK && error) *error = graph->error;
    return graph->error.status;
}

int sg_graph_node_count(const sg_graph *graph) {
    return graph->node_count;
}

const sg_node *sg_graph_node(const sg_graph *graph, int index) {
    return graph->nodes[index];
}

int sg_graph_value_count(const sg_graph *graph) {
    return graph->value_count;
}

const sg_value_info *sg_graph_value(const sg_graph *graph, sg_value value) {
    return &graph->values[value];
}

int sg_graph_scope_count(const sg_graph *graph) {
    return graph->scope_count;
}

const sg_scope *sg_graph_scope(const sg_graph *graph, int index) {
    return &graph->scopes[index];
}

sg_value sg_graph_find(const sg_graph *graph, const char *name) {
    int64_t index = sg_map_get_int(&graph->by_path, name, -1);
    if (index >= 0) {
        const sg_node *node = graph->nodes[index];
        return node->out_count ? node->out[0] : SG_NO_VALUE;
    }
    const char *dot = strrchr(name, '.');
    if (!dot) return SG_NO_VALUE;
    char path[1024];
    if ((size_t)(dot - name) >= sizeof path) return SG_NO_VALUE;
    memcpy(path, name, (size_t)(dot - name));
    path[dot - name] = 0;
    index = sg_map_get_int(&graph->by_path, path, -1);
    if (index < 0) return SG_NO_VALUE;
    const sg_node *node = graph->nodes[index];
    for (int k = 0; k < node->out_count; k++)
        if (strcmp(node->op->out[k].name, dot + 1) == 0) return node->out[k];
    return SG_NO_VALUE;
}

const char *sg_graph_value_name(const sg_graph *graph, sg_value value, char *buffer, size_t size) {
    const sg_value_info *info = &graph->values[value];
    const sg_node *node = graph->nodes[info->node];
    if (info->output == 0)
        snprintf(buffer, size, "%s", node->path);
    else
        snprintf(buffer, size, "%s.%s", node->path, node->op->out[info->output].name);
    return buffer;
}
