/* dropout: hides elements at random while training (Srivastava et al. 2014). */
#include <string.h>

#include "base/philox.h"
#include "ops/drop.h"
#include "ops/random.h"

enum { RATE = SG_DROP_RATE };

typedef struct work {
    const sg_tensor *x, *y;
    double rate, factor;
} work;

static void drop(const sg_task *task, void *data, int64_t at, int64_t count, const uint32_t *words,
                 int64_t lead) {
    const work *w = data;
    (void)task;
    if (w->x->type == SG_F32) {
        const float *x = (const float *)w->x->data + at;
        float *y = (float *)w->y->data + at, factor = (float)w->factor;
        for (int64_t i = 0; i < count; i++)
            y[i] = (double)sg_uniform_f32(words[lead + i]) < w->rate ? 0 : x[i] * factor;
    } else {
        const double *x = (const double *)w->x->data + at;
        double *y = (double *)w->y->data + at;
        for (int64_t i = 0; i < count; i++)
            y[i] = (double)sg_uniform_f32(words[lead + i]) < w->rate ? 0 : x[i] * w->factor;
    }
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[0], *y = &task->out[0];
    double rate = sg_drop_rate(task);
    if (rate == 0) {
        if (y->data != x->data) memcpy(y->data, x->data, sg_tensor_bytes(x));
        return;
    }
    work w = {x, y, rate, rate < 1 ? 1 / (1 - rate) : 0};
    sg_each_entry_word(task, y, drop, &w);
}

static sg_status gradient(sg_backward *b) {
    return sg_drop_gradient(b, "dropout");
}

static const sg_arg half[] = {SG_ARG_FLOAT("rate", 0.5), {0}};
static const sg_arg tenth[] = {SG_ARG_FLOAT("rate", 0.1), {0}};
static const sg_arg all[] = {SG_ARG_FLOAT("rate", 1), {0}};
static const sg_arg none[] = {SG_ARG_FLOAT("rate", 0), {0}};
static const sg_arg more[] = {SG_ARG_FLOAT("rate", 1.5), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "half", SG_INPUTS(REAL(4, 5)), .args = half},
    {.name = "tenth", SG_INPUTS(REAL(3, 7, 31)), .args = tenth},
    {.name = "all", SG_INPUTS(REAL(4, 5)), .args = all},
    {.name = "none", SG_INPUTS(REAL(4, 5)), .args = none},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR}), .args = half},
    {.name = "empty", SG_INPUTS(REAL(0, 5)), .args = half},
    {.name = "more",
     SG_INPUTS(REAL(4)),
     .args = more,
     .message = "rate is 1.5, but must lie between 0 and 1"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(4)}),
     .args = half,
     .message = "x must be f32 or f64, not i32"},
    {.name = NULL},
};

const sg_op sg_op_dropout = {
    .schema = {.kind = SG_KIND_OP,
               .name = "dropout",
               .doc = "in training: 0 for a random share of elements, x / (1 - rate) for the others; else x",
               .attrs = SG_ATTRS(SG_DROP_ATTRS)},
    .family = "random",
    .in = {{"x", "floats; the first axis is the samples", 0}},
    .out = {{"y", "of the same mean", 0}},
    .flags = SG_OP_RANDOM,
    .infer = sg_drop_infer,
    .domain = sg_drop_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .inplace = {{0, 0}},
    .inplace_count = 1,
    .gradient = gradient,
    .samples = samples,
};
