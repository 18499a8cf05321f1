/* drop_path: leaves out whole samples at random while training (Huang et al., arXiv:1603.09382). */
#include <string.h>

#include "base/philox.h"
#include "ops/drop.h"
#include "ops/random.h"
#include "ops/rows.h"

enum { RATE = SG_DROP_RATE };

/* One word a sample decides for all its parts. */
static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[0], *y = &task->out[0];
    double rate = sg_drop_rate(task), factor = rate < 1 ? 1 / (1 - rate) : 0;
    bool cut = task->items > 1;
    int64_t entries = x->shape.rank ? x->shape.dim[0] : 1, all = cut ? task->items : entries;
    int64_t n = entries ? sg_tensor_elements(x) / entries : 0;
    size_t bytes = (size_t)n * sg_type_size(x->type);
    for (int64_t i = 0; i < entries; i++) {
        const char *from = (const char *)x->data + (size_t)i * bytes;
        char *to = (char *)y->data + (size_t)i * bytes;
        uint32_t words[4];
        sg_sample_words(task, sg_sample_id(task, (cut ? task->begin : 0) + i, all), 0, 1, words);
        if ((double)sg_uniform_f32(words[0]) < rate)
            memset(to, 0, bytes);
        else if (rate == 0 && to != from)
            memcpy(to, from, bytes);
        else if (rate > 0 && x->type == SG_F32)
            task->loops->scale_f32(n, (float)factor, (const float *)from, (float *)to);
        else if (rate > 0)
            task->loops->scale_f64(n, factor, (const double *)from, (double *)to);
    }
}

static sg_status gradient(sg_backward *b) {
    return sg_drop_gradient(b, "drop_path");
}

static const sg_arg half[] = {SG_ARG_FLOAT("rate", 0.5), {0}};
static const sg_arg all[] = {SG_ARG_FLOAT("rate", 1), {0}};
static const sg_arg none[] = {SG_ARG_FLOAT("rate", 0), {0}};
static const sg_arg less[] = {SG_ARG_FLOAT("rate", -0.5), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "tokens", SG_INPUTS(REAL(6, 3, 5)), .args = half},
    {.name = "all", SG_INPUTS(REAL(4, 5)), .args = all},
    {.name = "none", SG_INPUTS(REAL(4, 5)), .args = none},
    {.name = "one", SG_INPUTS(REAL(1)), .args = half},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR}), .args = half},
    {.name = "empty", SG_INPUTS(REAL(0, 5)), .args = half},
    {.name = "less",
     SG_INPUTS(REAL(4)),
     .args = less,
     .message = "rate is -0.5, but must lie between 0 and 1"},
    {.name = NULL},
};

const sg_op sg_op_drop_path = {
    .schema = {.kind = SG_KIND_OP,
               .name = "drop_path",
               .doc = "in training: 0 for a random share of samples, x / (1 - rate) for the others; else x",
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
    .rows = &sg_rows_each,
    .samples = samples,
};
