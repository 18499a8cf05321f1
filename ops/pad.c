/* pad: a border of one number around a value. */
#include "base/checked.h"
#include "kernel/loops.h"
#include "simgraph/op.h"

enum { BEFORE, AFTER, VALUE };

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    char s[SG_SHAPE_TEXT];
    c->out[0] = c->in[0];
    for (int k = BEFORE; k <= AFTER; k++)
        if (c->attr[k].n != in->rank)
            return sg_fail_at(c->error, SG_BLAME_ATTR, k,
                              "%s must have one number for each axis of x %s, but has %d",
                              k == BEFORE ? "before" : "after", sg_shape_words(in, s), c->attr[k].n);
    for (int d = 0; d < in->rank; d++)
        if (!sg_int_pad(in->dim[d], c->attr[BEFORE].ints[d], c->attr[AFTER].ints[d], &c->out[0].shape.dim[d]))
            return sg_fail_at(c->error, SG_BLAME_ATTR, BEFORE, "axis %d of the result is too large", d);
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    if (in->rank < 1 || in->dim[0] < 1 || s->attr[BEFORE].ints[0] || s->attr[AFTER].ints[0]) return;
    d->items = in->dim[0];
    d->in[0] = d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    sg_tensor part = task->out[0];
    int64_t n = sg_tensor_elements(&part), offset = 0;
    double value = task->attr[VALUE].f;
    if (part.type == SG_F32)
        task->loops->fill_f32(n, (float)value, part.data);
    else if (part.type == SG_F64)
        task->loops->fill_f64(n, value, part.data);
    else
        for (int64_t i = 0; i < n; i++) sg_tensor_set(&part, i, value);
    if (!sg_tensor_elements(&task->in[0])) return;
    for (int d = 0; d < part.shape.rank; d++) offset += task->attr[BEFORE].ints[d] * part.stride[d];
    part.shape = task->in[0].shape;
    part.data = (char *)part.data + offset * (int64_t)sg_type_size(part.type);
    sg_tensor_copy(&part, &task->in[0], NULL);
}

static sg_status gradient(sg_backward *b) {
    const sg_attr *before = &b->node->attr[BEFORE];
    const sg_shape *in = &sg_graph_value(b->graph, b->in[0])->shape;
    int64_t stops[SG_MAX_RANK];
    for (int d = 0; d < in->rank; d++) stops[d] = before->ints[d] + in->dim[d];
    b->dx[0] = sg_emit(b->graph, "slice", SG_IN(b->dy[0]), sg_arg_ints("starts", in->rank, before->ints),
                       sg_arg_ints("stops", in->rank, stops));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg image[] = {
    SG_ARG_INTS("before", 0, 0, 1, 2), SG_ARG_INTS("after", 0, 0, 2, 0), SG_ARG_FLOAT("value", 0.5), {0}};
static const sg_arg rows[] = {SG_ARG_INTS("before", 1, 0), SG_ARG_INTS("after", 2, 0), {0}};
static const sg_arg nothing[] = {SG_ARG_INTS("before", 0, 0), SG_ARG_INTS("after", 0, 0), {0}};
static const sg_arg uneven[] = {SG_ARG_INTS("before", 0, 0), SG_ARG_INTS("after", 0), {0}};
static const sg_arg negative[] = {SG_ARG_INTS("before", 0, -1), SG_ARG_INTS("after", 0, 0), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "image", SG_INPUTS(REAL(2, 3, 4, 5)), .args = image},
    {.name = "rows", SG_INPUTS(REAL(3, 4)), .args = rows},
    {.name = "nothing", SG_INPUTS(REAL(3, 4)), .args = nothing},
    {.name = "from_nothing", SG_INPUTS(REAL(0, 4)), .args = rows},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3, 4), .low = -9, .high = 9}),
     .args = rows,
     .no_gradient = "whole numbers have no gradient"},
    {.name = "uneven",
     SG_INPUTS(REAL(3, 4)),
     .args = uneven,
     .message = "after must have one number for each axis of x [3, 4], but has 1"},
    {.name = "negative",
     SG_INPUTS(REAL(3, 4)),
     .args = negative,
     .message = "before is -1, but must lie between 0 and 1e+09"},
    {.name = NULL},
};

const sg_op sg_op_pad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "pad",
               .doc = "x with a border of one number",
               .attrs = SG_ATTRS(
                   {.name = "before",
                    .type = SG_ATTR_INTS,
                    .doc = "entries added in front, one number an axis",
                    .min = 0,
                    .max = 1e9},
                   {.name = "after",
                    .type = SG_ATTR_INTS,
                    .doc = "entries added behind, one number an axis",
                    .min = 0,
                    .max = 1e9},
                   {.name = "value", .type = SG_ATTR_FLOAT, .fallback = "0", .doc = "what they hold"})},
    .family = "layout",
    .in = {{"x", "any values", 0}},
    .out = {{"y", "x inside its border", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .in_layout = {SG_STRIDED},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
