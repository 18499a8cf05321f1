/* Rows of convolutions whose kernel tiles the input, and of attention. */
#include "ops/attention.h"
#include "ops/conv.h"
#include "ops/rows.h"

/* ---- conv2d: each output pixel is a linear function of its own tile of the input ---- */

enum { X, WEIGHT, BIAS };

static bool tiles_need(const sg_row_query *q, sg_need *need) {
    const sg_attr *attr = q->node->attr;
    const sg_shape *x = sg_row_shape(q, X), *w = sg_row_shape(q, WEIGHT);
    const sg_shape *y = &q->graph->values[q->node->out[0]].shape;
    if (attr[SG_CONV_GROUPS].i != 1 || q->out->axis[1].cells) return false;
    for (int k = WEIGHT; k < q->node->in_count; k++) need[k].kind = SG_NEED_ALL;
    need[X] = (sg_need){SG_NEED_ROWS, *q->out};
    need[X].rows.axis[1].inner = x->dim[1];
    for (int d = 0; d < 2; d++) {
        sg_row_axis *axis = &need[X].rows.axis[d + 2];
        int64_t stride = sg_conv_pair(&attr[SG_CONV_STRIDE], d);
        if (w->dim[d + 2] != stride || sg_conv_pair(&attr[SG_CONV_PAD], d) ||
            (stride > 1 && sg_conv_pair(&attr[SG_CONV_DILATION], d) != 1) ||
            x->dim[d + 2] != stride * y->dim[d + 2] || axis->lead)
            return false;
        axis->inner *= stride;
    }
    return true;
}

/* The tiles of the cells as lines, times the matrix that the kernel is. */
static sg_value tiles_emit(const sg_row_step *s) {
    sg_graph *g = s->graph;
    int64_t n = s->grid->samples, k = s->grid->chosen;
    const sg_shape w = g->values[s->in[WEIGHT]].shape;
    int64_t rows = s->out->axis[2].inner, columns = s->out->axis[3].inner,
            taps = w.dim[1] * w.dim[2] * w.dim[3];
    sg_shape lines = SG_SHAPE(n, k, rows * columns, taps), matrix = SG_SHAPE(w.dim[0], taps);
    sg_value x = s->in[X], bias = s->node->in_count > BIAS ? s->in[BIAS] : SG_NO_VALUE;
    if (rows * columns > 1) {
        sg_shape apart = SG_SHAPE(n, k, w.dim[1], rows, w.dim[2], columns, w.dim[3]);
        static const int64_t order[] = {0, 1, 3, 5, 2, 4, 6};
        x = sg_rows_view(g, x, &apart);
        x = sg_emit(g, "permute", SG_IN(x), sg_arg_ints("axes", 7, order));
    }
    x = sg_rows_view(g, x, &lines);
    sg_value y =
        sg_graph_add(g, "affine", s->path, SG_IN(x, sg_rows_view(g, s->in[WEIGHT], &matrix), bias), NULL);
    if (rows * columns > 1)
        y = sg_emit(g, "permute", SG_IN(y), sg_arg_ints("axes", 4, (int64_t[]){0, 1, 3, 2}));
    sg_shape to = sg_rows_compact(s->grid, s->out);
    return sg_rows_view(g, y, &to);
}

const sg_row_rule sg_rows_tiles = {tiles_need, tiles_emit};

/* ---- dot_attention: rows of the query, all keys and values ---- */

static bool one_row(const sg_row_query *q, int k) {
    if (k >= q->node->in_count || q->node->in[k] == SG_NO_VALUE) return true;
    const sg_shape *shape = sg_row_shape(q, k);
    return shape->rank < 2 || shape->dim[shape->rank - 2] == 1;
}

static bool query_need(const sg_row_query *q, sg_need *need) {
    int rank = q->out->rank;
    const sg_row_axis *tokens = &q->out->axis[rank - 2];
    if (rank < 3 || tokens->cells != sg_grid_coordinates(q->grid) || tokens->inner != 1) return false;
    /* A bias or mask of its own for each query would have to be gathered for every sample. */
    if (!one_row(q, SG_ATTENTION_BIAS) || !one_row(q, SG_ATTENTION_MASK)) return false;
    for (int k = SG_ATTENTION_KEY; k < q->node->in_count; k++)
        if (q->node->in[k] != SG_NO_VALUE) need[k].kind = SG_NEED_ALL;
    need[SG_ATTENTION_QUERY] = (sg_need){SG_NEED_ROWS, *q->out};
    need[SG_ATTENTION_QUERY].rows.axis[rank - 1].inner = sg_row_shape(q, SG_ATTENTION_QUERY)->dim[rank - 1];
    return true;
}

/* Between [b, chosen, ..., 1, d] and [b, ..., chosen, d]. */
static sg_value move_tokens(sg_graph *g, sg_value x, int rank, bool forth) {
    int64_t order[SG_MAX_RANK];
    if (x == SG_NO_VALUE) return x;
    const sg_shape from = g->values[x].shape;
    sg_shape shape = from;
    if (forth) { /* drop the axis of size 1 */
        shape.dim[rank - 1] = from.dim[rank];
        shape.rank = rank;
        x = sg_rows_view(g, x, &shape);
        for (int d = 0; d < rank; d++) order[d] = d == 0 || d == rank - 1 ? d : d == rank - 2 ? 1 : d + 1;
        return sg_emit(g, "permute", SG_IN(x), sg_arg_ints("axes", rank, order));
    }
    for (int d = 0; d < rank; d++) order[d] = d == 0 || d == rank - 1 ? d : d == 1 ? rank - 2 : d - 1;
    x = sg_emit(g, "permute", SG_IN(x), sg_arg_ints("axes", rank, order));
    if (x == SG_NO_VALUE) return x;
    shape = g->values[x].shape;
    shape.dim[rank] = shape.dim[rank - 1];
    shape.dim[rank - 1] = 1;
    shape.rank = rank + 1;
    return sg_rows_view(g, x, &shape);
}

static sg_value query_emit(const sg_row_step *s) {
    sg_value in[8];
    for (int k = 0; k < s->node->in_count; k++) in[k] = s->in[k];
    in[SG_ATTENTION_QUERY] = move_tokens(s->graph, in[SG_ATTENTION_QUERY], s->out->rank, true);
    return move_tokens(s->graph, sg_rows_add(s, in, NULL), s->out->rank, false);
}

const sg_row_rule sg_rows_query = {query_need, query_emit};
