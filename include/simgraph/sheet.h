/* simgraph/sheet.h - sheets of reconstructions: one row a sample, captions on top.
 *
 *     image | masked | reconstruction | pasted
 *
 * "masked" shows hidden cells in a flat colour, "pasted" the image with the reconstruction in the hidden
 * cells. Without a mask there are two columns, image and reconstruction. Small images are enlarged by a whole
 * factor. */
#ifndef SIMGRAPH_SHEET_H
#define SIMGRAPH_SHEET_H

#include "simgraph/image.h"
#include "simgraph/tensor.h"

SG_BEGIN_C

typedef struct sg_sheet_options {
    size_t size;             /* sizeof(sg_sheet_options) */
    const sg_tensor *image;  /* [b, c, h, w], a float type */
    const sg_tensor *output; /* the same shape */
    const sg_tensor
        *mask; /* [b, gh, gw] with h and w multiples of gh and gw, any type, 1 hidden; may be NULL */
    const double *scale,
        *shift; /* c of each: a value v is the pixel v * scale + shift in 0..1; NULL: 1 and 0 */
    int rows;   /* samples to draw, at most; 0: 8 */
} sg_sheet_options;

/* Draws into a zeroed image, grey samples (c = 1) and colour (c = 3) alike; of other counts of channels the
 * first is shown as grey. Fails with SG_BAD_USAGE (shapes) or SG_OUT_OF_MEMORY. */
sg_status sg_sheet_draw(sg_image *sheet, const sg_sheet_options *options, sg_error *error);
/* Draws and writes a PNG file in one piece. */
sg_status sg_sheet_save(const char *path, const sg_sheet_options *options, sg_error *error);

SG_END_C

#endif
