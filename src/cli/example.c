/* An op's example: its first good sample, written as a node of a graph file. */
#include "describe.h"

#include <stdio.h>
#include <string.h>

static void append_value(char node[CLI_WORDS], const sg_attr_spec *spec, const sg_attr *attr) {
    switch (spec->type) {
    case SG_ATTR_INT:
        cli_append(node, "%lld", (long long)attr->i);
        break;
    case SG_ATTR_FLOAT:
    case SG_ATTR_RATE:
        cli_append(node, "%.9g", attr->f);
        break;
    case SG_ATTR_BOOL:
        cli_append(node, "%s", attr->i ? "true" : "false");
        break;
    case SG_ATTR_DTYPE:
        cli_append(node, "%s", sg_type_name((sg_type)attr->i));
        break;
    case SG_ATTR_INTS:
        cli_append(node, "[");
        for (int i = 0; i < attr->n; i++) cli_append(node, "%s%lld", i ? ", " : "", (long long)attr->ints[i]);
        cli_append(node, "]");
        break;
    case SG_ATTR_FLOATS:
        cli_append(node, "[");
        for (int i = 0; i < attr->n; i++) cli_append(node, "%s%.9g", i ? ", " : "", attr->floats[i]);
        cli_append(node, "]");
        break;
    case SG_ATTR_CALL:
        cli_append(node, "%s", attr->call ? attr->call->schema->name : "?");
        break;
    case SG_ATTR_TEXT:
    case SG_ATTR_SPAN:
        /* A sample stands alone and names no weight; a graph must. */
        cli_append(node, "%s", attr->text && *attr->text ? attr->text : "w");
        break;
    }
}

static const sg_sample *good_sample(const sg_op *op) {
    for (const sg_sample *sample = op->samples; sample && sample->name; sample++)
        if (!sample->message) return sample;
    return NULL;
}

/* The name of input k: a variadic port counts up, x0, x1, ... */
static void append_input(char node[CLI_WORDS], const sg_op *op, int k) {
    int port = 0;
    while (port < k && op->in[port + 1].name) port++;
    cli_append(node, "%s", op->in[port].name);
    if (op->in[port].flags & SG_PORT_VARIADIC) cli_append(node, "%d", k - port + 1);
}

/* By position, or, where an optional input in the middle is left off, by name. */
static void append_inputs(char node[CLI_WORDS], const sg_op *op, const sg_sample *sample) {
    bool gap = false;
    for (int k = 0; k < sample->in_count; k++) gap = gap || sample->in[k].type == SG_ABSENT;
    const char *open = gap ? "{" : sample->in_count > 1 ? "[" : "", *close = gap ? "}" : *open ? "]" : "";
    bool first = true;
    for (int k = 0; k < sample->in_count; k++) {
        if (sample->in[k].type == SG_ABSENT) continue;
        cli_append(node, "%s%s", first ? ", in: " : ", ", first ? open : "");
        if (gap) cli_append(node, "%s: ", op->in[k].name);
        append_input(node, op, k);
        first = false;
    }
    if (!first) cli_append(node, "%s", close);
}

/* The name of its output, unless an input has that one. */
static const char *node_name(const sg_op *op) {
    const char *name = op->out[0].name;
    for (const sg_port *port = op->in; port->name; port++)
        if (strcmp(port->name, name) == 0) name = strcmp(name, "y") == 0 ? "z" : "y";
    return name;
}

/* It has no input: the text names the node that becomes its value. */
static bool is_state(const sg_op *op) {
    return strcmp(op->schema.name, "state") == 0;
}

static void append_node(char node[CLI_WORDS], const sg_op *op, const sg_sample *sample) {
    cli_append(node, "%s: {op: %s", node_name(op), op->schema.name);
    append_inputs(node, op, sample);
    for (const sg_arg *arg = sample->args; arg && arg->name; arg++) {
        int index = sg_schema_attr_index(&op->schema, arg->name);
        if (index < 0) continue;
        cli_append(node, ", %s: ", arg->name);
        append_value(node, &op->schema.attrs[index], &arg->value);
    }
    if (is_state(op)) cli_append(node, ", next: next");
    cli_append(node, "}");
}

static void append_typed(char shapes[CLI_WORDS], sg_type type, const sg_shape *shape) {
    char text[SG_SHAPE_TEXT];
    cli_append(shapes, "%s %s", sg_type_name(type), sg_shape_text(shape, 0, text));
}

bool cli_op_example(const sg_op *op, char node[CLI_WORDS], char shapes[CLI_WORDS]) {
    node[0] = shapes[0] = 0;
    const sg_sample *sample = good_sample(op);
    if (!sample) return false;
    append_node(node, op, sample);

    /* The shapes that come out are those of a graph that holds this node. */
    sg_graph_options options = {.size = sizeof options, .float_type = SG_F32, .batch = 1};
    sg_graph *graph;
    if (sg_graph_create(&graph, &options, NULL) != SG_OK) return false;
    sg_value in[SG_MAX_IN];
    for (int k = 0; k < sample->in_count; k++) {
        const sg_sample_input *from = &sample->in[k];
        in[k] = SG_NO_VALUE;
        if (from->type == SG_ABSENT) continue;
        cli_append(shapes, "%s", shapes[0] ? ", " : "");
        const sg_shape shape = sg_sample_input_shape(from);
        append_typed(shapes, (sg_type)from->type, &shape);
        in[k] = sg_emit(graph, "input", NULL, 0, sg_arg_shape("shape", &shape),
                        sg_arg_dtype("type", (sg_type)from->type));
    }
    sg_value out = sg_graph_add(graph, op->schema.name, NULL, in, sample->in_count, sample->args);
    if (out != SG_NO_VALUE && is_state(op))
        append_typed(shapes, sg_graph_value(graph, out)->type, &sg_graph_value(graph, out)->shape);
    cli_append(shapes, "%s-> ", shapes[0] ? " " : "");
    for (int k = 0; out != SG_NO_VALUE && op->out[k].name; k++) {
        const sg_value_info *info = sg_graph_value(graph, out + k);
        cli_append(shapes, "%s", k ? ", " : "");
        append_typed(shapes, info->type, &info->shape);
    }
    sg_graph_destroy(graph);
    return out != SG_NO_VALUE;
}
