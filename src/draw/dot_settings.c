/* What stands in a box behind its op: that it is minimised, and attributes: "stride 4", "ratio 0.6". */
#include "base/numeric.h"
#include "draw/dot_label.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 24 };

/* The only node inside a closed block that would have a box, or -1. What a view is told is seldom what its
 * block was. */
static int only_node(const sg_dot *dot, int scope) {
    if (dot->scope[scope].shown != 1) return -1;
    for (int i = dot->scope[scope].first; i < dot->node_count; i++)
        if (dot->part[i] == SG_DOT_FORWARD && dot->hidden[i] == SG_DOT_SHOWN &&
            sg_dot_inside(dot, dot->node_scope[i], scope))
            return sg_dot_is_view(sg_graph_node(dot->graph, i)) ? -1 : i;
    return -1;
}

/* Is the box one for several rounds, whose rates may differ? */
static bool is_folded(const sg_dot *dot, const sg_dot_box *box) {
    for (int s = box->scope >= 0 ? box->scope : box->parent; s >= 0; s = dot->scope[s].parent)
        if (dot->scope[s].run >= 0) return true;
    return false;
}

/* The number as it is read aloud; false where it is the default, or only guards against a division by 0. */
static bool put_number(sg_text *text, const sg_attr_spec *spec, double value) {
    bool set = spec->fallback && *spec->fallback;
    if (set && sg_strtod(spec->fallback, NULL) == value) return false;
    if (value != 0 && fabs(value) < 1e-3) return false;
    sg_text_printf(text, " %.6g", value);
    return true;
}

/* A short list; one number where all are the same. */
static bool put_list(sg_text *text, const sg_attr_spec *spec, const sg_attr *attr) {
    bool same = true;
    for (int i = 1; i < attr->n; i++) same = same && attr->ints[i] == attr->ints[0];
    if (!attr->n || attr->n > 3) return false;
    if (same && strcmp(spec->name, "axis") != 0) return put_number(text, spec, (double)attr->ints[0]);
    for (int i = 0; i < attr->n; i++) sg_text_printf(text, "%s%" PRId64, i ? ", " : " ", attr->ints[i]);
    return true;
}

static bool put_value(sg_text *text, const sg_attr_spec *spec, const sg_attr *attr, bool folded) {
    switch (spec->type) {
    case SG_ATTR_INT:
        return put_number(text, spec, (double)attr->i);
    case SG_ATTR_BOOL:
        return attr->i != 0;
    case SG_ATTR_FLOAT:
        return !folded && put_number(text, spec, attr->f);
    case SG_ATTR_RATE:
        return !folded && !attr->call && put_number(text, spec, attr->f);
    case SG_ATTR_INTS:
        return strcmp(spec->name, "shape") != 0 && put_list(text, spec, attr);
    case SG_ATTR_TEXT:
        if (!attr->text || (spec->fallback && strcmp(spec->fallback, attr->text) == 0)) return false;
        sg_text_append_char(text, ' ');
        sg_dot_put_html(text, attr->text);
        return true;
    default:
        return false;
    }
}

void sg_dot_put_settings(sg_text *text, const sg_dot *dot, const sg_dot_box *box) {
    if (box->minimised) sg_text_append(text, "minimised");
    int index = box->scope >= 0 ? only_node(dot, box->scope) : box->node;
    if (box->part != SG_DOT_FORWARD || index < 0) return;
    const sg_node *node = sg_graph_node(dot->graph, index);
    const sg_schema *schema = sg_op_schema(node->op);
    bool folded = is_folded(dot, box);
    size_t begin = text->length;
    for (int k = 0; k < sg_schema_attr_count(schema); k++) {
        const sg_attr_spec *spec = &schema->attrs[k];
        sg_text one = {0};
        sg_text_append(&one, spec->name);
        if (node->attr[k].present && put_value(&one, spec, &node->attr[k], folded) &&
            text->length - begin + one.length <= LONGEST)
            sg_text_printf(text, "%s%s", text->length ? ", " : "", sg_text_get(&one));
        if (one.failed) text->failed = true;
        sg_text_finish(&one);
    }
}
