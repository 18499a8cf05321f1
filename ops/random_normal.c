/* random_normal: normally distributed numbers. */
#include "ops/random.h"

enum { SHAPE, MEAN, STD };

static sg_status infer(sg_infer *c) {
    const sg_attr *shape = &c->attr[SHAPE];
    c->out[0] = (sg_typed){c->float_type, sg_shape_of(shape->n, shape->ints)};
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    if (out->rank < 1 || out->dim[0] < 1) return;
    d->items = out->dim[0];
    d->out[0] = SG_OWN;
}

/* Elements 2i and 2i + 1 share two words. */
static void fill(const sg_task *task, void *data, int64_t at, int64_t count, const uint32_t *words,
                 int64_t lead) {
    const sg_tensor *y = data;
    double mean = task->attr[MEAN].f, std = task->attr[STD].f, normal[SG_MOST_WORDS];
    task->loops->normal((lead + count + 1) / 2, words, normal);
    for (int64_t i = 0; i < count; i++) {
        double x = mean + std * normal[lead + i];
        if (y->type == SG_F32)
            ((float *)y->data)[at + i] = (float)x;
        else
            ((double *)y->data)[at + i] = x;
    }
}

static void run(const sg_task *task) {
    sg_each_entry_word(task, &task->out[0], fill, &task->out[0]);
}

static double flops(const sg_signature *s) {
    return 20.0 * (double)sg_shape_elements(&s->out[0].shape);
}

static const sg_arg noise[] = {SG_ARG_INTS("shape", 4, 6), {0}};
static const sg_arg shifted[] = {
    SG_ARG_INTS("shape", 3, 5, 67), SG_ARG_FLOAT("mean", 3), SG_ARG_FLOAT("std", 0.5), {0}};
static const sg_arg empty[] = {SG_ARG_INTS("shape", 0, 6), {0}};
static const sg_arg negative[] = {SG_ARG_INTS("shape", 4), SG_ARG_FLOAT("std", -1), {0}};
static const sg_sample samples[] = {
    {.name = "noise", .args = noise},
    {.name = "shifted", .args = shifted},
    {.name = "empty", .args = empty},
    {.name = "negative", .args = negative, .message = "std is -1, but must lie between 0 and 1e+09"},
    {.name = NULL},
};

const sg_op sg_op_random_normal = {
    .schema = {.kind = SG_KIND_OP,
               .name = "random_normal",
               .doc = "normally distributed (Gaussian) numbers, drawn anew for each sample and epoch",
               .attrs = SG_ATTRS({.name = "shape",
                                  .type = SG_ATTR_INTS,
                                  .doc = "sizes; the first axis is the samples",
                                  .min = 0,
                                  .max = 1e18},
                                 {.name = "mean", .type = SG_ATTR_FLOAT, .fallback = "0", .doc = "mean"},
                                 {.name = "std",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "1",
                                  .doc = "standard deviation",
                                  .min = 0,
                                  .max = 1e9})},
    .family = "random",
    .out = {{"y", "the numbers", 0}},
    .flags = SG_OP_RANDOM | SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .flops = flops,
    .samples = samples,
};
