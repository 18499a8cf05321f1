/* one_hot: a class as a vector that is 1 at its place. */
#include "kernel/loops.h"
#include "ops/index.h"

enum { CLASSES };

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    char s[SG_SHAPE_TEXT];
    sg_status status = sg_index_check(c, 0, "index");
    if (status != SG_OK) return status;
    if (in->rank >= SG_MAX_RANK)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "index %s has no axis left for the classes",
                          sg_shape_words(in, s));
    c->out[0] = (sg_typed){c->float_type, *in};
    c->out[0].shape.dim[c->out[0].shape.rank++] = c->attr[CLASSES].i;
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    if (in->rank < 1 || in->dim[0] < 1) return;
    d->items = in->dim[0];
    d->in[0] = d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    const sg_tensor *index = &task->in[0], *y = &task->out[0];
    int64_t classes = task->attr[CLASSES].i, count = sg_tensor_elements(index);
    if (y->type == SG_F32)
        task->loops->fill_f32(count * classes, 0, y->data);
    else
        task->loops->fill_f64(count * classes, 0, y->data);
    for (int64_t i = 0; i < count; i++) {
        int64_t at = sg_index_at(index, i);
        if (at < 0 || at >= classes) {
            sg_fail(task->error, SG_BAD_DATA,
                    classes == 1 ? "index %lld is not 0, the only class"
                                 : "index %lld is not one of the %lld classes from 0 on",
                    (long long)at, (long long)classes);
            return;
        }
        if (y->type == SG_F32)
            ((float *)y->data)[i * classes + at] = 1;
        else
            ((double *)y->data)[i * classes + at] = 1;
    }
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg five[] = {SG_ARG_INT("classes", 5), {0}};
#define CLASS(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 4 }
#define WHOLE "whole numbers have no gradient"
static const sg_sample samples[] = {
    {.name = "labels", SG_INPUTS(CLASS(7)), .args = five, .no_gradient = WHOLE},
    {.name = "map", SG_INPUTS(CLASS(2, 3, 4)), .args = five, .no_gradient = WHOLE},
    {.name = "one",
     SG_INPUTS({.type = SG_I32, .shape = SG_SCALAR, .low = 0, .high = 4}),
     .args = five,
     .no_gradient = WHOLE},
    {.name = "bytes",
     SG_INPUTS({.type = SG_U8, .shape = SG_DIMS(6), .low = 0, .high = 4}),
     .args = five,
     .no_gradient = WHOLE},
    {.name = "none", SG_INPUTS(CLASS(0)), .args = five, .no_gradient = WHOLE},
    {.name = "floats",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3)}),
     .args = five,
     .message = "index must hold whole numbers (i32 or u8), not f32"},
    {.name = "no_classes",
     SG_INPUTS(CLASS(3)),
     .message = "one_hot needs the attribute `classes` (how many there are)"},
    {.name = NULL},
};

const sg_op sg_op_one_hot = {
    .schema = {.kind = SG_KIND_OP,
               .name = "one_hot",
               .doc = "1 at the place that the index names, else 0, along a new last axis",
               .attrs = SG_ATTRS({.name = "classes",
                                  .type = SG_ATTR_INT,
                                  .doc = "how many there are",
                                  .min = 0,
                                  .max = INT32_MAX})},
    .family = "index",
    .in = {{"index", "classes from 0, i32 or u8", 0}},
    .out = {{"y", "[..., classes], a float", 0}},
    .flags = SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_I32, run}, {SG_U8, run}},
    .flops = flops,
    .samples = samples,
};
