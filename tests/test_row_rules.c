/* The rules by which ops are computed for some rows alone, on every sample of every op that has one: the rows
 * of the whole result, wherever in its axes the cells lie. */
#include <math.h>

#include "graph/rewrite_parts.h"
#include "ops_case.h"
#include "rig.h"

/* A way for cells to lie in a value: the axes of both coordinates (column 0: none), and what a cell is in
 * them. */
typedef struct lie {
    int row, column;
    int64_t lead, inner;
} lie;

/* The cells along an axis, 0 where this does not go. */
static int64_t cells_along(const sg_shape *shape, int axis, const lie *l) {
    int64_t left = shape->dim[axis] - l->lead;
    return left > 0 && left % l->inner == 0 ? left / l->inner : 0;
}

/* False where the value has no such axes, or a single cell. */
static bool lay(const sg_shape *shape, const lie *l, sg_grid *grid, sg_rows *rows) {
    if (shape->rank < 2 || l->row >= shape->rank || l->column >= shape->rank) return false;
    *grid = (sg_grid){.samples = shape->dim[0], .rows = cells_along(shape, l->row, l), .columns = 1};
    if (l->column) grid->columns = cells_along(shape, l->column, l);
    int64_t cells = grid->rows * grid->columns;
    if (grid->samples < 1 || cells < 2) return false;
    grid->chosen = (cells + 1) / 2;
    rows->rank = shape->rank;
    for (int d = 0; d < shape->rank; d++) rows->axis[d] = (sg_row_axis){.inner = d ? shape->dim[d] : 1};
    unsigned all = sg_grid_coordinates(grid);
    rows->axis[l->row] = (sg_row_axis){all & SG_CELL_ROW, l->lead, l->inner};
    if (l->column) rows->axis[l->column] = (sg_row_axis){all & SG_CELL_COLUMN, l->lead, l->inner};
    return sg_rows_fit(grid, rows, shape);
}

static sg_value add_op(rig *r, const ops_case *c, sg_value *in) {
    sg_mark nowhere = {0};
    sg_value y;
    sg_error error = {0};
    for (int k = 0; k < c->sample->in_count; k++) {
        char path[16];
        snprintf(path, sizeof path, "in.%d", k);
        in[k] = c->in[k].data ? rig_input(r, path, c->in[k].type, c->in[k].shape) : SG_NO_VALUE;
    }
    assert_ok(sg_graph_add_node(r->graph, c->op, "y", nowhere, in, c->sample->in_count, c->attr, &y, &error));
    return y;
}

static void begin_rewrite(sg_rewrite *w, rig *r, const sg_grid *grid, sg_value index) {
    *w = (sg_rewrite){
        .graph = r->graph, .suffix = "hidden", .grid = *grid, .index = index, .nodes = r->graph->node_count};
    w->memory = sg_bump_create();
    w->value_room = r->graph->value_count;
    w->need = sg_bump_array(w->memory, (size_t)w->value_room, sizeof *w->need);
}

static void feed_all(rig *r, const ops_case *c, const sg_value *in, const sg_grid *grid, sg_value index) {
    for (int k = 0; k < c->sample->in_count; k++) {
        sg_tensor to = in[k] == SG_NO_VALUE ? (sg_tensor){0} : sg_program_feed(r->program, in[k]);
        for (int64_t e = 0; to.data && e < sg_tensor_elements(&to); e++)
            sg_tensor_set(&to, e, sg_tensor_get(&c->in[k], e));
    }
    sg_tensor to = sg_program_feed(r->program, index);
    /* Distinct places, in another order for every sample. */
    for (int64_t b = 0; b < grid->samples; b++)
        for (int64_t i = 0; i < grid->chosen; i++)
            sg_tensor_set(&to, b * grid->chosen + i, (double)((2 * i + b) % (grid->rows * grid->columns)));
}

/* Whether the rule went. */
static bool check(const ops_case *c, const lie *l) {
    rig r;
    sg_value in[SG_MAX_IN];
    sg_grid grid;
    sg_rows rows;
    rig_begin(&r, SG_F64, true, c->in[0].shape.rank && c->in[0].shape.dim[0] ? c->in[0].shape.dim[0] : 1);
    sg_value y = add_op(&r, c, in);
    bool went = false;
    if (lay(&r.graph->values[y].shape, l, &grid, &rows)) {
        sg_rewrite by_rule, by_gather;
        sg_value index = rig_input(&r, "index", SG_I32, SG_SHAPE(grid.samples, grid.chosen));
        begin_rewrite(&by_rule, &r, &grid, index);
        begin_rewrite(&by_gather, &r, &grid, index);
        by_rule.need[y] = (sg_need){SG_NEED_ROWS, rows};
        sg_value fetch[] = {sg_rewrite_compact(&by_rule, y, &rows), sg_rewrite_compact(&by_gather, y, &rows)};
        went = by_rule.done.nodes == 1;
        sg_error error = {0};
        assert_ok(sg_graph_status(r.graph, &error));
        rig_plan(&r, 2, fetch);
        feed_all(&r, c, in, &grid, index);
        rig_run(&r, (sg_draw){3, 1, grid.samples, NULL});
        const sg_shape wanted = sg_rows_compact(&grid, &rows);
        sg_tensor a = sg_program_fetch(r.program, fetch[0]), b = sg_program_fetch(r.program, fetch[1]);
        ck_assert_msg(sg_shape_equal(&a.shape, &wanted) && sg_shape_equal(&b.shape, &wanted), "%s %s",
                      c->op->schema.name, c->sample->name);
        for (int64_t e = 0; e < sg_tensor_elements(&a); e++) {
            double u = sg_tensor_get(&a, e), v = sg_tensor_get(&b, e);
            if (!(fabs(u - v) <= 1e-12 * fmax(1, fabs(v))) && !(isnan(u) && isnan(v)))
                ck_abort_msg("%s %s (%d %d %d %d): element %d is %g, not %g", c->op->schema.name,
                             c->sample->name, l->row, l->column, (int)l->lead, (int)l->inner, (int)e, u, v);
        }
        sg_bump_destroy(by_rule.memory);
        sg_bump_destroy(by_gather.memory);
    }
    rig_end(&r);
    return went;
}

static int check_samples(const sg_op *op, const sg_sample *sample) {
    int went = 0;
    for (; sample->name; sample++) {
        ops_case c;
        sg_error error = {0};
        if (sample->message) continue;
        ck_assert(ops_case_init(&c, op, sample));
        assert_ok(ops_case_draw(&c, &error));
        for (int row = 1; row < 5; row++)
            for (int column = 0; column < 5; column++)
                for (int inner = 1; inner <= 2; inner++)
                    for (int lead = 0; lead < (column ? 1 : 2); lead++)
                        if (row != column) went += check(&c, &(lie){row, column, lead, inner});
        ops_case_finish(&c);
    }
    return went;
}

/* The samples of reshape say nothing of samples: these do. */
static const sg_arg tokens[] = {SG_ARG_INTS("shape", 2, 12, 6), {0}};
static const sg_arg heads[] = {SG_ARG_INTS("shape", 2, 12, 2, 3), {0}};
static const sg_arg map[] = {SG_ARG_INTS("shape", 2, 6, 4, 3), {0}};
static const sg_arg torn[] = {SG_ARG_INTS("shape", 2, 8, 9), {0}};
#define VALUE(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample reshapes[] = {
    {.name = "grid_to_tokens", SG_INPUTS(VALUE(2, 4, 3, 6)), .args = tokens},
    {.name = "heads", SG_INPUTS(VALUE(2, 12, 6)), .args = heads},
    {.name = "heads_joined", SG_INPUTS(VALUE(2, 12, 2, 3)), .args = tokens},
    {.name = "map", SG_INPUTS(VALUE(2, 6, 12)), .args = map},
    {.name = "ones", SG_INPUTS(VALUE(2, 1, 12, 1, 6)), .args = tokens},
    {.name = "torn", SG_INPUTS(VALUE(2, 12, 6)), .args = torn},
    {.name = NULL},
};

START_TEST(rows_of_reshapes) {
    const sg_op *op = sg_op_find("reshape");
    for (int i = 0; reshapes[i].name; i++) {
        const sg_sample one[] = {reshapes[i], {.name = NULL}};
        int went = check_samples(op, one);
        ck_assert_msg(strcmp(one->name, "torn") == 0 || went > 0, "%s", one->name);
    }
}
END_TEST

START_TEST(rows_of_every_op) {
    int ops = 0;
    for (size_t i = 0; i < sg_registry_count(SG_KIND_OP); i++) {
        const sg_op *op = (const sg_op *)sg_registry_at(SG_KIND_OP, i);
        if (!op->rows) continue;
        int went = check_samples(op, op->samples);
        ops++;
        if (strcmp(op->schema.name, "reshape") == 0) continue;
        ck_assert_msg(went > 0, "no sample of %s has rows", op->schema.name);
    }
    ck_assert_int_gt(ops, 40);
}
END_TEST

/* ---- masks ---- */

static int64_t hidden_by(const char *name, const sg_arg *args, sg_hidden *hidden) {
    rig r;
    rig_begin(&r, SG_F64, true, 7);
    sg_value mask = sg_graph_add(r.graph, name, "mask", NULL, 0, args);
    ck_assert_int_ne(mask, SG_NO_VALUE);
    const sg_node *node = r.graph->nodes[r.graph->values[mask].node];
    sg_signature_space space;
    int64_t count = -1;
    if (node->op->hidden && node->op->hidden(sg_node_signature(r.graph, node, &space), hidden)) {
        rig_plan(&r, 1, &mask);
        count = hidden->count * hidden->down * hidden->across;
        for (uint32_t epoch = 0; epoch < 5; epoch++) {
            rig_run(&r, (sg_draw){9, epoch, 7, NULL});
            int64_t all = sg_shape_elements(&r.graph->values[mask].shape) / 7;
            for (int64_t b = 0; b < 7; b++) {
                double sum = 0;
                for (int64_t e = 0; e < all; e++) sum += rig_get(&r, mask, b * all + e);
                ck_assert_msg(sum == (double)count, "%s hides %g, not %d", name, sum, (int)count);
            }
        }
    }
    rig_end(&r);
    return count;
}

static const sg_arg every[] = {SG_ARG_INTS("shape", 7, 8, 12), SG_ARG_FLOAT("ratio", 0.6), {0}};
static const sg_arg cells[] = {
    SG_ARG_INTS("shape", 7, 8, 12), SG_ARG_FLOAT("ratio", 0.6), SG_ARG_INT("cell", 2), {0}};
static const sg_arg flat[] = {SG_ARG_INTS("shape", 7, 30), SG_ARG_FLOAT("ratio", 0.75), {0}};
static const sg_arg loose[] = {
    SG_ARG_INTS("shape", 7, 8, 12), SG_ARG_FLOAT("ratio", 0.6), SG_ARG_BOOL("exact", false), {0}};

/* What masks say they hide is what every sample of every epoch hides. */
START_TEST(masks_hide_what_they_say) {
    sg_hidden h;
    ck_assert_int_eq(hidden_by("random_mask", every, &h), 58);
    ck_assert_int_eq(hidden_by("random_mask", cells, &h), 60);
    ck_assert(h.down == 2 && h.across == 2 && h.count == 15);
    ck_assert_int_eq(hidden_by("random_mask", flat, &h), 23);
    ck_assert_int_eq(hidden_by("block_mask", cells, &h), 60);
    ck_assert_int_eq(hidden_by("inverse_block_mask", cells, &h), 60);
    ck_assert_int_eq(hidden_by("drop_mask", flat, &h), 23);
    ck_assert_int_eq(hidden_by("block_mask", loose, &h), -1);
    ck_assert_int_eq(hidden_by("box_mask", every, &h), -1);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {rows_of_every_op, rows_of_reshapes, masks_hide_what_they_say, NULL};
    return unit_run(unit_suite("row rules", tests));
}
