/* JPEG through TurboJPEG. */
#include "format/decode.h"

#ifdef SG_HAVE_JPEG
#include <string.h>
#include <turbojpeg.h>

/* Half, a quarter or an eighth, which the library has quick code for. */
static tjscalingfactor scale_of(const sg_decode *decode) {
    int shift = 0;
    if (decode->cover_width > 0)
        for (; shift < 3; shift++) {
            tjscalingfactor next = {1, 2 << shift};
            if (TJSCALED(decode->width, next) < decode->cover_width ||
                TJSCALED(decode->height, next) < decode->cover_height)
                break;
        }
    return (tjscalingfactor){1, 1 << shift};
}

/* The four inks as Adobe's programs write them, inverted; `count` pixels become red, green, blue in place. */
static void remove_black(uint8_t *pixel, size_t count) {
    uint8_t *to = pixel;
    for (; count > 0; count--, pixel += 4, to += 3)
        for (int c = 0; c < 3; c++) to[c] = (uint8_t)((pixel[c] * pixel[3] + 127) / 255);
}

static sg_status failed(tjhandle handle, sg_error *error) {
    const char *why = tjGetErrorStr2(handle);
    if (strcasestr(why, "memory")) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a JPEG image");
    return sg_fail(error, SG_BAD_DATA, "is damaged: libjpeg: %.200s", why);
}

/* Bytes too many between two parts do no harm to the pixels, and many cameras write them; a file that ends
 * too early, or codes that are none, leave pixels grey. */
static bool harmless(tjhandle handle) {
    return tjGetErrorCode(handle) == TJERR_WARNING && strstr(tjGetErrorStr2(handle), "extraneous bytes");
}

static sg_status decode_with(tjhandle handle, sg_decode *decode, sg_error *error) {
    int width, height, sampling, space;
    unsigned long bytes = (unsigned long)decode->bytes;
    if (tjDecompressHeader3(handle, decode->data, bytes, &width, &height, &sampling, &space) != 0 &&
        !harmless(handle))
        return failed(handle, error);
    sg_status status = sg_decode_size(decode, width, height, error);
    if (status != SG_OK || decode->size_only) return status;
    bool inks = space == TJCS_CMYK || space == TJCS_YCCK, grey = space == TJCS_GRAY;
    tjscalingfactor scale = scale_of(decode);
    width = TJSCALED(width, scale);
    height = TJSCALED(height, scale);
    status = sg_decode_alloc(decode, width, height, grey ? 1 : inks ? 4 : 3, error);
    if (status != SG_OK) return status;
    int format = grey ? TJPF_GRAY : inks ? TJPF_CMYK : TJPF_RGB;
    if (tjDecompress2(handle, decode->data, bytes, decode->image->pixels, width, 0, height, format,
                      TJFLAG_LIMITSCANS) != 0 &&
        !harmless(handle))
        return failed(handle, error);
    if (inks) {
        remove_black(decode->image->pixels, (size_t)width * (size_t)height);
        decode->image->channels = 3;
    }
    return SG_OK;
}

static sg_status decode(sg_decode *decode, sg_error *error) {
    tjhandle handle = tjInitDecompress();
    if (!handle) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a JPEG image");
    sg_status status = decode_with(handle, decode, error);
    tjDestroy(handle);
    return status;
}
#else
static sg_status decode(sg_decode *decode, sg_error *error) {
    (void)decode;
    return sg_fail(
        error, SG_FAILURE,
        "is a JPEG image, and this simgraph was built without libturbojpeg: install libturbojpeg0-dev, then "
        "meson configure build -Djpeg=enabled");
}
#endif

static bool detect(const unsigned char *data, size_t bytes) {
    return bytes >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff;
}

const sg_decoder sg_decoder_jpeg = {detect, decode};
