/* random_mask: hides a random share of square cells (Xie et al., arXiv:2111.09886). */
#include "ops/mask.h"

static void draw(sg_mask_draw *m) {
    sg_mask_pick(m, m->part * sg_mask_quads(m), 0, m->count);
}

static void run(const sg_task *task) {
    sg_mask_run(task, draw);
}

static const sg_arg grid[] = {SG_ARG_INTS("shape", 3, 8, 8), SG_ARG_FLOAT("ratio", 0.6), {0}};
static const sg_arg cells[] = {
    SG_ARG_INTS("shape", 2, 12, 12), SG_ARG_FLOAT("ratio", 0.6), SG_ARG_INT("cell", 2), {0}};
static const sg_arg tokens[] = {SG_ARG_INTS("shape", 2, 10), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg odd[] = {
    SG_ARG_INTS("shape", 2, 9, 9), SG_ARG_FLOAT("ratio", 0.5), SG_ARG_INT("cell", 2), {0}};
static const sg_arg deep[] = {SG_ARG_INTS("shape", 2, 9, 9, 9), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg much[] = {SG_ARG_INTS("shape", 2, 9, 9), SG_ARG_FLOAT("ratio", 1.5), {0}};
static const sg_sample samples[] = {
    {.name = "grid", .args = grid, .no_gradient = "it has no input"},
    {.name = "cells", .args = cells, .no_gradient = "it has no input"},
    {.name = "tokens", .args = tokens, .no_gradient = "it has no input"},
    {.name = "odd", .args = odd, .message = "cells of 2 do not divide 9 tokens"},
    {.name = "deep", .args = deep, .message = "shape must be [samples, tokens] or [samples, rows, columns]"},
    {.name = "much", .args = much, .message = "ratio is 1.5, but must lie between 0 and 1"},
    {.name = NULL},
};

const sg_op sg_op_random_mask = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "random_mask",
         .doc = "hides a random share of the cells of each sample: 1 on ceil(cells * ratio) of them, else 0",
         .attrs = SG_ATTRS(
             SG_MASK_ATTRS("[samples, rows, columns] or [samples, tokens]", "share of hidden cells"))},
    SG_MASK_OP(run),
    .infer = sg_mask_infer_or_flat,
    .hidden = sg_mask_hidden,
    .samples = samples,
};
