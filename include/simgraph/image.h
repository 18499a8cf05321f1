/* simgraph/image.h - small pictures of 8-bit pixels, and PNG files. Sources of images read more: see
 * simgraph/data.h. */
#ifndef SIMGRAPH_IMAGE_H
#define SIMGRAPH_IMAGE_H

#include "simgraph/error.h"
#include <stdint.h>

SG_BEGIN_C

/* Rows from top to bottom, channels interleaved: pixel (x, y) starts at (y * width + x) * channels. */
enum { SG_IMAGE_MAX_SIDE = 32768, SG_IMAGE_COMMENT = 192 };

typedef struct sg_image {
    int width, height;
    int channels; /* 1: grey, 3: red, green, blue */
    uint8_t *pixels;
    char comment[SG_IMAGE_COMMENT]; /* ASCII; a PNG file that is written keeps it as its text "Comment" */
} sg_image;

/* Black pixels. Sides 1..SG_IMAGE_MAX_SIDE, 1 or 3 channels, else SG_BAD_USAGE. */
sg_status sg_image_init(sg_image *image, int width, int height, int channels, sg_error *error);
void sg_image_finish(sg_image *image); /* harmless on a zeroed or finished one */

/* Both draw only what lies inside. A grey image takes the first of the three values. */
void sg_image_fill(sg_image *image, int x, int y, int width, int height, const uint8_t colour[3]);
/* Draws `from` with every pixel enlarged to factor x factor; grey on colour is spread, colour on grey is
 * averaged. */
void sg_image_blit(sg_image *image, int x, int y, const sg_image *from, int factor);

/* A value in 0..1 as a byte, rounded; what lies outside is 0 or 255, and NaN is black. */
uint8_t sg_image_level(double value);

/* Writes a PNG file in one piece (simgraph/file.h). */
sg_status sg_image_save_png(const sg_image *image, const char *path, sg_error *error);
/* Reads a PNG file as 1 or 3 channels (0: as it is, grey or colour; alpha is laid over black; 16 bits become
 * 8). The header is read first: more than 178,956,970 pixels are SG_BAD_DATA. */
sg_status sg_image_load_png(sg_image *image, const char *path, int channels, sg_error *error);

/* The formats that sources of images read, as far as this program was built with their libraries: "JPEG, PNG,
 * PNM, WebP".
 */
const char *sg_image_formats(void);

SG_END_C

#endif
