/* Rows of ops that work element by element, with broadcasting. */
#include "ops/rows.h"

/* Whether an input of this shape has an entry for each sample, as the output has. */
static bool has_samples(const sg_grid *grid, const sg_shape *shape, int rank) {
    return shape->rank == rank && shape->dim[0] == grid->samples;
}

/* The rows of an input that broadcasts to the output. Axes that it has with size 1 have no cells. */
static bool need_input(const sg_grid *grid, const sg_rows *out, const sg_shape *out_shape,
                       const sg_shape *shape, sg_need *need) {
    bool samples = has_samples(grid, shape, out->rank);
    int skipped = out->rank - shape->rank;
    need->rows.rank = shape->rank;
    for (int d = 0; d < shape->rank; d++) {
        bool same = shape->dim[d] == out_shape->dim[d + skipped];
        need->rows.axis[d] = same ? out->axis[d + skipped] : (sg_row_axis){.inner = 1};
    }
    unsigned cells = sg_rows_coordinates(&need->rows);
    /* Something else for each row of cells, say: such an input would have to be spread first. */
    if (cells && cells != sg_grid_coordinates(grid)) return false;
    need->kind = !cells ? SG_NEED_ALL : samples ? SG_NEED_ROWS : SG_NEED_TABLE;
    return true;
}

static bool each_need(const sg_row_query *q, sg_need *need) {
    const sg_shape *out = &q->graph->values[q->node->out[0]].shape;
    for (int k = 0; k < q->node->in_count; k++)
        if (q->node->in[k] != SG_NO_VALUE && !need_input(q->grid, q->out, out, sg_row_shape(q, k), &need[k]))
            return false;
    return true;
}

/* Brings an input to the axes of the compact output, which are aligned at the last one. */
static sg_value align(const sg_row_step *s, int k) {
    sg_value value = s->in[k];
    if (value == SG_NO_VALUE) return value;
    const sg_shape from = s->graph->values[value].shape;
    bool compact = s->need[k].kind == SG_NEED_ROWS || s->need[k].kind == SG_NEED_TABLE;
    bool samples = !compact && has_samples(s->grid, &from, s->out->rank);
    if (!compact && !samples) return value;
    /* Axes behind the samples, and the chosen rows where there are any. */
    int first = compact ? 2 : 1, inner = s->out->rank - 1, have = from.rank - first;
    sg_shape to = SG_SHAPE(s->grid->samples, compact ? s->grid->chosen : 1);
    for (int d = 0; d < inner; d++) {
        int at = have - inner + d;
        to.dim[to.rank++] = at < 0 ? 1 : from.dim[first + at];
    }
    return sg_rows_view(s->graph, value, &to);
}

static sg_value each_emit(const sg_row_step *s) {
    sg_value in[SG_MAX_VARIADIC];
    for (int k = 0; k < s->node->in_count; k++) in[k] = align(s, k);
    return sg_rows_add(s, in, NULL);
}

const sg_row_rule sg_rows_each = {each_need, each_emit};

static sg_value broadcast_emit(const sg_row_step *s) {
    sg_value x = align(s, 0);
    sg_shape shape = sg_rows_compact(s->grid, s->out);
    if (x == SG_NO_VALUE || sg_shape_equal(&s->graph->values[x].shape, &shape)) return x;
    sg_attr attr = s->node->attr[0];
    attr.n = shape.rank;
    attr.ints = shape.dim;
    return sg_rows_add(s, &x, &attr);
}

const sg_row_rule sg_rows_broadcast = {each_need, broadcast_emit};
