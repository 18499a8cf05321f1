/* box_mask: hides one rectangle of each sample, at a random place. */
#include "base/philox.h"
#include "ops/random.h"

enum { SHAPE, RATIO };

static sg_status infer(sg_infer *c) {
    const sg_attr *shape = &c->attr[SHAPE];
    c->out[0] = (sg_typed){c->float_type, sg_shape_of(shape->n, shape->ints)};
    if (shape->n != 3)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE, "shape must be [samples, rows, columns]");
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    if (out->rank < 1 || out->dim[0] < 1) return;
    d->items = out->dim[0];
    d->out[0] = SG_OWN;
}

/* A place among `places`, all equally likely. */
static int64_t place(uint32_t word, int64_t places) {
    return (int64_t)((uint64_t)word * (uint64_t)places >> 32);
}

static void run(const sg_task *task) {
    const sg_tensor *y = &task->out[0];
    int64_t rows = y->shape.dim[1], columns = y->shape.dim[2], first = task->items > 1 ? task->begin : 0;
    int64_t high = (int64_t)((double)rows * task->attr[RATIO].f);
    int64_t wide = (int64_t)((double)columns * task->attr[RATIO].f);
    for (int64_t i = 0; i < y->shape.dim[0]; i++) {
        int64_t entry = first + i, all = task->items > 1 ? task->items : y->shape.dim[0];
        uint32_t words[4];
        sg_sample_words(task, sg_sample_id(task, entry, all), sg_sample_part(task, entry, all), 1, words);
        int64_t top = place(words[0], rows - high + 1), left = place(words[1], columns - wide + 1);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t k = 0; k < columns; k++) {
                bool hidden = r >= top && r < top + high && k >= left && k < left + wide;
                int64_t at = (i * rows + r) * columns + k;
                if (y->type == SG_F32)
                    ((float *)y->data)[at] = hidden;
                else
                    ((double *)y->data)[at] = hidden;
            }
    }
}

static const sg_arg square[] = {SG_ARG_INTS("shape", 4, 8, 8), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg wide[] = {SG_ARG_INTS("shape", 3, 5, 28), SG_ARG_FLOAT("ratio", 0.6), {0}};
static const sg_arg all[] = {SG_ARG_INTS("shape", 3, 5, 6), SG_ARG_FLOAT("ratio", 1), {0}};
static const sg_arg none[] = {SG_ARG_INTS("shape", 3, 1, 1), SG_ARG_FLOAT("ratio", 0.9), {0}};
static const sg_arg empty[] = {SG_ARG_INTS("shape", 0, 5, 6), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg flat[] = {SG_ARG_INTS("shape", 3, 5), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg much[] = {SG_ARG_INTS("shape", 3, 5, 6), SG_ARG_FLOAT("ratio", 2), {0}};
static const sg_sample samples[] = {
    {.name = "square", .args = square},
    {.name = "wide", .args = wide},
    {.name = "all", .args = all},
    {.name = "none", .args = none},
    {.name = "empty", .args = empty},
    {.name = "flat", .args = flat, .message = "shape must be [samples, rows, columns]"},
    {.name = "much", .args = much, .message = "ratio is 2, but must lie between 0 and 1"},
    {.name = NULL},
};

const sg_op sg_op_box_mask = {
    .schema = {.kind = SG_KIND_OP,
               .name = "box_mask",
               .doc = "hides one rectangle of each sample: 1 in its int(rows * ratio) x int(columns * ratio) "
                      "cells, else 0",
               .attrs = {{.name = "shape",
                          .type = SG_ATTR_INTS,
                          .doc = "[samples, rows, columns]",
                          .min = 0,
                          .max = 1e9},
                         {.name = "ratio",
                          .type = SG_ATTR_FLOAT,
                          .doc = "share of hidden rows, and of hidden columns",
                          .min = 0,
                          .max = 1}}},
    .family = "random",
    .out = {{"mask", "1 where hidden", 0}},
    .flags = SG_OP_RANDOM | SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .samples = samples,
};
