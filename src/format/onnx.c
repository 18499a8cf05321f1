/* A graph, node by node, as a model of ONNX. */
#include "format/onnx.h"

#include "base/numeric.h"

#include <stdlib.h>
#include <string.h>

#include "format/onnx_file.h"

/* ---- rules ---- */

const sg_onnx_rule *sg_onnx_find(const char *op) {
    static const sg_onnx_rule *const tables[] = {sg_onnx_each,   sg_onnx_shape, sg_onnx_product,
                                                 sg_onnx_reduce, sg_onnx_index, sg_onnx_loss};
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const sg_onnx_rule *rule = tables[t]; rule->op; rule++)
            if (strcmp(rule->op, op) == 0) return rule;
    return NULL;
}

void sg_onnx_refuse(sg_onnx *x, const char *format, ...) {
    if (x->failed) return;
    char text[SG_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sg_fail(&x->error, SG_BAD_GRAPH, "`%s` (%s) %s", x->node->path, x->node->op->schema.name, text);
    sg_fail_in_graph(&x->error, x->graph, x->node);
    x->failed = true;
}

/* ---- what comes from outside ---- */

static sg_onnx_port *add_port(sg_onnx *x, sg_onnx_port **list, int *count) {
    sg_onnx_port *more = sg_array_resize(*list, (size_t)*count + 1, sizeof *more);
    if (!more) {
        sg_onnx_run_out(x);
        return NULL;
    }
    *list = more;
    return &more[(*count)++];
}

static void add_port_of(sg_onnx *x, sg_value value, const char *name, bool in) {
    sg_onnx_ports *ports = x->ports;
    const sg_value_info *info = sg_graph_value(x->graph, value);
    const sg_op *op = x->graph->nodes[info->node]->op;
    if (!ports->memory && !(ports->memory = sg_bump_create())) sg_onnx_run_out(x);
    char *kept = ports->memory ? sg_bump_text(ports->memory, name) : NULL;
    sg_onnx_port *port =
        kept ? in ? add_port(x, &ports->in, &ports->in_count) : add_port(x, &ports->out, &ports->out_count)
             : NULL;
    if (!port) {
        sg_onnx_run_out(x);
        return;
    }
    *port = (sg_onnx_port){.name = kept,
                           .type = info->type,
                           .shape = info->shape,
                           .op = in && (op->flags & SG_OP_RANDOM) ? op->schema.name : NULL};
}

void sg_onnx_ports_finish(sg_onnx_ports *ports) {
    free(ports->in);
    free(ports->out);
    sg_bump_destroy(ports->memory);
    *ports = (sg_onnx_ports){0};
}

/* An axis of just the batch tells it best. */
static void look_for_batch(sg_onnx *x, const sg_shape *shape, sg_onnx_name name) {
    for (int d = 0; d < shape->rank; d++) {
        if (!sg_onnx_symbolic(x, shape->dim[d])) continue;
        int64_t times = shape->dim[d] / x->request->unit;
        if (sg_onnx_symbolic(x, times) || (x->source && times >= x->times)) continue;
        x->source = name;
        x->axis = d;
        x->times = times;
    }
}

/* The name in the graph, however long its path is. */
static const char *name_of(sg_onnx *x, sg_value value) {
    const sg_value_info *info = &x->graph->values[value];
    size_t room = strlen(x->graph->nodes[info->node]->path) + 2;
    if (info->output > 0) room += strlen(x->graph->nodes[info->node]->op->out[info->output].name);
    char *name = sg_bump_array(x->memory, room, 1);
    return name ? sg_graph_value_name(x->graph, value, name, room) : NULL;
}

void sg_onnx_feed(sg_onnx *x, sg_value value) {
    const char *alias = x->request->alias ? x->request->alias[value] : NULL;
    if (x->name[value]) return;
    x->name[value] = alias ? sg_bump_text(x->memory, alias) : name_of(x, value);
    if (!x->name[value]) {
        sg_onnx_run_out(x);
        return;
    }
    add_port_of(x, value, x->name[value], true);
    look_for_batch(x, &x->graph->values[value].shape, x->name[value]);
}

static bool is_drawn(const sg_node *node) {
    return (node->op->flags & SG_OP_RANDOM) && !node->in_count;
}

/* Inputs come first: nodes ask them for the batch. A rule for what is drawn needs its first output only. */
static void feed_node(sg_onnx *x, const sg_node *node) {
    bool all = is_drawn(node) && !sg_onnx_find(node->op->schema.name);
    if (!is_drawn(node) && !(node->op->flags & SG_OP_FED)) return;
    for (int k = 0; k < node->out_count; k++)
        if (all ? x->wanted[node->out[k]] : k == 0) sg_onnx_feed(x, node->out[k]);
}

/* ---- nodes ---- */

static bool make_room(sg_onnx *x) {
    int count = x->graph->value_count;
    if (count <= x->room) return true;
    sg_onnx_name *name = sg_array_resize(x->name, (size_t)count, sizeof *name);
    if (name) x->name = name;
    bool *wanted = sg_array_resize(x->wanted, (size_t)count, sizeof *wanted);
    if (wanted) x->wanted = wanted;
    if (!name || !wanted) {
        sg_onnx_run_out(x);
        return false;
    }
    for (; x->room < count; x->room++) {
        x->name[x->room] = NULL;
        x->wanted[x->room] = false;
    }
    return true;
}

static void write_range(sg_onnx *x, int first, bool *needed);

/* The nodes that compute what is asked for: to be freed. */
static bool *needed_for(sg_onnx *x, int count, const sg_value *values) {
    bool *needed = calloc((size_t)x->graph->node_count + 1, sizeof *needed);
    if (!needed || !make_room(x)) {
        sg_onnx_run_out(x);
        free(needed);
        return NULL;
    }
    for (int k = 0; k < count; k++) {
        if (values[k] == SG_NO_VALUE) continue;
        needed[x->graph->values[values[k]].node] = true;
        x->wanted[values[k]] = true;
    }
    sg_graph_need_inputs(x->graph, needed);
    for (int i = 0; i < x->graph->node_count; i++)
        for (int k = 0; needed[i] && k < x->graph->nodes[i]->in_count; k++)
            if (x->graph->nodes[i]->in[k] != SG_NO_VALUE) x->wanted[x->graph->nodes[i]->in[k]] = true;
    return needed;
}

/* The node's meaning in simpler ops takes its place. */
static void write_expanded(sg_onnx *x, const sg_node *node) {
    sg_value out[SG_MAX_OUT], in[SG_MAX_VARIADIC];
    for (int k = 0; k < SG_MAX_OUT; k++) out[k] = SG_NO_VALUE;
    for (int k = 0; k < SG_MAX_VARIADIC; k++) in[k] = k < node->in_count ? node->in[k] : SG_NO_VALUE;
    int first = x->graph->node_count;
    x->graph->prefix = node->path;
    sg_expansion e = {.graph = x->graph, .node = node, .in = in, .out = out};
    sg_status status = node->op->expand(&e);
    x->graph->prefix = NULL;
    if (status == SG_OK) status = sg_graph_status(x->graph, &x->error);
    if (status != SG_OK) {
        x->failed = true;
        return;
    }
    for (int k = 0; k < node->out_count; k++)
        if (!x->wanted[node->out[k]]) out[k] = SG_NO_VALUE;
    bool *needed = needed_for(x, node->out_count, out);
    if (needed) write_range(x, first, needed);
    free(needed);
    for (int k = 0; k < node->out_count && !x->failed; k++)
        if (out[k] != SG_NO_VALUE) x->name[node->out[k]] = x->name[out[k]];
}

static void write_by_rule(sg_onnx *x, const sg_node *node, const sg_onnx_rule *rule) {
    sg_signature_space space;
    const sg_signature *s = sg_node_signature(x->graph, node, &space);
    sg_onnx_call call = {.node = node,
                         .attr = node->attr,
                         .in = s->in,
                         .out = s->out,
                         .in_count = node->in_count,
                         .with = rule->with};
    for (int k = 0; k < SG_MAX_VARIADIC; k++) {
        bool there = k < node->in_count && node->in[k] != SG_NO_VALUE;
        call.from[k] = there && x->name[node->in[k]] ? x->name[node->in[k]] : "";
    }
    for (int k = 0; k < node->out_count; k++) call.wanted[k] = x->wanted[node->out[k]];
    rule->write(x, &call);
    for (int k = 0; k < node->out_count && !x->failed; k++) {
        x->name[node->out[k]] = call.to[k];
        if (call.wanted[k] && !call.to[k])
            sg_onnx_refuse(x, "has no output `%s` in ONNX", node->op->out[k].name);
    }
}

static void write_node(sg_onnx *x, const sg_node *node) {
    const sg_onnx_rule *rule = sg_onnx_find(node->op->schema.name);
    x->node = node;
    if (node->op->flags & SG_OP_STORED)
        x->name[node->out[0]] = node->path;
    else if (node->op->flags & SG_OP_FED || (is_drawn(node) && !rule))
        return;
    else if (rule)
        write_by_rule(x, node, rule);
    else if (node->op->expand)
        write_expanded(x, node);
    else
        sg_onnx_refuse(x, "has no form in ONNX; write a model of values that do not need it: --fetch NAME");
}

static void write_range(sg_onnx *x, int first, bool *needed) {
    int count = x->graph->node_count;
    for (int i = first; i < count && !x->failed; i++)
        if (needed[i]) write_node(x, x->graph->nodes[i]);
}

/* ---- the whole ---- */

/* An output has a name of its own, whatever it is called inside. */
static void write_outputs(sg_onnx *x) {
    const sg_onnx_request *r = x->request;
    for (int k = 0; k < r->count && !x->failed; k++) {
        const sg_value_info *info = sg_graph_value(x->graph, r->output[k]);
        const char *name = r->output_name[k];
        x->node = x->graph->nodes[info->node];
        bool twice = false;
        for (int i = 0; i < x->ports->out_count; i++)
            twice = twice || strcmp(x->ports->out[i].name, name) == 0;
        if (twice) continue;
        for (int i = 0; i < x->ports->in_count; i++)
            if (strcmp(x->ports->in[i].name, name) == 0)
                sg_onnx_refuse(x, "is an input of the model, so it cannot be an output");
        if (x->node->op->flags & SG_OP_STORED)
            sg_onnx_refuse(x, "is a weight of the model, so it cannot be an output");
        sg_onnx_file_output(x, x->name[r->output[k]], name);
        if (!x->failed) add_port_of(x, r->output[k], name, false);
    }
}

sg_status sg_onnx_save(const sg_onnx_request *request, const char *path, sg_onnx_ports *ports,
                       sg_error *error) {
    sg_onnx x = {.request = request, .graph = request->graph, .ports = ports, .memory = sg_bump_create()};
    if (!x.memory) sg_onnx_run_out(&x);
    bool *needed = x.failed ? NULL : needed_for(&x, request->count, request->output);
    int count = x.graph->node_count;
    for (int i = 0; i < count && needed && !x.failed; i++)
        if (needed[i]) feed_node(&x, x.graph->nodes[i]);
    if (needed) write_range(&x, 0, needed);
    write_outputs(&x);
    if (!x.failed && (x.nodes.failed || x.tables.failed)) sg_onnx_run_out(&x);
    if (!x.failed && sg_onnx_file_save(&x, path, count, needed) != SG_OK) x.failed = true;
    if (x.failed && error) *error = x.error;
    if (x.failed) sg_onnx_ports_finish(ports);
    free(needed);
    free(x.name);
    free(x.wanted);
    sg_text_finish(&x.nodes);
    sg_text_finish(&x.tables);
    sg_map_finish(&x.made);
    sg_bump_destroy(x.memory);
    return x.failed ? x.error.status : SG_OK;
}
