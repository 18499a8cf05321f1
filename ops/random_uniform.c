/* random_uniform: evenly distributed numbers. */
#include "base/philox.h"
#include "ops/random.h"

enum { SHAPE, LOW, HIGH };

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

/* The high 24 bits of one word an element, for either type. */
static void fill(const sg_task *task, void *data, int64_t at, int64_t count, const uint32_t *words,
                 int64_t lead) {
    const sg_tensor *y = data;
    double low = task->attr[LOW].f, span = task->attr[HIGH].f - low;
    for (int64_t i = 0; i < count; i++) {
        double x = low + span * (double)sg_uniform_f32(words[lead + i]);
        if (y->type == SG_F32)
            ((float *)y->data)[at + i] = (float)x;
        else
            ((double *)y->data)[at + i] = x;
    }
}

static void run(const sg_task *task) {
    sg_each_entry_word(task, &task->out[0], fill, &task->out[0]);
}

static const sg_arg noise[] = {SG_ARG_INTS("shape", 4, 6), {0}};
static const sg_arg ranged[] = {
    SG_ARG_INTS("shape", 3, 5, 67), SG_ARG_FLOAT("low", -2), SG_ARG_FLOAT("high", 3), {0}};
static const sg_arg empty[] = {SG_ARG_INTS("shape", 0, 6), {0}};
static const sg_arg crossed[] = {
    SG_ARG_INTS("shape", 4), SG_ARG_FLOAT("low", 2), SG_ARG_FLOAT("high", 1), {0}};
static const sg_sample samples[] = {
    {.name = "noise", .args = noise},
    {.name = "ranged", .args = ranged},
    {.name = "empty", .args = empty},
    {.name = "crossed", .args = crossed, .message = "high is 1, but must not be below low, 2"},
    {.name = "no_shape",
     .message = "random_uniform needs the attribute `shape` (sizes; the first axis is the samples)"},
    {.name = NULL},
};

const sg_op sg_op_random_uniform = {
    .schema = {.kind = SG_KIND_OP,
               .name = "random_uniform",
               .doc = "numbers evenly distributed in [low, high), drawn anew for each sample and epoch",
               .attrs =
                   SG_ATTRS({.name = "shape",
                             .type = SG_ATTR_INTS,
                             .doc = "sizes; the first axis is the samples",
                             .min = 0,
                             .max = 1e18},
                            {.name = "low", .type = SG_ATTR_FLOAT, .fallback = "0", .doc = "smallest number"},
                            {.name = "high",
                             .type = SG_ATTR_FLOAT,
                             .fallback = "1",
                             .doc = "largest number",
                             .rising = true})},
    .family = "random",
    .out = {{"y", "the numbers", 0}},
    .flags = SG_OP_RANDOM | SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .samples = samples,
};
