#include "graph/rows.h"

#include <string.h>

unsigned sg_grid_coordinates(const sg_grid *grid) {
    return (grid->rows > 1 ? SG_CELL_ROW : 0u) | (grid->columns > 1 ? SG_CELL_COLUMN : 0u);
}

int64_t sg_grid_places(const sg_grid *grid, unsigned cells) {
    return (cells & SG_CELL_ROW ? grid->rows : 1) * (cells & SG_CELL_COLUMN ? grid->columns : 1);
}

unsigned sg_rows_coordinates(const sg_rows *rows) {
    unsigned all = 0;
    for (int d = 0; d < rows->rank; d++) all |= rows->axis[d].cells;
    return all;
}

bool sg_rows_equal(const sg_rows *a, const sg_rows *b) {
    if (a->rank != b->rank) return false;
    for (int d = 0; d < a->rank; d++) {
        const sg_row_axis *x = &a->axis[d], *y = &b->axis[d];
        if (x->cells != y->cells || x->lead != y->lead || x->inner != y->inner) return false;
    }
    return true;
}

/* Axes of a value that is taken apart into coordinates and entries of cells. */
static int parts_of(const sg_grid *grid, const sg_rows *rows) {
    int parts = (int)__builtin_popcount(sg_grid_coordinates(grid));
    for (int d = 0; d < rows->rank; d++) parts += rows->axis[d].inner > 1;
    return parts;
}

bool sg_rows_fit_table(const sg_grid *grid, const sg_rows *rows) {
    return rows->rank + 2 <= SG_MAX_RANK && parts_of(grid, rows) <= SG_MAX_RANK;
}

bool sg_rows_fit(const sg_grid *grid, const sg_rows *rows, const sg_shape *shape) {
    unsigned seen = 0;
    if (rows->rank != shape->rank || rows->rank < 2 || rows->rank >= SG_MAX_RANK) return false;
    if (shape->dim[0] != grid->samples || rows->axis[0].cells) return false;
    if (1 + parts_of(grid, rows) > SG_MAX_RANK) return false;
    for (int d = 1; d < rows->rank; d++) {
        const sg_row_axis *axis = &rows->axis[d];
        int64_t used = sg_grid_places(grid, axis->cells) * axis->inner;
        if (axis->cells & seen || axis->inner < 1 || axis->lead < 0) return false;
        if (axis->cells ? axis->lead + used > shape->dim[d] : axis->lead || used != shape->dim[d])
            return false;
        seen |= axis->cells;
    }
    return seen == sg_grid_coordinates(grid);
}

/* ---- reshaping ---- */

/* Axes taken apart: a coordinate, or entries within a cell. */
typedef struct factor {
    unsigned cell; /* 0: entries */
    int64_t size;
} factor;

typedef struct factors {
    factor list[3 * SG_MAX_RANK];
    int count, next;
} factors;

static void add_factor(factors *f, unsigned cell, int64_t size) {
    if (size > 1) f->list[f->count++] = (factor){cell, size};
}

/* The factors of all axes but the samples', in row-major order. */
static bool factorise(const sg_grid *grid, const sg_rows *rows, factors *f) {
    f->count = f->next = 0;
    for (int d = 1; d < rows->rank; d++) {
        const sg_row_axis *axis = &rows->axis[d];
        if (axis->lead) return false;
        for (unsigned cell = SG_CELL_ROW; cell <= SG_CELL_COLUMN; cell *= 2)
            if (axis->cells & cell) add_factor(f, cell, sg_grid_places(grid, cell));
        add_factor(f, 0, axis->inner);
    }
    return true;
}

/* Makes an axis of `size` of the next factors: coordinates in order, then entries. */
static bool take_axis(factors *f, int64_t size, sg_row_axis *axis) {
    *axis = (sg_row_axis){.inner = 1};
    for (int64_t left = size; left > 1;) {
        if (f->next == f->count) return false;
        factor *next = &f->list[f->next];
        if (next->cell) {
            if (axis->inner > 1 || axis->cells > next->cell || left % next->size) return false;
            axis->cells |= next->cell;
            left /= next->size;
            f->next++;
            continue;
        }
        int64_t part = left % next->size == 0 ? next->size : next->size % left == 0 ? left : 0;
        if (!part) return false;
        axis->inner *= part;
        left /= part;
        next->size /= part;
        if (next->size == 1) f->next++;
    }
    return true;
}

bool sg_rows_reshape(const sg_grid *grid, const sg_rows *from, const sg_shape *shape, sg_rows *to) {
    factors f;
    if (shape->rank < 2 || shape->rank >= SG_MAX_RANK || shape->dim[0] != grid->samples) return false;
    if (!factorise(grid, from, &f)) return false;
    to->rank = shape->rank;
    to->axis[0] = (sg_row_axis){.inner = 1};
    for (int d = 1; d < shape->rank; d++)
        if (!take_axis(&f, shape->dim[d], &to->axis[d])) return false;
    return f.next == f.count;
}

sg_shape sg_rows_compact(const sg_grid *grid, const sg_rows *rows) {
    sg_shape shape = SG_SHAPE(grid->samples, grid->chosen);
    for (int d = 1; d < rows->rank; d++) shape.dim[shape.rank++] = rows->axis[d].inner;
    return shape;
}

/* ---- for rules ---- */

const sg_shape *sg_row_shape(const sg_row_query *q, int input) {
    return &q->graph->values[q->node->in[input]].shape;
}

sg_value sg_rows_add(const sg_row_step *s, const sg_value *in, const sg_attr *attr) {
    sg_graph *graph = s->graph;
    const sg_node *node = s->node;
    sg_value first = SG_NO_VALUE;
    if (graph->error.status != SG_OK) return SG_NO_VALUE;
    sg_status status = sg_graph_add_node(graph, node->op, s->path, node->mark, in, node->in_count,
                                         attr ? attr : node->attr, &first, &graph->error);
    if (status != SG_OK) return SG_NO_VALUE;
    graph->nodes[graph->values[first].node]->purpose = node->purpose;
    return first;
}

sg_value sg_rows_view(sg_graph *graph, sg_value value, const sg_shape *shape) {
    if (value == SG_NO_VALUE || sg_shape_equal(&graph->values[value].shape, shape)) return value;
    return sg_emit(graph, "reshape", SG_IN(value), sg_arg_shape("shape", shape));
}
