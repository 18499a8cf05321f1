/* What a reader sees when the pointer rests on a box or a frame: everything that is known about it. */
#include "draw/dot_label.h"

#include <inttypes.h>
#include <string.h>

static void put_call(sg_text *text, const sg_call *call);

/* A whole number of a list, which may be a size that follows the batch. */
static void put_size(sg_text *text, int64_t size) {
    if (size <= 0 || size % SG_SYMBOLIC_BATCH) {
        sg_text_printf(text, "%" PRId64, size);
        return;
    }
    if (size > SG_SYMBOLIC_BATCH) sg_text_printf(text, "%" PRId64 "·", size / SG_SYMBOLIC_BATCH);
    sg_text_append(text, "batch");
}

static void put_attr(sg_text *text, const sg_attr_spec *spec, const sg_attr *attr) {
    switch (spec->type) {
    case SG_ATTR_INT:
        sg_text_printf(text, "%" PRId64, attr->i);
        break;
    case SG_ATTR_BOOL:
        sg_text_append(text, attr->i ? "true" : "false");
        break;
    case SG_ATTR_DTYPE:
        sg_text_append(text, sg_type_name((sg_type)attr->i));
        break;
    case SG_ATTR_TEXT:
    case SG_ATTR_SPAN:
        sg_text_append(text, attr->text ? attr->text : "");
        break;
    case SG_ATTR_FLOAT:
        sg_text_printf(text, "%.9g", attr->f);
        break;
    case SG_ATTR_RATE:
        if (attr->call)
            put_call(text, attr->call);
        else
            sg_text_printf(text, "%.9g", attr->f);
        break;
    case SG_ATTR_CALL:
        if (attr->call) put_call(text, attr->call);
        break;
    case SG_ATTR_INTS:
    case SG_ATTR_FLOATS:
        sg_text_append_char(text, '[');
        for (int i = 0; i < attr->n; i++) {
            if (i) sg_text_append(text, ", ");
            if (spec->type == SG_ATTR_INTS)
                put_size(text, attr->ints[i]);
            else
                sg_text_printf(text, "%.9g", attr->floats[i]);
        }
        sg_text_append_char(text, ']');
        break;
    }
}

static void put_call(sg_text *text, const sg_call *call) {
    int count = sg_schema_attr_count(call->schema);
    const char *between = "(";
    sg_text_append(text, call->schema->name);
    for (int k = 0; k < count; k++) {
        if (!call->attr[k].present) continue;
        sg_text_printf(text, "%s%s=", between, call->schema->attrs[k].name);
        put_attr(text, &call->schema->attrs[k], &call->attr[k]);
        between = ", ";
    }
    if (*between == ',') sg_text_append_char(text, ')');
}

static void put_mark(sg_text *text, sg_mark mark) {
    if (mark.file && mark.line > 0) sg_text_printf(text, "\n%s:%d", mark.file, mark.line);
}

static void put_cost_lines(sg_text *text, const sg_dot_cost *cost, const char *per) {
    if (cost->parameters > 0) sg_text_printf(text, "\n%.0f parameters", cost->parameters);
    if (cost->flops >= 0.5) {
        sg_text_append_char(text, '\n');
        sg_dot_put_count(text, cost->flops, "FLOP");
        sg_text_append(text, per);
    }
    if (cost->bytes >= 1) {
        sg_text_append_char(text, '\n');
        sg_dot_put_bytes(text, cost->bytes);
        sg_text_printf(text, " of values%s", per);
    }
}

static void put_time(sg_text *text, const sg_dot *dot, double seconds) {
    if (!dot->options.seconds || seconds <= 0) return;
    sg_text_append_char(text, '\n');
    sg_dot_put_seconds(text, seconds);
    sg_text_append(text, " a step, summed over threads");
}

static void put_change(sg_text *text, const sg_dot *dot, sg_dot_change change) {
    static const char *const words[] = {"as before", "added", "removed", "changed"};
    if (dot->other) sg_text_printf(text, "\n%s", words[change]);
}

void sg_dot_put_attrs(sg_text *text, const sg_dot *dot, int index) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    const sg_schema *schema = sg_op_schema(node->op);
    for (int k = 0; k < sg_schema_attr_count(schema); k++) {
        if (!node->attr[k].present) continue;
        sg_text_printf(text, "\n%s = ", schema->attrs[k].name);
        put_attr(text, &schema->attrs[k], &node->attr[k]);
    }
}

/* What a gradient reads of the forward pass. */
static void put_kept(sg_text *text, const sg_dot *dot, const sg_node *node) {
    char name[1024];
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        if (dot->part[sg_graph_value(dot->graph, node->in[k])->node] != SG_DOT_FORWARD) continue;
        sg_text_printf(text, "\nreads %s", sg_graph_value_name(dot->graph, node->in[k], name, sizeof name));
    }
}

static void put_node(sg_text *text, const sg_dot *dot, int index) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    const sg_schema *schema = sg_op_schema(node->op);
    sg_text_printf(text, "%s\n%s: %s", node->path, schema->name, schema->doc ? schema->doc : "");
    sg_dot_put_attrs(text, dot, index);
    if (dot->part[index] == SG_DOT_GRADIENT) put_kept(text, dot, node);
    for (int k = 0; k < node->out_count; k++) {
        const sg_value_info *info = sg_graph_value(dot->graph, node->out[k]);
        const sg_port *port = sg_op_out_port(node->op, k);
        sg_text_printf(text, "\n→ %s: ", port && port->name ? port->name : "");
        sg_dot_put_shape(text, dot, info);
        sg_text_printf(text, " %s", sg_type_name(info->type));
    }
}

void sg_dot_scope_tooltip(sg_text *text, const sg_dot *dot, int index) {
    const sg_dot_scope *scope = &dot->scope[index];
    sg_text_printf(text, "%s\n%s", scope->scope->path, scope->scope->block);
    if (scope->scope->doc) sg_text_printf(text, ": %s", scope->scope->doc);
    int times = sg_dot_times(dot, index);
    if (times > 1)
        sg_text_printf(text, "\nrounds %" PRId64 " to %" PRId64 ", each:", scope->round,
                       scope->round + times - 1);
    if (scope->note) sg_text_printf(text, "\n%s", scope->note);
    sg_text_printf(text, "\n%d node%s", scope->cost.nodes, sg_plural(scope->cost.nodes));
    put_cost_lines(text, &scope->cost, " a sample");
    put_time(text, dot, scope->seconds);
    put_change(text, dot, scope->change);
    put_mark(text, scope->scope->mark);
}

void sg_dot_box_tooltip(sg_text *text, const sg_dot *dot, const sg_dot_box *box) {
    if (box->scope >= 0 && box->part == SG_DOT_FORWARD) {
        sg_dot_scope_tooltip(text, dot, box->scope);
        return;
    }
    if (box->part == SG_DOT_FORWARD || dot->options.all || box->node >= 0) {
        put_node(text, dot, box->node);
    } else {
        sg_text_printf(text, "%s\n%d node%s", box->id, box->cost.nodes, sg_plural(box->cost.nodes));
    }
    put_cost_lines(text, &box->cost, box->part == SG_DOT_UPDATE ? " a step" : " a sample");
    put_time(text, dot, box->seconds);
    put_change(text, dot, box->change);
    if (box->change == SG_DOT_CHANGED && box->node >= 0) sg_dot_put_before(text, dot, box->node);
    put_mark(text, sg_dot_mark_of(dot, box));
}

sg_mark sg_dot_mark_of(const sg_dot *dot, const sg_dot_box *box) {
    if (box->part == SG_DOT_FORWARD && box->scope >= 0) return dot->scope[box->scope].scope->mark;
    if (box->node >= 0) return sg_graph_node(dot->graph, box->node)->mark;
    return (sg_mark){0};
}
