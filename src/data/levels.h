/* data/levels.h - what steps do to the levels 0 .. 255 of pixels.
 *
 * Everything here follows torchvision on tensors of bytes (torchvision.transforms.functional), rounding
 * included: a level is a whole number in 0..255, held as a float. Images are [channels, height, width]; what
 * looks at colours takes one channel (grey) or three (red, green, blue). */
#ifndef SG_DATA_LEVELS_H
#define SG_DATA_LEVELS_H

#include "simgraph/data.h"

typedef struct sg_levels {
    float *v; /* planes of height * width */
    int64_t channels, height, width;
} sg_levels;

/* Pixels in 0..1 to the nearest levels, and back: once a level, a pixel comes through unchanged. */
void sg_levels_from(sg_levels *to, const float *pixels);
void sg_levels_to_pixels(sg_levels *levels);

/* Checks that a step which looks at colours can: one channel or three. */
sg_status sg_levels_need_colour(const sg_shape *shape, sg_error *error);

/* ---- colour ---- factors of 1 (of hue: 0) change nothing. */

void sg_levels_brightness(sg_levels *l, double factor);
void sg_levels_contrast(sg_levels *l, double factor);   /* towards the mean of grey */
void sg_levels_saturation(sg_levels *l, double factor); /* towards grey; grey images stay */
void sg_levels_hue(sg_levels *l, double turn);          /* turns, -0.5 .. 0.5; grey images stay */
void sg_levels_grey(sg_levels *l); /* all three channels become 0.2989 r + 0.587 g + 0.114 b */

/* ---- tone ---- */

void sg_levels_posterize(sg_levels *l, int bits);        /* keeps the highest bits */
void sg_levels_solarize(sg_levels *l, double threshold); /* turns around what is not below it */
void sg_levels_autocontrast(sg_levels *l);               /* each channel from 0 to 255 */
void sg_levels_equalize(sg_levels *l);                   /* each channel: levels as even as can be */
/* Away from what a 3 x 3 filter makes of the image, or towards it. `scratch`: height * width. */
void sg_levels_sharpness(sg_levels *l, double factor, float *scratch);

/* ---- places ---- */

/* `out` becomes what `in` has at the place (x, y) * matrix, both counted from the middle of the image: x' =
 * m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5]. Outside of the image there is `fill`. */
void sg_levels_warp(const sg_levels *in, float *out, const double matrix[6], bool bilinear, float fill);

/* A Gaussian filter of `size` x `size` (odd) whose edges are mirrored. `scratch`: height * width + size. */
void sg_levels_blur(sg_levels *l, int64_t size, double sigma, float *scratch);

#endif
