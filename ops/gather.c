/* gather: entries of a table by index. */
#include <string.h>

#include "ops/index.h"

enum { TABLE, INDEX };

static sg_status infer(sg_infer *c) {
    sg_status status = sg_index_check(c, INDEX, "index");
    if (status != SG_OK) return status;
    c->out[0].type = c->in[TABLE].type;
    return sg_gather_shape(c, &c->in[TABLE].shape, TABLE, &c->in[INDEX].shape, INDEX, &c->out[0].shape);
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *table = &s->in[TABLE].shape, *index = &s->in[INDEX].shape;
    sg_gather g = sg_gather_of(s->attr, table, index);
    const sg_shape *cut = g.axis == 0 ? index : table;
    if (cut->rank < 1 || cut->dim[0] < 1) return;
    d->items = cut->dim[0];
    d->out[0] = SG_OWN;
    if (g.axis != 0) d->in[TABLE] = SG_OWN;
    if (g.axis == 0 || !g.shared) d->in[INDEX] = SG_OWN;
}

static void run(const sg_task *task) {
    const sg_tensor *table = &task->in[TABLE], *index = &task->in[INDEX];
    sg_gather g = sg_gather_of(task->attr, &table->shape, &index->shape);
    size_t size = sg_type_size(table->type), bytes = (size_t)g.inner * size;
    char *to = task->out[0].data;
    const char *from = table->data;
    if (!sg_tensor_elements(&task->out[0])) return;
    for (int64_t b = 0; b < g.blocks; b++, from += (size_t)g.n * bytes)
        for (int64_t i = 0; i < g.picks; i++, to += bytes) {
            int64_t picked = sg_gather_pick(task, &g, index, b, i);
            if (picked < 0) return;
            if (bytes == 4)
                memcpy(to, from + (size_t)picked * 4, 4);
            else if (bytes)
                memcpy(to, from + (size_t)picked * bytes, bytes);
        }
}

static sg_status gradient(sg_backward *b) {
    const sg_attr *attr = b->node->attr;
    b->dx[TABLE] =
        sg_emit(b->graph, "gather_grad", SG_IN(b->dy[0], b->in[INDEX]),
                sg_arg_int("axis", attr[SG_GATHER_AXIS].i), sg_arg_bool("rows", attr[SG_GATHER_ROWS].i),
                sg_arg_shape("shape", &sg_graph_value(b->graph, b->in[TABLE])->shape));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg last[] = {SG_ARG_INT("axis", -1), {0}};
static const sg_arg middle[] = {SG_ARG_INT("axis", 1), {0}};
static const sg_arg rows[] = {SG_ARG_INT("axis", 1), SG_ARG_BOOL("rows", true), {0}};
static const sg_arg first_rows[] = {SG_ARG_INT("axis", 0), SG_ARG_BOOL("rows", true), {0}};
static const sg_arg far[] = {SG_ARG_INT("axis", 2), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define PLACE(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 3 }
static const sg_sample samples[] = {
    {.name = "table", SG_INPUTS(REAL(5, 3), PLACE(9))},
    {.name = "grid", SG_INPUTS(REAL(4), PLACE(3, 4))},
    {.name = "last", SG_INPUTS(REAL(3, 2, 5), PLACE(2, 3)), .args = last},
    {.name = "middle", SG_INPUTS(REAL(2, 4, 3), PLACE(6)), .args = middle},
    {.name = "rows", SG_INPUTS(REAL(2, 6, 3), PLACE(2, 4)), .args = rows},
    {.name = "flat_rows", SG_INPUTS(REAL(3, 4), PLACE(3, 2, 2)), .args = rows},
    {.name = "scalar", SG_INPUTS(REAL(4, 3), {.type = SG_I32, .shape = SG_SCALAR})},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(5, 2), .low = -9, .high = 9}, PLACE(4)),
     .no_gradient = "whole numbers have no gradient"},
    {.name = "bytes", SG_INPUTS(REAL(4, 3), {.type = SG_U8, .shape = SG_DIMS(5), .low = 0, .high = 3})},
    {.name = "no_index", SG_INPUTS(REAL(4, 3), PLACE(0))},
    {.name = "no_samples", SG_INPUTS(REAL(0, 4, 3), PLACE(0, 2)), .args = rows},
    {.name = "axis",
     SG_INPUTS(REAL(4, 3), PLACE(2)),
     .args = far,
     .message = "axis 2 is out of range for table [4, 3]"},
    {.name = "floats",
     SG_INPUTS(REAL(4, 3), REAL(2)),
     .message = "index must hold whole numbers (i32 or u8), not f32"},
    {.name = "samples",
     SG_INPUTS(REAL(4, 3), PLACE(2, 3)),
     .args = rows,
     .message = "index [2, 3] must begin with the 4 samples of table [4, 3]"},
    {.name = "rows_axis",
     SG_INPUTS(REAL(4, 3), PLACE(4, 3)),
     .args = first_rows,
     .message = "rows go along axis 1, not along axis 0"},
    {.name = "rows_rank",
     SG_INPUTS(REAL(4), PLACE(4)),
     .args = first_rows,
     .message = "table [4] must be [b, n, ...] for rows"},
    {.name = "rank",
     SG_INPUTS(REAL(4, 1, 1, 1, 1), PLACE(2, 1, 1, 1, 1)),
     .message = "table [4, 1, 1, 1, 1] and index [2, 1, 1, 1, 1] make more than 8 axes"},
    {.name = NULL},
};

const sg_op sg_op_gather = {
    .schema = {.kind = SG_KIND_OP,
               .name = "gather",
               .doc = "entries of a table by index, as numpy.take",
               .attrs = SG_ATTRS(SG_GATHER_ATTRS)},
    .family = "index",
    .in = {{"table", "any values", 0}, {"index", "places from 0, i32 or u8", 0}},
    .out = {{"y", "the table's shape with the axis replaced by the shape of index", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
