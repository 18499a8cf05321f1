/* simgraph/sheet.h - sheets of reconstructions: one row a sample, captions on top; and sheets of masks.
 *
 *     image | masked | reconstruction | pasted
 *
 * "masked" shows hidden cells in a flat colour, "pasted" the image with the reconstruction in the hidden
 * cells. Without a mask there are two columns, image and reconstruction. Small images are enlarged by a whole
 * factor. The image's comment, and so that of the PNG file, tells where the samples lie, in pixels:
 * "columns 4 rows 8 left 20 top 48 width 140 height 140 across 154 down 150 px": sample (row, column) begins
 * at (left + column * across, top + row * down). A sheet that goes on beside itself ends that with ", strips
 * 3 across 650 px": `rows` are those of a strip, and all but the last strip have as many. */
#ifndef SIMGRAPH_SHEET_H
#define SIMGRAPH_SHEET_H

#include "simgraph/image.h"
#include "simgraph/tensor.h"

SG_BEGIN_C

/* Red, green and blue of the paper and of hidden cells. */
#define SG_SHEET_PAPER \
    { 250, 250, 248 }
#define SG_SHEET_HIDDEN \
    { 138, 157, 184 }

typedef struct sg_sheet_options {
    size_t size;             /* sizeof(sg_sheet_options) */
    const sg_tensor *image;  /* [b, c, h, w], a float type */
    const sg_tensor *output; /* the same shape */
    const sg_tensor
        *mask; /* [b, gh, gw] with h and w multiples of gh and gw, any type, 1 hidden; may be NULL */
    const double *scale,
        *shift;               /* c of each: a value v is the pixel v * scale + shift in 0..1; NULL: 1 and 0 */
    int rows;                 /* samples to draw, at most; 0: 8 */
    const char *const *names; /* rows of them, written above each; NULL: none */
    bool wrap;                /* more rows than make the sheet about square go on beside the first */
} sg_sheet_options;

/* Draws into a zeroed image. Three channels and more are shown in colour, by the first three; of fewer the
 * first is shown as grey. Fails with SG_BAD_USAGE (shapes) or SG_OUT_OF_MEMORY. */
sg_status sg_sheet_draw(sg_image *sheet, const sg_sheet_options *options, sg_error *error);
/* What sg_sheet_draw says of shapes and of the size of the sheet; reads and draws nothing. */
sg_status sg_sheet_check(const sg_sheet_options *options, sg_error *error);
/* Draws and writes a PNG file in one piece. */
sg_status sg_sheet_save(const char *path, const sg_sheet_options *options, sg_error *error);

/* Masks of one kind, side by side in rows, on their images or, without these, as they are. */
typedef struct sg_mask_sheet_part {
    const char *caption;
    const sg_tensor *mask;       /* [b, gh, gw], any type, 1 hidden */
    const sg_tensor *image;      /* [b, c, h, w], a float type, h and w multiples of gh and gw; or NULL */
    const double *scale, *shift; /* as above */
    int64_t down, across;        /* without images: pixels of a cell, at least 1 */
} sg_mask_sheet_part;

typedef struct sg_mask_sheet_options {
    size_t size; /* sizeof(sg_mask_sheet_options) */
    const sg_mask_sheet_part *parts;
    int part_count;
    int columns; /* masks in a row; 0: 8 */
} sg_mask_sheet_options;

/* Draws all parts below one another, all their masks. Fails as sg_sheet_draw does. */
sg_status sg_mask_sheet_draw(sg_image *sheet, const sg_mask_sheet_options *options, sg_error *error);
sg_status sg_mask_sheet_save(const char *path, const sg_mask_sheet_options *options, sg_error *error);

/* A column of a sheet of samples: those from `begin` on. */
typedef struct sg_sample_column {
    const char *caption;
    const sg_tensor *image; /* [b, c, h, w], a float type */
    int64_t begin;
    const double *scale, *shift; /* as above */
} sg_sample_column;

typedef struct sg_sample_sheet_options {
    size_t size; /* sizeof(sg_sample_sheet_options) */
    const sg_sample_column *columns;
    int column_count, rows;
    const char *const *names; /* rows of them, written above each; NULL: none */
} sg_sample_sheet_options;

/* Draws the columns side by side, each sample in a row, captions on top; images of each column are enlarged
 * by a whole factor until they are about as wide as the widest. More rows than make the sheet about square go
 * on beside the first. Three channels and more are shown in colour. Fails as sg_sheet_draw does. */
sg_status sg_sample_sheet_draw(sg_image *sheet, const sg_sample_sheet_options *options, sg_error *error);
sg_status sg_sample_sheet_save(const char *path, const sg_sample_sheet_options *options, sg_error *error);

SG_END_C

#endif
