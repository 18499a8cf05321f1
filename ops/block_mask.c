/* block_mask: hides blocks of many sizes and forms until enough is hidden (Bao et al., "BEiT: BERT
 * Pre-Training of Image Transformers", arXiv:2106.08254, algorithm 1, with the limits of its published code).
 *
 * With n cells still to hide, a block has an area drawn evenly from least .. n and an aspect whose logarithm
 * is drawn evenly from log(aspect) .. -log(aspect), sides that are rounded and shorter than the grid's, and
 * an even place. It is taken when it hides 1 .. n cells anew; after 10 blocks that are not, no more are
 * tried. */
#include <math.h>

#include "ops/mask.h"

enum { ASPECT = SG_MASK_CELL + 1, LEAST, EXACT };
enum { TRIES = 10 };

static double between(double low, double high, uint32_t word) {
    return low + (high - low) * ((double)word * 0x1p-32);
}

/* A side of 1 is always short enough: in a grid of one row, blocks lie in that row. */
static bool fits(int64_t side, int64_t all) {
    return side < all || (side == 1 && all == 1);
}

static int64_t hidden_in(const sg_mask_draw *m, int64_t top, int64_t left, int64_t high, int64_t wide) {
    int64_t sum = 0;
    for (int64_t r = top; r < top + high; r++)
        for (int64_t c = left; c < left + wide; c++) sum += m->hidden[r * m->grid.columns + c];
    return sum;
}

/* One try with `most` cells to hide; how many it hides. */
static int64_t try_block(sg_mask_draw *m, int64_t least, int64_t most, const uint32_t words[4]) {
    double area = between((double)least, (double)most, words[0]);
    double limit = log(m->task->attr[ASPECT].f), aspect = exp(between(limit, -limit, words[1]));
    int64_t high = (int64_t)nearbyint(sqrt(area * aspect)), wide = (int64_t)nearbyint(sqrt(area / aspect));
    if (!fits(high, m->grid.rows) || !fits(wide, m->grid.columns)) return 0;
    int64_t top = sg_mask_place(words[2], m->grid.rows - high + 1),
            left = sg_mask_place(words[3], m->grid.columns - wide + 1);
    int64_t anew = high * wide - hidden_in(m, top, left, high, wide);
    if (anew < 1 || anew > most) return 0;
    sg_mask_fill(m, top, left, high, wide, 1);
    return anew;
}

static int64_t least_area(const sg_mask_draw *m) {
    int64_t side = (m->grid.rows < m->grid.columns ? m->grid.rows : m->grid.columns) / 3;
    if (m->task->attr[LEAST].present) return m->task->attr[LEAST].i;
    return side > 1 ? side * side : 1;
}

/* A block that is taken hides a cell at least, so a mask takes TRIES * cells tries at most. */
static void draw(sg_mask_draw *m) {
    int64_t tries = TRIES * m->cells, quad = m->part * (tries + sg_mask_quads(m)), fill = quad + tries;
    int64_t hidden = 0, least = least_area(m);
    for (int failed = 0; hidden < m->count && failed < TRIES;) {
        uint32_t words[4];
        sg_sample_words(m->task, m->sample, quad++, 1, words);
        int64_t anew = try_block(m, least, m->count - hidden, words);
        failed = anew ? 0 : failed + 1;
        hidden += anew;
    }
    if (m->task->attr[EXACT].i && hidden < m->count) sg_mask_pick(m, fill, 0, m->count - hidden);
}

static void run(const sg_task *task) {
    sg_mask_run(task, draw);
}

static bool hidden(const sg_signature *s, sg_hidden *h) {
    return s->attr[EXACT].i && sg_mask_hidden(s, h);
}

static double flops(const sg_signature *s) {
    return 20.0 * (double)sg_shape_elements(&s->out[0].shape);
}

static const sg_arg square[] = {SG_ARG_INTS("shape", 3, 14, 14), SG_ARG_FLOAT("ratio", 0.4), {0}};
static const sg_arg cells[] = {
    SG_ARG_INTS("shape", 3, 12, 24), SG_ARG_FLOAT("ratio", 0.6), SG_ARG_INT("cell", 2), {0}};
static const sg_arg loose[] = {SG_ARG_INTS("shape", 3, 5, 28), SG_ARG_FLOAT("ratio", 0.6),
                               SG_ARG_FLOAT("aspect", 0.1),    SG_ARG_INT("least", 2),
                               SG_ARG_BOOL("exact", false),    {0}};
static const sg_arg row[] = {SG_ARG_INTS("shape", 3, 1, 9), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg all[] = {SG_ARG_INTS("shape", 3, 5, 6), SG_ARG_FLOAT("ratio", 1), {0}};
static const sg_arg none[] = {SG_ARG_INTS("shape", 3, 5, 6), SG_ARG_FLOAT("ratio", 0), {0}};
static const sg_arg one[] = {SG_ARG_INTS("shape", 3, 1, 1), SG_ARG_FLOAT("ratio", 0.4), {0}};
static const sg_arg empty[] = {SG_ARG_INTS("shape", 0, 5, 6), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg odd[] = {
    SG_ARG_INTS("shape", 3, 8, 9), SG_ARG_FLOAT("ratio", 0.5), SG_ARG_INT("cell", 4), {0}};
static const sg_arg flat[] = {SG_ARG_INTS("shape", 3, 64), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg long_one[] = {
    SG_ARG_INTS("shape", 3, 8, 8), SG_ARG_FLOAT("ratio", 0.5), SG_ARG_FLOAT("aspect", 0), {0}};
static const sg_sample samples[] = {
    {.name = "square", .args = square},
    {.name = "cells", .args = cells},
    {.name = "loose", .args = loose},
    {.name = "row", .args = row},
    {.name = "all", .args = all},
    {.name = "none", .args = none},
    {.name = "one", .args = one},
    {.name = "empty", .args = empty},
    {.name = "odd", .args = odd, .message = "cells of 4 do not divide 9 tokens"},
    {.name = "flat", .args = flat, .message = "shape must be [samples, rows, columns]"},
    {.name = "long", .args = long_one, .message = "aspect is 0, but must lie between 0.001 and 1"},
    {.name = NULL},
};

const sg_op sg_op_block_mask = {
    .schema = {.kind = SG_KIND_OP,
               .name = "block_mask",
               .doc =
                   "1 in blocks that together hide ceil(cells * ratio) cells of each sample, else 0, as BEiT",
               .attrs = SG_ATTRS(
                   SG_MASK_ATTRS("[samples, rows, columns]", "share of hidden cells"),
                   {.name = "aspect",
                    .type = SG_ATTR_FLOAT,
                    .fallback = "0.3",
                    .doc = "the least ratio of a block's sides; the largest is its inverse",
                    .min = 0.001,
                    .max = 1},
                   {.name = "least",
                    .type = SG_ATTR_INT,
                    .fallback = "",
                    .doc = "cells of the smallest block; unless set, those of a square a third as wide "
                           "as the grid: 16 of 14 x 14",
                    .min = 1,
                    .max = 1e9},
                   {.name = "exact",
                    .type = SG_ATTR_BOOL,
                    .fallback = "true",
                    .doc = "whether single cells make up what no block fits into (BEiT v2); false may "
                           "hide fewer (BEiT)"})},
    SG_MASK_OP(run),
    .infer = sg_mask_infer,
    .flops = flops,
    .hidden = hidden,
    .samples = samples,
};
