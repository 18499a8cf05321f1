/* inverse_block_mask: one block of each sample stays visible (Baevski et al., "Efficient self-supervised
 * learning with contextualized target representations", arXiv:2212.07525, keeps blocks in this way).
 *
 * With v visible cells, the block has about v cells and an aspect whose logarithm is drawn evenly from
 * log(aspect) .. -log(aspect); it is made as wide and then as high as v cells need, put at an even place, and
 * what it has above v (less than a row and less than a column) is hidden at random. */
#include <math.h>

#include "ops/mask.h"

enum { ASPECT = SG_MASK_CELL + 1 };

static int64_t up(int64_t cells, int64_t side) {
    return (cells + side - 1) / side;
}

static void draw(sg_mask_draw *m) {
    int64_t visible = m->cells - m->count, quad = m->part * (1 + sg_mask_quads(m));
    uint32_t words[4];
    sg_mask_fill(m, 0, 0, m->grid.rows, m->grid.columns, 1);
    if (!visible) return;
    sg_sample_words(m->task, m->sample, quad, 1, words);
    double limit = log(m->task->attr[ASPECT].f), u = (double)words[0] * 0x1p-32;
    int64_t high = (int64_t)nearbyint(sqrt((double)visible * exp(limit - 2 * limit * u)));
    if (high < 1) high = 1;
    if (high > m->grid.rows) high = m->grid.rows;
    int64_t wide = up(visible, high);
    if (wide > m->grid.columns) wide = m->grid.columns;
    high = up(visible, wide);
    sg_mask_fill(m, sg_mask_place(words[1], m->grid.rows - high + 1),
                 sg_mask_place(words[2], m->grid.columns - wide + 1), high, wide, 0);
    if (high * wide > visible) sg_mask_pick(m, quad + 1, 0, high * wide - visible);
}

static void run(const sg_task *task) {
    sg_mask_run(task, draw);
}

static const sg_arg square[] = {SG_ARG_INTS("shape", 3, 14, 14), SG_ARG_FLOAT("ratio", 0.8), {0}};
static const sg_arg cells[] = {SG_ARG_INTS("shape", 3, 12, 24),
                               SG_ARG_FLOAT("ratio", 0.6),
                               SG_ARG_INT("cell", 2),
                               SG_ARG_FLOAT("aspect", 0.1),
                               {0}};
static const sg_arg wide[] = {SG_ARG_INTS("shape", 3, 2, 28), SG_ARG_FLOAT("ratio", 0.3), {0}};
static const sg_arg all[] = {SG_ARG_INTS("shape", 3, 5, 6), SG_ARG_FLOAT("ratio", 1), {0}};
static const sg_arg none[] = {SG_ARG_INTS("shape", 3, 5, 6), SG_ARG_FLOAT("ratio", 0), {0}};
static const sg_arg one[] = {SG_ARG_INTS("shape", 3, 1, 1), SG_ARG_FLOAT("ratio", 0.4), {0}};
static const sg_arg empty[] = {SG_ARG_INTS("shape", 0, 5, 6), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg odd[] = {
    SG_ARG_INTS("shape", 3, 8, 9), SG_ARG_FLOAT("ratio", 0.5), SG_ARG_INT("cell", 2), {0}};
static const sg_arg flat[] = {SG_ARG_INTS("shape", 3, 64), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_sample samples[] = {
    {.name = "square", .args = square},
    {.name = "cells", .args = cells},
    {.name = "wide", .args = wide},
    {.name = "all", .args = all},
    {.name = "none", .args = none},
    {.name = "one", .args = one},
    {.name = "empty", .args = empty},
    {.name = "odd", .args = odd, .message = "cells of 2 do not divide 9 tokens"},
    {.name = "flat", .args = flat, .message = "shape must be [samples, rows, columns]"},
    {.name = NULL},
};

const sg_op sg_op_inverse_block_mask = {
    .schema = {.kind = SG_KIND_OP,
               .name = "inverse_block_mask",
               .doc = "0 in one block of each sample, else 1: ceil(cells * ratio) cells are hidden",
               .attrs = SG_ATTRS(SG_MASK_ATTRS("[samples, rows, columns]", "share of hidden cells"),
                                 {.name = "aspect",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "0.3",
                                  .doc = "the least ratio of the block's sides; the largest is its inverse",
                                  .min = 0.001,
                                  .max = 1})},
    SG_MASK_OP(run),
    .infer = sg_mask_infer,
    .hidden = sg_mask_hidden,
    .samples = samples,
};
