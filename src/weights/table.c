#include "weights/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "weights/interpolate.h"

/* ---- planning ---- */

/* Sizes of a table: [.., rows, columns] with nothing but ones in front. */
static bool table_of(const sg_shape *shape, int64_t size[2]) {
    if (shape->rank < 2) return false;
    for (int i = 0; i < shape->rank - 2; i++)
        if (shape->dim[i] != 1) return false;
    size[0] = shape->dim[shape->rank - 2];
    size[1] = shape->dim[shape->rank - 1];
    return true;
}

/* Side of a square of n cells, or 0. */
static int64_t side_of(int64_t n) {
    int64_t side = n > 0 ? (int64_t)floor(sqrt((double)n) + 0.5) : 0;
    return side * side == n ? side : 0;
}

/* A grid of n rows with or without those before and behind it; false where they make no square. */
static bool square(const sg_name_rule *rule, int64_t n, int64_t *side, bool *extra) {
    int64_t more = rule->first + rule->last;
    *side = side_of(n - more);
    *extra = more > 0;
    if (*side) return true;
    *side = side_of(n);
    *extra = false;
    return more > 0 && *side;
}

/* The grid of a table, and whether it has rows beside those of the grid. `grid` may be NULL: it is square. */
static bool grid_of(const sg_name_rule *rule, const sg_shape *shape, const int64_t grid[2], int64_t size[2],
                    bool *extra) {
    int64_t table[2], side;
    if (!table_of(shape, table)) return false;
    if (!grid) {
        if (!square(rule, table[0], &side, extra)) return false;
        size[0] = size[1] = side;
        return true;
    }
    for (int i = 0; i < 2; i++) size[i] = rule->resize == SG_RESIZE_OFFSETS ? 2 * grid[i] - 1 : grid[i];
    int64_t rest = table[0] - size[0] * size[1];
    *extra = rest > 0;
    return rest == 0 || rest == rule->first + rule->last;
}

bool sg_table_complete(const sg_name_rule *rule, const sg_shape *shape, const int64_t grid[2]) {
    int64_t size[2];
    bool extra;
    return rule->first + rule->last == 0 || (grid_of(rule, shape, grid, size, &extra) && extra);
}

bool sg_table_plan_init(sg_table_plan *out, const sg_name_rule *rule, const char *by, const sg_shape *from,
                        const sg_shape *to, const int64_t grid[2], const char **why) {
    int64_t old[2], new[2];
    bool extra_from, extra_to;
    *why = "theirs belongs to no square grid: it cannot be resized";
    if (!grid_of(rule, from, NULL, old, &extra_from)) return false;
    *why = "ours belongs to no square grid: it cannot be resized";
    if (!grid_of(rule, to, grid, new, &extra_to)) return false;
    *why = "the columns differ: only rows can be resized";
    if (from->dim[from->rank - 1] != to->dim[to->rank - 1]) return false;
    *why = "ours has rows beside those of the grid, theirs has not";
    if (extra_to && !extra_from) return false;
    *out = (sg_table_plan){.rule = rule,
                           .by = by,
                           .interpolates = old[0] != new[0] || old[1] != new[1],
                           .rows_from = old[0],
                           .columns_from = old[1],
                           .rows_to = new[0],
                           .columns_to = new[1],
                           .from_first = extra_from ? rule->first : 0,
                           .keeps = extra_to};
    *why = "the geometric scheme needs tables of 5 x 5 offsets or more, and an odd number of them a side";
    bool odd = old[0] % 2 == 1 && new[0] % 2 == 1 && new[1] % 2 == 1;
    if (out->interpolates && strcmp(by, "geometric") == 0 && (old[0] < 5 || !odd)) return false;
    *why = NULL;
    return true;
}

/* ---- carrying it out ---- */

static sg_status make_matrix(double **matrix, const char *by, int64_t to, int64_t from, sg_error *error) {
    *matrix = sg_array_alloc((size_t)to * (size_t)from + 1, sizeof **matrix);
    if (!*matrix) return sg_no_memory(error);
    if (to == from) { /* nothing to do along this axis, whatever the scheme would make of it */
        memset(*matrix, 0, (size_t)(to * from) * sizeof **matrix);
        for (int64_t i = 0; i < to; i++) (*matrix)[i * from + i] = 1;
        return SG_OK;
    }
    if (strcmp(by, "geometric") == 0) return sg_interpolate_geometric(*matrix, to, from, error);
    sg_interpolate_bicubic(*matrix, to, from);
    return SG_OK;
}

typedef struct space {
    double *down, *across; /* matrices along rows and along columns of the grid */
    double *old, *half;    /* one column of the table: as it was, and with its columns interpolated */
} space;

/* One column of the table, which is one number a cell of the grid. */
static void resize_column(const sg_table_plan *r, const space *s, const sg_tensor *to, const sg_tensor *from,
                          int64_t column, int64_t columns) {
    int64_t h = r->rows_from, w = r->columns_from, first = r->keeps ? r->rule->first : 0;
    for (int64_t i = 0; i < h * w; i++)
        s->old[i] = sg_tensor_get(from, (r->from_first + i) * columns + column);
    for (int64_t i = 0; i < h; i++)
        for (int64_t j = 0; j < r->columns_to; j++) {
            double sum = 0;
            for (int64_t k = 0; k < w; k++) sum += s->across[j * w + k] * s->old[i * w + k];
            s->half[i * r->columns_to + j] = sum;
        }
    for (int64_t i = 0; i < r->rows_to; i++)
        for (int64_t j = 0; j < r->columns_to; j++) {
            double sum = 0;
            for (int64_t k = 0; k < h; k++) sum += s->down[i * h + k] * s->half[k * r->columns_to + j];
            sg_tensor_set(to, (first + i * r->columns_to + j) * columns + column, sum);
        }
}

/* The rows beside the grid, as they are. */
static void keep_rows(const sg_table_plan *r, const sg_tensor *to, const sg_tensor *from, int64_t columns) {
    int64_t first = r->rule->first, last = r->rule->last;
    int64_t behind_from = first + r->rows_from * r->columns_from,
            behind_to = first + r->rows_to * r->columns_to;
    for (int64_t i = 0; i < first * columns; i++) sg_tensor_set(to, i, sg_tensor_get(from, i));
    for (int64_t i = 0; i < last * columns; i++)
        sg_tensor_set(to, behind_to * columns + i, sg_tensor_get(from, behind_from * columns + i));
}

sg_status sg_table_resize(const sg_table_plan *r, const sg_tensor *to, const sg_tensor *from,
                          sg_error *error) {
    space s = {0};
    int64_t columns = to->shape.dim[to->shape.rank - 1];
    sg_status status = make_matrix(&s.down, r->by, r->rows_to, r->rows_from, error);
    if (status == SG_OK) status = make_matrix(&s.across, r->by, r->columns_to, r->columns_from, error);
    s.old = sg_array_alloc((size_t)(r->rows_from * r->columns_from) + 1, sizeof *s.old);
    s.half = sg_array_alloc((size_t)r->rows_from * (size_t)r->columns_to + 1, sizeof *s.half);
    if (status == SG_OK && (!s.old || !s.half)) status = sg_no_memory(error);
    for (int64_t c = 0; status == SG_OK && c < columns; c++) resize_column(r, &s, to, from, c, columns);
    if (status == SG_OK && r->keeps) keep_rows(r, to, from, columns);
    free(s.down);
    free(s.across);
    free(s.old);
    free(s.half);
    return status;
}
