/* Rows of ops that work along axes within a row: lines, and sums over axes. */
#include <string.h>

#include "ops/reduce.h"
#include "ops/rows.h"
#include "ops/view.h"

static int axis_attr(const sg_node *node) {
    return sg_schema_attr_index(sg_op_schema(node->op), "axis");
}

/* The axis along which the lines of input 0 run. */
static int line_axis(const sg_node *node, int rank) {
    int at = axis_attr(node);
    return at < 0 ? rank - 1 : sg_axis_of(node->attr[at].i, rank);
}

/* A row holds all of the axis. */
static bool within_row(const sg_rows *rows, int axis) {
    return axis > 0 && !rows->axis[axis].cells;
}

static bool lines_need(const sg_row_query *q, sg_need *need) {
    const sg_shape *in = sg_row_shape(q, 0);
    int axis = line_axis(q->node, in->rank);
    if (q->out->rank != in->rank || !within_row(q->out, axis)) return false;
    for (int k = 1; k < q->node->in_count; k++) need[k].kind = SG_NEED_ALL;
    need[0] = (sg_need){SG_NEED_ROWS, *q->out};
    need[0].rows.axis[axis].inner = in->dim[axis];
    return true;
}

/* The compact form has one axis more, behind the samples. */
static sg_value lines_emit(const sg_row_step *s) {
    sg_attr attr[SG_MAX_ATTRS];
    int at = axis_attr(s->node), count = sg_schema_attr_count(sg_op_schema(s->node->op));
    memcpy(attr, s->node->attr, sizeof *attr * (size_t)count);
    if (at >= 0) attr[at].i = line_axis(s->node, s->out->rank) + 1;
    return sg_rows_add(s, s->in, attr);
}

const sg_row_rule sg_rows_lines = {lines_need, lines_emit};

static bool reduce_need(const sg_row_query *q, sg_need *need) {
    const sg_shape *in = sg_row_shape(q, 0);
    unsigned bits;
    bool keep = q->node->attr[SG_REDUCE_KEEP].i;
    if (sg_reduced_axes(&q->node->attr[SG_REDUCE_AXIS], in->rank, &bits, NULL) != SG_OK || bits & 1)
        return false;
    need[0] = (sg_need){SG_NEED_ROWS, {.rank = in->rank}};
    for (int d = 0, out = 0; d < in->rank; d++) {
        bool reduced = bits & (1u << d);
        if (reduced && keep && q->out->axis[out].cells) return false;
        need[0].rows.axis[d] = reduced ? (sg_row_axis){.inner = in->dim[d]} : q->out->axis[out];
        out += !reduced || keep;
    }
    return in->rank < SG_MAX_RANK;
}

static sg_value reduce_emit(const sg_row_step *s) {
    sg_attr attr[SG_MAX_ATTRS];
    int64_t axes[SG_MAX_RANK];
    unsigned bits;
    int count = sg_schema_attr_count(sg_op_schema(s->node->op)), rank = s->need[0].rows.rank;
    memcpy(attr, s->node->attr, sizeof *attr * (size_t)count);
    sg_reduced_axes(&attr[SG_REDUCE_AXIS], rank, &bits, NULL);
    attr[SG_REDUCE_AXIS] = (sg_attr){.set = true, .present = true, .ints = axes};
    for (int d = 1; d < rank; d++)
        if (bits & (1u << d)) axes[attr[SG_REDUCE_AXIS].n++] = d + 1;
    return sg_rows_add(s, s->in, attr);
}

const sg_row_rule sg_rows_reduce = {reduce_need, reduce_emit};
