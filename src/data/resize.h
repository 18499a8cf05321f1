/* data/resize.h - resizing of images: bilinear, with the triangle widened when shrinking so that nothing is
 * skipped (antialiasing), as Pillow's resize with BILINEAR and PyTorch's interpolate with antialias=True do
 * it. */
#ifndef SG_DATA_RESIZE_H
#define SG_DATA_RESIZE_H

#include <stdint.h>

typedef struct sg_resize_size {
    int64_t in_height, in_width, out_height, out_width;
} sg_resize_size;

/* Floats of scratch that sg_resize needs; grows with each size. */
int64_t sg_resize_scratch(sg_resize_size size);

/* One plane. Rows of `in` are `in_stride` floats apart, so that a part of an image can be the input; pixels
 * outside the part have no influence. `out` is contiguous. */
void sg_resize(const float *in, int64_t in_stride, float *out, sg_resize_size size, float *scratch);

/* The same row by row, where a whole plane would take too much room: every row of the input becomes one of
 * out_width pixels, and these rows, in_height of them one behind the other, become the output. */
typedef struct sg_resize_plan {
    sg_resize_size size;
    float *across, *down; /* weights */
} sg_resize_plan;

int64_t sg_resize_plan_floats(sg_resize_size size); /* that the plan takes */
void sg_resize_plan_init(sg_resize_plan *plan, sg_resize_size size, float *room);
void sg_resize_row(const sg_resize_plan *plan, const float *row, float *narrow);
void sg_resize_rows(const sg_resize_plan *plan, const float *narrow, float *out);

#endif
