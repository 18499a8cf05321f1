/* format/decode.h - images of 8-bit pixels from the bytes of files: JPEG, PNG, WebP and PNM, told apart by
 * what they begin with. */
#ifndef SG_FORMAT_DECODE_H
#define SG_FORMAT_DECODE_H

#include "simgraph/image.h"

#include <stdbool.h>
#include <stddef.h>

/* As many pixels as Pillow takes before it calls a file a decompression bomb. */
#define SG_DECODE_MAX_PIXELS INT64_C(178956970)

typedef struct sg_decode {
    const unsigned char *data;
    size_t bytes;
    /* A format that can (JPEG) may halve the image several times while it decodes, as long as it has this
     * many pixels at least; 0: it is decoded whole. */
    int cover_width, cover_height;
    bool size_only; /* only the header is read: no pixels */
    sg_image *
        image; /* the result: 1 grey, 2 with alpha, 3 colour or 4 channels with alpha, as the file has them */
    int width, height; /* out: of the whole image */
} sg_decode;

/* Endings of files that hold such images, in the case of their names; the list ends with NULL. */
extern const char *const sg_image_endings[];

/* Fails with SG_BAD_DATA where the image is at fault, and the message goes on behind its name: "is damaged:
 * ...". What this program was built without is SG_FAILURE. The image is then empty. 16 bits become 8. */
sg_status sg_image_decode(sg_decode *decode, sg_error *error);

/* Makes `wants` (1 to 4) channels of `count` pixels of `has`. Colour becomes grey by the weights of ITU-R
 * BT.601 as Pillow has them, and what is transparent is laid over black where alpha is given up. */
void sg_pixels_convert(const uint8_t *from, int has, uint8_t *to, int wants, size_t count);
/* The same for a whole image, which gets other memory. */
sg_status sg_image_set_channels(sg_image *image, int channels, sg_error *error);

/* ---- for the formats ---- */

typedef struct sg_decoder {
    bool (*detect)(const unsigned char *data, size_t bytes);
    sg_status (*decode)(sg_decode *decode, sg_error *error);
} sg_decoder;

extern const sg_decoder sg_decoder_jpeg, sg_decoder_png, sg_decoder_pnm, sg_decoder_webp;

/* Takes down the size in the header, and refuses what is too large. */
sg_status sg_decode_size(sg_decode *decode, int64_t width, int64_t height, sg_error *error);
/* Makes the image that the pixels go into. */
sg_status sg_decode_alloc(sg_decode *decode, int width, int height, int channels, sg_error *error);

#endif
