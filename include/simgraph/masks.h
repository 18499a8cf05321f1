/* simgraph/masks.h - the masks of a graph file: which values they are, many of them drawn, and what they
 * hide. */
#ifndef SIMGRAPH_MASKS_H
#define SIMGRAPH_MASKS_H

#include "simgraph/context.h"
#include "simgraph/language.h"

SG_BEGIN_C

typedef struct sg_masks_options {
    size_t size;      /* sizeof(sg_masks_options) */
    const char *name; /* of one value; NULL: every output of an op, and every first output of a block, that is
                         called `mask` and lies in no other such block */
    int64_t draws;    /* masks to draw of each value, at least 1 */
    int64_t shown;    /* how many of them to keep, with their images */
    bool seeded;      /* by `seed`; else by train.seed, or 0 */
    uint64_t seed;
    const char *init; /* weights, for masks that depend on them: a run directory or a file of named arrays */
} sg_masks_options;

/* What was drawn of one value: masks of samples 0, 1, ... in epoch 0, as in the graph of training. */
typedef struct sg_mask_info {
    char *name;            /* "mask", "codes.hide" */
    char *kind;            /* the op or block that makes it */
    int64_t rows, columns; /* tokens. A mask [samples, tokens] lies in the rows of the image, or in a square
                              where it can, or in one row */
    int64_t cell; /* tokens along the side of the largest squares of which each was hidden or visible as a
                     whole in every mask; 1 where all masks were the same */
    char *image;  /* the first input image that its tokens divide, or NULL */
    int64_t down, across; /* pixels of a token; 1 without image */
    int64_t draws;
    int64_t least, most; /* hidden tokens */
    double mean;         /* of them */
    int64_t none, all;   /* masks that hide nothing, and those that hide everything */
    double distance; /* mean over the other masks of AvgDist (Xie et al., arXiv:2111.09886): the mean distance
                        in pixels from the centre of a hidden pixel to that of the nearest visible one; NaN
                        where there are no others */
    sg_tensor shown; /* u8 [masks, rows, columns], 1 hidden; the first of the draws */
    sg_tensor pictures;    /* f32 [masks, channels, height, width], their images; data NULL: not at hand */
    double *scale, *shift; /* per channel: a value v is the pixel v * scale + shift in 0..1 */
} sg_mask_info;

typedef struct sg_masks {
    int count;
    sg_mask_info *mask;
    uint64_t seed;
    char *note;  /* NULL, or why data that was wanted is not there */
    bool random; /* some masks depend on inputs that were random numbers for that reason */
} sg_masks;

/* Problems of the document go to `diagnostics` (SG_BAD_GRAPH with the message "the graph file has errors"),
 * others to `error`: SG_BAD_GRAPH (no mask in the graph, a value that is none by its shape or by what it
 * holds), SG_BAD_USAGE (an unknown name, with the nearest one), what sg_weights_load says of `init`,
 * SG_OUT_OF_MEMORY. `out` is empty after a failure. */
sg_status sg_document_masks(sg_masks *out, sg_context *context, const sg_document *document,
                            const sg_masks_options *options, sg_diagnostics *diagnostics, sg_error *error);
void sg_masks_finish(sg_masks *masks);

SG_END_C

#endif
