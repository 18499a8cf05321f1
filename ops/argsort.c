/* argsort: the order of elements along an axis. */
#include "ops/order.h"

enum { AXIS, DESCENDING };

static sg_status infer(sg_infer *c) {
    int axis;
    sg_status status = sg_lines_axis(c->attr, AXIS, c->in[0].shape.rank, &axis, c->error);
    if (status != SG_OK) return status;
    c->out[0] = (sg_typed){SG_I32, c->in[0].shape};
    return sg_order_check(c, axis);
}

static void domain(const sg_signature *s, sg_domain *d) {
    int axis = 0;
    sg_lines_axis(s->attr, AXIS, s->in[0].shape.rank, &axis, NULL);
    sg_lines_cut(s, d);
    d->out[0] = d->in[0];
    d->scratch = sg_order_scratch(s->in[0].shape.dim[axis]);
}

static void run(const sg_task *task) {
    int axis = 0;
    sg_lines_axis(task->attr, AXIS, task->in[0].shape.rank, &axis, NULL);
    sg_lines lines = sg_lines_of(&task->in[0].shape, axis);
    int32_t *y = task->out[0].data;
    if (!sg_tensor_elements(&task->out[0])) return;
    for (int64_t o = 0; o < lines.outer; o++)
        for (int64_t j = 0; j < lines.inner; j++) {
            const int32_t *order = sg_order_line(task, &lines, o, j, task->attr[DESCENDING].i);
            for (int64_t i = 0; i < lines.n; i++) y[(o * lines.n + i) * lines.inner + j] = order[i];
        }
}

static double flops(const sg_signature *s) {
    int axis = 0;
    double comparisons = 0;
    sg_lines_axis(s->attr, AXIS, s->in[0].shape.rank, &axis, NULL);
    for (int64_t n = s->in[0].shape.dim[axis]; n > 1; n /= 2) comparisons++;
    return comparisons * (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg first[] = {SG_ARG_INT("axis", 0), {0}};
static const sg_arg down[] = {SG_ARG_INT("axis", 1), SG_ARG_BOOL("descending", true), {0}};
static const sg_arg far[] = {SG_ARG_INT("axis", 2), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define WHOLE "the result is a whole number"
static const sg_sample samples[] = {
    {.name = "rows", SG_INPUTS(REAL(5, 37)), .no_gradient = WHOLE},
    {.name = "line", SG_INPUTS(REAL(16)), .no_gradient = WHOLE},
    {.name = "first", SG_INPUTS(REAL(5, 7)), .args = first, .no_gradient = WHOLE},
    {.name = "down", SG_INPUTS(REAL(3, 9, 4)), .args = down, .no_gradient = WHOLE},
    {.name = "ties",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(4, 20), .low = 0, .high = 3}),
     .args = down,
     .no_gradient = WHOLE},
    {.name = "one", SG_INPUTS(REAL(3, 1)), .no_gradient = WHOLE},
    {.name = "nothing", SG_INPUTS(REAL(3, 0)), .no_gradient = WHOLE},
    {.name = "far", SG_INPUTS(REAL(3, 4)), .args = far, .message = "axis 2 is out of range for rank 2"},
    {.name = NULL},
};

const sg_op sg_op_argsort = {
    .schema = {.kind = SG_KIND_OP,
               .name = "argsort",
               .doc = "the places of the elements along an axis in sorted order; equals keep their order",
               .attrs = SG_ATTRS(SG_LINES_ATTR_AXIS, {.name = "descending",
                                                      .type = SG_ATTR_BOOL,
                                                      .fallback = "false",
                                                      .doc = "largest first"})},
    .family = "index",
    .in = {{"x", "numbers", 0}},
    .out = {{"index", "places from 0, i32", 0}},
    .flags = SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}, {SG_I32, run}, {SG_U8, run}},
    .flops = flops,
    .samples = samples,
};
