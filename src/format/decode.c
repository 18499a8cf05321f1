/* Which format it is, and what the formats share. */
#include "format/decode.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

const char *const sg_image_endings[] = {".jpg", ".jpeg", ".png", ".webp", ".ppm",
                                        ".pgm", ".pbm",  ".pnm", NULL};

const char *sg_image_formats(void) {
    return ""
#ifdef SG_HAVE_JPEG
           "JPEG, "
#endif
           "PNG, PNM"
#ifdef SG_HAVE_WEBP
           ", WebP"
#endif
        ;
}

sg_status sg_decode_size(sg_decode *decode, int64_t width, int64_t height, sg_error *error) {
    if (width < 1 || height < 1) return sg_fail(error, SG_BAD_DATA, "is damaged: it has no pixels");
    if (width > INT32_MAX || height > INT32_MAX || width > SG_DECODE_MAX_PIXELS / height)
        return sg_fail(error, SG_BAD_DATA, "has %" PRId64 " x %" PRId64 " pixels, which is too large", width,
                       height);
    decode->width = decode->image->width = (int)width;
    decode->height = decode->image->height = (int)height;
    return SG_OK;
}

sg_status sg_decode_alloc(sg_decode *decode, int width, int height, int channels, sg_error *error) {
    uint8_t *pixels = malloc((size_t)width * (size_t)height * (size_t)channels);
    if (!pixels)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for an image of %d x %d", width, height);
    *decode->image = (sg_image){.width = width, .height = height, .channels = channels, .pixels = pixels};
    return SG_OK;
}

sg_status sg_image_decode(sg_decode *decode, sg_error *error) {
    static const sg_decoder *const decoders[] = {&sg_decoder_jpeg, &sg_decoder_png, &sg_decoder_webp,
                                                 &sg_decoder_pnm};
    *decode->image = (sg_image){0};
    if (decode->bytes == 0) return sg_fail(error, SG_BAD_DATA, "is empty");
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++) {
        if (!decoders[i]->detect(decode->data, decode->bytes)) continue;
        sg_status status = decoders[i]->decode(decode, error);
        if (status != SG_OK) sg_image_finish(decode->image);
        return status;
    }
    return sg_fail(error, SG_BAD_DATA, "is no JPEG, PNG, WebP or PNM image");
}

/* 255 shares of alpha over black. */
static unsigned over_black(unsigned value, unsigned alpha) {
    return (value * alpha + 127) / 255;
}

static void convert(const uint8_t *from, int has, uint8_t *to, int wants) {
    unsigned r = from[0], g = has > 2 ? from[1] : r, b = has > 2 ? from[2] : r;
    unsigned alpha = has == 2 || has == 4 ? from[has - 1] : 255;
    if (wants == 1 || wants == 3)
        r = over_black(r, alpha), g = over_black(g, alpha), b = over_black(b, alpha);
    if (wants < 3) {
        to[0] = (uint8_t)((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);
    } else {
        to[0] = (uint8_t)r;
        to[1] = (uint8_t)g;
        to[2] = (uint8_t)b;
    }
    if (wants == 2 || wants == 4) to[wants - 1] = (uint8_t)alpha;
}

void sg_pixels_convert(const uint8_t *from, int has, uint8_t *to, int wants, size_t count) {
    for (; count > 0; count--, from += has, to += wants) convert(from, has, to, wants);
}

sg_status sg_image_set_channels(sg_image *image, int channels, sg_error *error) {
    if (image->channels == channels) return SG_OK;
    size_t count = (size_t)image->width * (size_t)image->height;
    uint8_t *pixels = malloc(count * (size_t)channels);
    if (!pixels)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for an image of %d x %d", image->width,
                       image->height);
    sg_pixels_convert(image->pixels, image->channels, pixels, channels, count);
    free(image->pixels);
    image->pixels = pixels;
    image->channels = channels;
    return SG_OK;
}
