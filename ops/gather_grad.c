/* gather_grad: adds each entry of dy to the entry of the table that it came from. */
#include <string.h>

#include "kernel/loops.h"
#include "ops/index.h"

enum { DY, INDEX };
enum { SHAPE = SG_GATHER_ROWS + 1 };

/* Tables beyond this many elements are cut into their entries, each piece looking through all indices;
 * smaller ones are summed over the samples of dy, which keeps them in the group of the backward pass. */
enum { CUT_ELEMENTS = 1 << 16 };

static sg_status infer(sg_infer *c) {
    const sg_attr *shape = &c->attr[SHAPE];
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    sg_shape from;
    sg_status status = sg_index_check(c, INDEX, "index");
    if (status != SG_OK) return status;
    if (!sg_type_is_float(c->in[DY].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy must be a float, not %s",
                          sg_type_name(c->in[DY].type));
    if (shape->n > SG_MAX_RANK)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE, "shape has %d axes, but at most %d are possible",
                          shape->n, SG_MAX_RANK);
    c->out[0] = (sg_typed){c->in[DY].type, sg_shape_of(shape->n, shape->ints)};
    status = sg_gather_shape(c, &c->out[0].shape, DY, &c->in[INDEX].shape, INDEX, &from);
    if (status != SG_OK) return status;
    if (!sg_shape_equal(&from, &c->in[DY].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy must be %s, but is %s", sg_shape_words(&from, s),
                          sg_shape_words(&c->in[DY].shape, t));
    return SG_OK;
}

static bool cuts_table(const sg_signature *s) {
    return sg_shape_elements(&s->out[0].shape) > CUT_ELEMENTS;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *table = &s->out[0].shape, *index = &s->in[INDEX].shape;
    sg_gather g = sg_gather_of(s->attr, table, index);
    if (g.axis != 0) {
        if (table->dim[0] < 1) return;
        d->items = table->dim[0];
        d->in[DY] = d->out[0] = SG_OWN;
        if (!g.shared) d->in[INDEX] = SG_OWN;
        return;
    }
    if (cuts_table(s)) {
        d->items = table->dim[0];
        d->out[0] = SG_OWN;
        return;
    }
    if (index->rank >= 1 && index->dim[0] > 0) {
        d->items = index->dim[0];
        d->in[DY] = d->in[INDEX] = SG_OWN;
    }
    d->out[0] = SG_SUM;
    d->acc_count = 1;
    d->acc[0].type = s->in[DY].type;
    d->acc[0].elements = sg_shape_elements(table);
}

static void add(const sg_task *task, sg_type type, int64_t n, const char *from, char *to) {
    if (n == 1 && type == SG_F32)
        *(float *)to += *(const float *)from;
    else if (type == SG_F32)
        task->loops->accumulate_f32(n, (const float *)from, (float *)to);
    else
        task->loops->accumulate_f64(n, (const double *)from, (double *)to);
}

static void run(const sg_task *task) {
    const sg_tensor *dy = &task->in[DY], *index = &task->in[INDEX], *dx = &task->out[0];
    const sg_signature *s = task->signature;
    sg_shape table = s->out[0].shape;
    sg_gather g = sg_gather_of(task->attr, &table, &index->shape);
    bool cut = g.axis == 0 && cuts_table(s);
    int64_t first = cut ? task->begin : 0, count = cut ? task->count : g.n;
    if (g.axis != 0 && table.dim[0] > 0) g.blocks = g.blocks / table.dim[0] * dx->shape.dim[0];
    char *to = dx->data ? dx->data : task->acc[0];
    if (dx->data && sg_tensor_elements(dx)) memset(to, 0, sg_tensor_bytes(dx));
    if (!sg_tensor_elements(dy)) return;
    size_t bytes = (size_t)g.inner * sg_type_size(dy->type);
    const char *from = dy->data;
    for (int64_t b = 0; b < g.blocks; b++, to += (size_t)g.n * bytes)
        for (int64_t i = 0; i < g.picks; i++, from += bytes) {
            int64_t picked = sg_gather_pick(task, &g, index, b, i);
            if (picked < 0) return;
            if (picked >= first && picked < first + count)
                add(task, dy->type, g.inner, from, to + (size_t)(picked - first) * bytes);
        }
}

static sg_status gradient(sg_backward *b) {
    const sg_attr *attr = b->node->attr;
    b->dx[DY] =
        sg_emit(b->graph, "gather", SG_IN(b->dy[0], b->in[INDEX]), sg_arg_int("axis", attr[SG_GATHER_AXIS].i),
                sg_arg_bool("rows", attr[SG_GATHER_ROWS].i));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    return (double)sg_shape_elements(&s->in[DY].shape);
}

static const sg_arg table[] = {SG_ARG_INTS("shape", 5, 3), {0}};
static const sg_arg large[] = {SG_ARG_INTS("shape", 300, 257), {0}};
static const sg_arg last[] = {SG_ARG_INT("axis", -1), SG_ARG_INTS("shape", 3, 2, 5), {0}};
static const sg_arg rows[] = {
    SG_ARG_INT("axis", 1), SG_ARG_BOOL("rows", true), SG_ARG_INTS("shape", 2, 6, 3), {0}};
static const sg_arg no_samples[] = {
    SG_ARG_INT("axis", 1), SG_ARG_BOOL("rows", true), SG_ARG_INTS("shape", 0, 6, 3), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define PLACE(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 4 }
static const sg_sample samples[] = {
    {.name = "table", SG_INPUTS(REAL(9, 3), PLACE(9)), .args = table},
    {.name = "scalar", SG_INPUTS(REAL(3), {.type = SG_I32, .shape = SG_SCALAR}), .args = table},
    {.name = "last", SG_INPUTS(REAL(3, 2, 2, 3), PLACE(2, 3)), .args = last},
    {.name = "rows", SG_INPUTS(REAL(2, 4, 3), PLACE(2, 4)), .args = rows},
    {.name = "large",
     SG_INPUTS(REAL(4, 257), {.type = SG_I32, .shape = SG_DIMS(4), .low = 0, .high = 299}),
     .args = large},
    {.name = "no_index", SG_INPUTS(REAL(0, 3), PLACE(0)), .args = table},
    {.name = "no_samples", SG_INPUTS(REAL(0, 4, 3), PLACE(0, 4)), .args = no_samples},
    {.name = "dy",
     SG_INPUTS(REAL(9, 4), PLACE(9)),
     .args = table,
     .message = "dy must be [9, 3], but is [9, 4]"},
    {.name = "integers",
     SG_INPUTS(PLACE(9, 3), PLACE(9)),
     .args = table,
     .message = "dy must be a float, not i32"},
    {.name = NULL},
};

const sg_op sg_op_gather_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "gather_grad",
               .doc = "gradient of gather: each entry of dy added to the table's entry that it came from",
               .attrs = SG_ATTRS(SG_GATHER_ATTRS, {.name = "shape",
                                                   .type = SG_ATTR_INTS,
                                                   .doc = "sizes of the table",
                                                   .min = 0,
                                                   .max = 1e18})},
    .family = "index",
    .in = {{"dy", "gradient of what was gathered", 0}, {"index", "places from 0, i32 or u8", 0}},
    .out = {{"dtable", "gradient of the table", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
