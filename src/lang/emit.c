/* Adding nodes to the graph, and putting what it finds wrong at the right place in the text. */
#include "lang/formula.h"
#include "lang/origin.h"
#include "lang/place.h"
#include "lang/setting.h"

#include <math.h>
#include <string.h>

/* The attribute's value that the error blames, or NULL. */
static const sg_tree *blamed_value(const sg_emission *e, const sg_error *error) {
    bool attr = error->blame == SG_BLAME_ATTR && e->attr_from && error->which >= 0 &&
                error->which < SG_MAX_ATTRS && e->attr_from[error->which];
    return attr && e->attr_from[error->which]->span.mark.line ? e->attr_from[error->which] : NULL;
}

/* The place that the error blames. */
static sg_span blamed(const sg_emission *e, const sg_error *error) {
    if (error->blame == SG_BLAME_INPUT && error->which >= 0 && error->which < e->in_count) {
        sg_span span = e->in_span ? e->in_span[error->which] : e->in[error->which]->span;
        if (span.mark.line) return span;
    }
    const sg_tree *value = blamed_value(e, error);
    return value ? value->span : e->at;
}

/* Settings that may be the reason: that of the attribute that is blamed, and those whose value is a size of
 * an input. */
static int settings_of(const sg_expander *x, const sg_emission *e, const sg_error *error, const sg_value *in,
                       sg_link link[SG_MAX_SETTINGS]) {
    enum { MOST = 2 * SG_MAX_RANK + 1 };
    const sg_tree *value = blamed_value(e, error);
    sg_told_number number[MOST] = {{value ? value->number : 0, value ? value->setting : NULL, 0, NULL}};
    int sizes = value && value->setting ? 1 : 0;
    for (int i = 0; i < e->in_count; i++) {
        const sg_shape *shape = in[i] == SG_NO_VALUE ? NULL : &sg_graph_value(x->graph, in[i])->shape;
        for (int d = 0; shape && d < shape->rank && sizes < MOST; d++)
            number[sizes++] = (sg_told_number){(double)shape->dim[d], NULL, 1, &in[i]};
    }
    return sg_setting_links(x->work, x, sg_place_of_user(x->work, blamed(e, error)), sizes, number, link);
}

/* Ops that hold inputs against each other say so in these words: which axes differ is told for all of them
 * here. */
static const char *differing_axes(sg_work *work, const sg_emission *e, const sg_error *error,
                                  const sg_graph *graph, const sg_op *op, const sg_value *in) {
    bool broadcast = strstr(error->message, "broadcast together") != NULL;
    bool joined = strstr(error->message, "does not join") != NULL;
    if (!broadcast && !joined && !strstr(error->message, "but target is")) return NULL;
    int which = error->which, against = joined || which < 1 ? 0 : which - 1;
    if (error->blame != SG_BLAME_INPUT || which < 1 || which >= e->in_count) return NULL;
    if (in[which] == SG_NO_VALUE || in[against] == SG_NO_VALUE) return NULL;
    const sg_shape *a = &sg_graph_value(graph, in[against])->shape,
                   *b = &sg_graph_value(graph, in[which])->shape;
    int at = sg_schema_attr_index(sg_op_schema(op), "axis"), skip = -1;
    if (joined && at >= 0 && e->attr)
        skip = (int)(e->attr[at].i < 0 ? e->attr[at].i + a->rank : e->attr[at].i);
    return sg_axes_differ(work, a, b, broadcast, skip);
}

const sg_tree *sg_emit_node(sg_frame *frame, const sg_emission *e) {
    sg_expander *x = frame->expander;
    sg_value *in = SG_TAKE(x->work, sg_value, e->in_count);
    for (int i = 0; i < e->in_count; i++) {
        in[i] = SG_NO_VALUE;
        if (!e->in[i]) continue;
        if (e->in[i]->kind == SG_TREE_BAD) return e->in[i];
        if (e->in[i]->kind == SG_TREE_TENSOR) in[i] = e->in[i]->value;
    }
    /* Optional inputs at the end that were not given are left off: the same node however it was written. */
    int in_count = e->in_count;
    while (in_count > 0 && in[in_count - 1] == SG_NO_VALUE) in_count--;
    const sg_op *op = sg_op_find(e->op);
    sg_tree *result = sg_tree_new_bad(x->work, e->at);
    if (x->stopped) return result;
    if (!op) {
        sg_complain(x->work, e->at, NULL, "this needs the op `%s`, which this program does not have", e->op);
        return result;
    }
    if (sg_graph_node_count(x->graph) >= SG_MAX_NODES) {
        sg_complain(x->work, e->at, NULL, "the graph has more than %d nodes", SG_MAX_NODES);
        x->stopped = true;
        return result;
    }
    sg_attr none[SG_MAX_ATTRS];
    memset(none, 0, sizeof none);
    sg_error error = {.status = SG_OK};
    sg_status status = sg_graph_add_node(x->graph, op, e->path, e->at.mark, in, in_count,
                                         e->attr ? e->attr : none, &result->value, &error);
    if (status == SG_OK) {
        for (int i = 0; e->attr_from && i < SG_MAX_ATTRS; i++) sg_setting_use(x, e->attr_from[i]);
        result->kind = SG_TREE_TENSOR;
        return result;
    }
    sg_link origin[SG_MAX_ORIGINS + SG_MAX_SETTINGS];
    bool of_input = error.blame == SG_BLAME_INPUT && error.which >= 0 && error.which < e->in_count &&
                    in[error.which] != SG_NO_VALUE;
    int origins = of_input ? sg_origins_of(frame, in, e->in_count, origin) : 0;
    origins += settings_of(x, e, &error, in, origin + origins);
    const char *axes = differing_axes(x->work, e, &error, x->graph, op, in);
    sg_complain_with(x->work, blamed(e, &error), status, error.message, axes, origin, origins);
    return result;
}

sg_type sg_number_type(double value, sg_type type, sg_type float_type) {
    if (type == SG_BF16) return float_type;
    if (sg_type_is_float(type)) return type;
    if (!sg_number_whole(value) || fabs(value) > INT32_MAX) return float_type;
    return type == SG_U8 && value >= 0 && value <= 255 ? SG_U8 : SG_I32;
}

const sg_tree *sg_emit_constant(sg_frame *frame, const char *path, double value, sg_type type, sg_span span) {
    const sg_op *op = sg_op_find("constant");
    const sg_schema *schema = op ? sg_op_schema(op) : NULL;
    int at_value = schema ? sg_schema_attr_index(schema, "value") : -1;
    int at_type = schema ? sg_schema_attr_index(schema, "type") : -1;
    sg_attr attr[SG_MAX_ATTRS];
    memset(attr, 0, sizeof attr);
    if (at_value >= 0) attr[at_value] = (sg_attr){.set = true, .present = true, .f = value};
    /* The graph's float type is what a constant has anyway: so expanded graphs can be bound in both. */
    if (at_type >= 0 && type != sg_graph_float_type(frame->expander->graph))
        attr[at_type] = (sg_attr){.set = true, .present = true, .i = type};
    return sg_emit_node(frame, &(sg_emission){.op = "constant", .path = path, .at = span, .attr = attr});
}
