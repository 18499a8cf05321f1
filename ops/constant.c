/* constant: one number everywhere. */
#include "simgraph/op.h"

#include "kernel/loops.h"

enum { VALUE, SHAPE, TYPE };

static sg_status infer(sg_infer *c) {
    c->out[0].type = c->attr[TYPE].present ? (sg_type)c->attr[TYPE].i : c->float_type;
    c->out[0].shape = sg_shape_of(c->attr[SHAPE].n, c->attr[SHAPE].ints);
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    if (out->rank < 1 || out->dim[0] < 1) return;
    d->items = out->dim[0];
    d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    sg_tensor *y = &task->out[0];
    int64_t n = sg_tensor_elements(y);
    if (y->type == SG_F32)
        task->loops->fill_f32(n, (float)task->attr[VALUE].f, y->data);
    else if (y->type == SG_F64)
        task->loops->fill_f64(n, task->attr[VALUE].f, y->data);
    else
        for (int64_t i = 0; i < n; i++) sg_tensor_set(y, i, task->attr[VALUE].f);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg scalar[] = {SG_ARG_FLOAT("value", 2.5), {0}};
static const sg_arg filled[] = {
    SG_ARG_FLOAT("value", -1), SG_ARG_INTS("shape", 3, 4), SG_ARG_DTYPE("type", SG_I32), {0}};
static const sg_sample samples[] = {
    {.name = "scalar", .args = scalar, .no_gradient = "it has no input"},
    {.name = "filled", .args = filled, .no_gradient = "it has no input"},
    {.name = "no_value", .message = "constant needs the attribute `value` (the number)"},
    {.name = NULL},
};

const sg_op sg_op_constant = {
    .schema = {.kind = SG_KIND_OP,
               .name = "constant",
               .doc = "one number everywhere",
               .attrs = SG_ATTRS({.name = "value", .type = SG_ATTR_FLOAT, .doc = "the number"},
                                 {.name = "shape",
                                  .type = SG_ATTR_INTS,
                                  .fallback = "[]",
                                  .doc = "sizes; a scalar unless set",
                                  .min = 0,
                                  .max = 1e18},
                                 {.name = "type",
                                  .type = SG_ATTR_DTYPE,
                                  .fallback = "",
                                  .doc = "element type; the graph's float type unless set"})},
    .family = "constant",
    .out = {{"y", "the number, in that shape", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .flops = flops,
    .samples = samples,
};
