/* Rows of ops that move elements. */
#include <string.h>

#include "ops/rows.h"
#include "ops/shuffle.h"
#include "ops/view.h"

/* ---- reshape: the entries of a cell keep their order ---- */

static bool reshape_need(const sg_row_query *q, sg_need *need) {
    need[0].kind = SG_NEED_ROWS;
    return sg_rows_reshape(q->grid, q->out, sg_row_shape(q, 0), &need[0].rows);
}

static sg_value reshape_emit(const sg_row_step *s) {
    sg_shape shape = sg_rows_compact(s->grid, s->out);
    return sg_rows_view(s->graph, s->in[0], &shape);
}

const sg_row_rule sg_rows_reshape_rule = {reshape_need, reshape_emit};

/* ---- permute ---- */

static bool permute_need(const sg_row_query *q, sg_need *need) {
    const sg_attr *axes = &q->node->attr[0];
    if (sg_axis_of(axes->ints[0], axes->n) != 0) return false;
    need[0] = (sg_need){SG_NEED_ROWS, {.rank = axes->n}};
    for (int d = 0; d < axes->n; d++) need[0].rows.axis[sg_axis_of(axes->ints[d], axes->n)] = q->out->axis[d];
    return true;
}

static sg_value permute_emit(const sg_row_step *s) {
    const sg_attr *axes = &s->node->attr[0];
    const sg_shape from = sg_rows_compact(s->grid, &s->need[0].rows), to = sg_rows_compact(s->grid, s->out);
    int64_t moved[SG_MAX_RANK] = {0, 1};
    bool order = true; /* do axes of more than one entry stay in order? */
    for (int d = 1, last = 0; d < axes->n; d++) {
        moved[d + 1] = sg_axis_of(axes->ints[d], axes->n) + 1;
        if (from.dim[moved[d + 1]] == 1) continue;
        order = order && moved[d + 1] > last;
        last = (int)moved[d + 1];
    }
    if (order) return sg_rows_view(s->graph, s->in[0], &to);
    sg_attr attr = {.set = true, .present = true, .n = axes->n + 1, .ints = moved};
    return sg_rows_add(s, s->in, &attr);
}

const sg_row_rule sg_rows_permute = {permute_need, permute_emit};

/* ---- slice: along cells it moves where they begin, elsewhere it is a slice of each row ---- */

enum { STARTS, STOPS, STEPS };

/* Where the slice begins on an axis, if it goes forward one by one. */
static bool slice_start(const sg_node *node, int axis, int64_t size, int64_t *start) {
    const sg_attr *attr = node->attr;
    *start = axis < attr[STARTS].n ? attr[STARTS].ints[axis] : 0;
    if (*start < 0) *start += size;
    return *start >= 0 && (axis >= attr[STEPS].n || attr[STEPS].ints[axis] == 1);
}

static bool slice_need(const sg_row_query *q, sg_need *need) {
    const sg_shape *in = sg_row_shape(q, 0);
    need[0] = (sg_need){SG_NEED_ROWS, *q->out};
    for (int d = 0; d < in->rank; d++) {
        int64_t start;
        sg_row_axis *axis = &need[0].rows.axis[d];
        if (!slice_start(q->node, d, in->dim[d], &start) || (d == 0 && start)) return false;
        if (axis->cells)
            axis->lead += start;
        else if (d > 0)
            axis->inner = in->dim[d];
    }
    return in->dim[0] == q->grid->samples;
}

static sg_value slice_emit(const sg_row_step *s) {
    const sg_rows *from = &s->need[0].rows;
    int64_t starts[SG_MAX_RANK] = {0}, stops[SG_MAX_RANK] = {s->grid->samples, s->grid->chosen};
    bool cut = false;
    for (int d = 1; d < from->rank; d++) {
        int64_t start = 0;
        if (!from->axis[d].cells) slice_start(s->node, d, from->axis[d].inner, &start);
        starts[d + 1] = start;
        stops[d + 1] = start + s->out->axis[d].inner;
        cut = cut || s->out->axis[d].inner != from->axis[d].inner;
    }
    if (!cut) return s->in[0];
    sg_attr attr[3] = {
        [STARTS] = {.set = true, .present = true, .n = from->rank + 1, .ints = starts},
        [STOPS] = {.set = true, .present = true, .n = from->rank + 1, .ints = stops},
        [STEPS] = {0},
    };
    return sg_rows_add(s, s->in, attr);
}

const sg_row_rule sg_rows_slice = {slice_need, slice_emit};

/* ---- concat: along cells one of the inputs has them all, elsewhere rows are joined ---- */

static bool concat_need(const sg_row_query *q, sg_need *need) {
    int axis = sg_axis_of(q->node->attr[0].i, q->out->rank);
    const sg_row_axis *cut = &q->out->axis[axis];
    int64_t begin = 0, first = cut->lead, last = first + sg_grid_places(q->grid, cut->cells) * cut->inner;
    if (axis == 0) return false;
    for (int k = 0; k < q->node->in_count; k++) {
        int64_t size = sg_row_shape(q, k)->dim[axis];
        if (!cut->cells) {
            need[k] = (sg_need){SG_NEED_ROWS, *q->out};
            need[k].rows.axis[axis].inner = size;
        } else if (begin <= first && last <= begin + size) {
            need[k] = (sg_need){SG_NEED_ROWS, *q->out};
            need[k].rows.axis[axis].lead -= begin;
        } else if (begin < last && first < begin + size)
            return false;
        begin += size;
    }
    return true;
}

static sg_value concat_emit(const sg_row_step *s) {
    int axis = sg_axis_of(s->node->attr[0].i, s->out->rank);
    for (int k = 0; s->out->axis[axis].cells && k < s->node->in_count; k++)
        if (s->need[k].kind == SG_NEED_ROWS) return s->in[k];
    sg_attr attr = s->node->attr[0];
    attr.i = axis + 1;
    return sg_rows_add(s, s->in, &attr);
}

const sg_row_rule sg_rows_concat = {concat_need, concat_emit};

/* ---- pixel_shuffle: the channels of a cell become its pixels ---- */

static bool shuffle_need(const sg_row_query *q, sg_need *need) {
    int64_t by = q->node->attr[SG_SHUFFLE_BY].i;
    need[0] = (sg_need){SG_NEED_ROWS, *q->out};
    need[0].rows.axis[1].inner *= by * by;
    for (int d = 2; d < 4; d++) {
        sg_row_axis *axis = &need[0].rows.axis[d];
        if (axis->lead || axis->inner % by) return false;
        axis->inner /= by;
    }
    return !q->out->axis[1].cells;
}

static sg_value shuffle_emit(const sg_row_step *s) {
    int64_t by = s->node->attr[SG_SHUFFLE_BY].i, n = s->grid->samples, k = s->grid->chosen;
    const sg_rows *in = &s->need[0].rows;
    int64_t rows = in->axis[2].inner, columns = in->axis[3].inner;
    sg_shape to = sg_rows_compact(s->grid, s->out);
    if (rows == 1 && columns == 1) return sg_rows_view(s->graph, s->in[0], &to);
    sg_shape apart = SG_SHAPE(n, k, s->out->axis[1].inner, by, by, rows, columns);
    static const int64_t order[] = {0, 1, 2, 5, 3, 6, 4};
    sg_value x = sg_rows_view(s->graph, s->in[0], &apart);
    x = sg_emit(s->graph, "permute", SG_IN(x), sg_arg_ints("axes", 7, order));
    return sg_rows_view(s->graph, x, &to);
}

const sg_row_rule sg_rows_pixel_shuffle = {shuffle_need, shuffle_emit};
