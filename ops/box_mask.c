/* box_mask: hides one rectangle of each sample, at a random place. */
#include "ops/mask.h"

static void draw(sg_mask_draw *m) {
    uint32_t words[4];
    double ratio = m->task->attr[SG_MASK_RATIO].f;
    int64_t high = (int64_t)((double)m->grid.rows * ratio), wide = (int64_t)((double)m->grid.columns * ratio);
    sg_sample_words(m->task, m->sample, m->part, 1, words);
    sg_mask_fill(m, sg_mask_place(words[0], m->grid.rows - high + 1),
                 sg_mask_place(words[1], m->grid.columns - wide + 1), high, wide, 1);
}

static void run(const sg_task *task) {
    sg_mask_run(task, draw);
}

static const sg_arg square[] = {SG_ARG_INTS("shape", 4, 8, 8), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg wide[] = {SG_ARG_INTS("shape", 3, 5, 28), SG_ARG_FLOAT("ratio", 0.6), {0}};
static const sg_arg cells[] = {
    SG_ARG_INTS("shape", 3, 8, 12), SG_ARG_FLOAT("ratio", 0.5), SG_ARG_INT("cell", 2), {0}};
static const sg_arg all[] = {SG_ARG_INTS("shape", 3, 5, 6), SG_ARG_FLOAT("ratio", 1), {0}};
static const sg_arg none[] = {SG_ARG_INTS("shape", 3, 1, 1), SG_ARG_FLOAT("ratio", 0.9), {0}};
static const sg_arg empty[] = {SG_ARG_INTS("shape", 0, 5, 6), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg flat[] = {SG_ARG_INTS("shape", 3, 5), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg much[] = {SG_ARG_INTS("shape", 3, 5, 6), SG_ARG_FLOAT("ratio", 2), {0}};
static const sg_sample samples[] = {
    {.name = "square", .args = square},
    {.name = "wide", .args = wide},
    {.name = "cells", .args = cells},
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
               .attrs = SG_ATTRS(
                   SG_MASK_ATTRS("[samples, rows, columns]", "share of hidden rows, and of hidden columns"))},
    SG_MASK_OP(run),
    .infer = sg_mask_infer,
    .samples = samples,
};
