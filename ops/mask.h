/* What masks on a grid of square cells share: one mask a sample, exact counts, cells that are repeated to the
 * tokens of a finer grid. A mask is 1 where hidden. */
#ifndef SG_OPS_MASK_H
#define SG_OPS_MASK_H

#include "ops/random.h"

/* The order of the attributes. */
enum { SG_MASK_SHAPE, SG_MASK_RATIO, SG_MASK_CELL };

#define SG_MASK_ATTRS(shapes, share)                                                                    \
    {.name = "shape", .type = SG_ATTR_INTS, .doc = shapes, .min = 0, .max = 1e9},                       \
        {.name = "ratio", .type = SG_ATTR_FLOAT, .doc = share, .min = 0, .max = 1}, {                   \
        .name = "cell", .type = SG_ATTR_INT, .fallback = "1", .doc = "tokens along the side of a cell", \
        .min = 1, .max = 1e9                                                                            \
    }
#define SG_MASK_OP(function)                                                                           \
    .family = "random", .out = {{"mask", "1 where hidden", 0}}, .flags = SG_OP_RANDOM | SG_OP_NONDIFF, \
    .domain = sg_mask_domain, .kernels = {{SG_F32, function}, {SG_F64, function}}

/* Cells, and the tokens down and across one. [samples, tokens] is one row. */
typedef struct sg_mask_grid {
    int64_t rows, columns, down, across;
} sg_mask_grid;

/* One mask that is being drawn. */
typedef struct sg_mask_draw {
    const sg_task *task;
    uint32_t sample;
    int64_t part; /* which mask of the sample it is */
    sg_mask_grid grid;
    int64_t cells, count;  /* all; how many are to be hidden: ceil(cells * ratio), in double arithmetic */
    unsigned char *hidden; /* one a cell, zero at first: what is to be filled */
    uint64_t *keys;        /* scratch of sg_mask_pick */
    uint32_t *words;
} sg_mask_draw;

sg_status sg_mask_infer(sg_infer *c);         /* [samples, rows, columns] */
sg_status sg_mask_infer_or_flat(sg_infer *c); /* [samples, tokens] too */
void sg_mask_domain(const sg_signature *s, sg_domain *d);
/* For masks that hide ceil(cells * ratio) cells of every sample. */
bool sg_mask_hidden(const sg_signature *s, sg_hidden *hidden);
/* Draws every mask of the range. */
typedef void (*sg_mask_function)(sg_mask_draw *draw);
void sg_mask_run(const sg_task *task, sg_mask_function draw);

/* How many times four words sg_mask_pick draws. */
int64_t sg_mask_quads(const sg_mask_draw *draw);
/* Makes `count` of the cells that are `from` the other, every set of so many equally likely; all of them
 * where there are fewer. */
void sg_mask_pick(sg_mask_draw *draw, int64_t first_quad, unsigned char from, int64_t count);
/* A place among `places`, all equally likely. */
int64_t sg_mask_place(uint32_t word, int64_t places);
void sg_mask_fill(sg_mask_draw *draw, int64_t top, int64_t left, int64_t high, int64_t wide,
                  unsigned char hidden);

/* Keys whose low halves are 0 .. n - 1 in random order: each number draws a word, and they are sorted by
 * their words, ties by number. `words` has room for n + 3. */
void sg_mask_shuffle(const sg_task *task, uint32_t sample, int64_t first_quad, int64_t n, uint64_t *keys,
                     uint32_t *words);

#endif
