/* iota: 0, 1, 2, ... along one axis. */
#include "ops/view.h"

#include <limits.h>

enum { SHAPE, AXIS, TYPE };

static sg_status infer(sg_infer *c) {
    const sg_attr *shape = &c->attr[SHAPE];
    c->out[0].type = c->attr[TYPE].present ? (sg_type)c->attr[TYPE].i : SG_I32;
    c->out[0].shape = sg_shape_of(shape->n, shape->ints);
    int axis = sg_axis_of(c->attr[AXIS].i, shape->n);
    char s[SG_SHAPE_TEXT];
    if (axis < 0)
        return sg_fail_at(c->error, SG_BLAME_ATTR, AXIS, "axis is %lld, but the shape is %s",
                          (long long)c->attr[AXIS].i, sg_shape_words(&c->out[0].shape, s));
    int64_t most = c->out[0].type == SG_U8 ? 256 : c->out[0].type == SG_I32 ? INT_MAX : INT64_MAX;
    if (shape->ints[axis] > most)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE, "%s does not count to %lld",
                          sg_type_name(c->out[0].type), (long long)shape->ints[axis]);
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    if (out->rank < 1 || out->dim[0] < 1) return;
    d->items = out->dim[0];
    d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    const sg_tensor *y = &task->out[0];
    int axis = sg_axis_of(task->attr[AXIS].i, y->shape.rank);
    int64_t inner = 1, n = sg_tensor_elements(y), size = y->shape.dim[axis];
    for (int d = axis + 1; d < y->shape.rank; d++) inner *= y->shape.dim[d];
    int64_t first = axis == 0 && task->items > 1 ? task->begin : 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t value = first + i / inner % size;
        if (y->type == SG_I32)
            ((int32_t *)y->data)[i] = (int32_t)value;
        else
            sg_tensor_set(y, i, (double)value);
    }
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg line[] = {SG_ARG_INTS("shape", 7), {0}};
static const sg_arg rows[] = {SG_ARG_INTS("shape", 5, 3), {0}};
static const sg_arg middle[] = {SG_ARG_INTS("shape", 2, 4, 3), SG_ARG_INT("axis", 1), {0}};
static const sg_arg last[] = {
    SG_ARG_INTS("shape", 3, 5), SG_ARG_INT("axis", -1), SG_ARG_DTYPE("type", SG_F32), {0}};
static const sg_arg empty[] = {SG_ARG_INTS("shape", 0, 5), SG_ARG_INT("axis", 1), {0}};
static const sg_arg outside[] = {SG_ARG_INTS("shape", 3, 5), SG_ARG_INT("axis", 2), {0}};
static const sg_arg bytes[] = {SG_ARG_INTS("shape", 257), SG_ARG_DTYPE("type", SG_U8), {0}};
static const sg_sample samples[] = {
    {.name = "line", .args = line},
    {.name = "rows", .args = rows},
    {.name = "middle", .args = middle},
    {.name = "last", .args = last},
    {.name = "empty", .args = empty},
    {.name = "outside", .args = outside, .message = "axis is 2, but the shape is [3, 5]"},
    {.name = "bytes", .args = bytes, .message = "u8 does not count to 257"},
    {.name = "no_shape", .message = "iota needs the attribute `shape` (sizes of the value)"},
    {.name = NULL},
};

const sg_op sg_op_iota = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "iota",
         .doc = "0, 1, 2, ... along an axis",
         .attrs = SG_ATTRS(
             {.name = "shape", .type = SG_ATTR_INTS, .doc = "sizes of the value", .min = 0, .max = 1e18},
             {.name = "axis",
              .type = SG_ATTR_INT,
              .fallback = "0",
              .doc = "the axis that counts; negative ones count from the end"},
             {.name = "type", .type = SG_ATTR_DTYPE, .fallback = "i32", .doc = "element type of the value"})},
    .family = "constant",
    .out = {{"y", "the index along the axis", 0}},
    .flags = SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .flops = flops,
    .samples = samples,
};
