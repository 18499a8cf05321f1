/* WebP through libwebp. */
#include "format/decode.h"

#include <string.h>

#ifdef SG_HAVE_WEBP
#include <webp/decode.h>

static sg_status failed(VP8StatusCode code, sg_error *error) {
    if (code == VP8_STATUS_OUT_OF_MEMORY)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a WebP image");
    return sg_fail(error, SG_BAD_DATA, "is damaged: libwebp: %s",
                   code == VP8_STATUS_NOT_ENOUGH_DATA || code == VP8_STATUS_SUSPENDED
                       ? "it ends too early"
                       : "it cannot be decoded");
}

static sg_status decode(sg_decode *decode, sg_error *error) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return sg_fail(error, SG_FAILURE, "needs another version of libwebp");
    VP8StatusCode code = WebPGetFeatures(decode->data, decode->bytes, &config.input);
    if (code != VP8_STATUS_OK) return failed(code, error);
    if (config.input.has_animation)
        return sg_fail(error, SG_BAD_DATA, "is an animation, of which there is no one image");
    sg_status status = sg_decode_size(decode, config.input.width, config.input.height, error);
    if (status != SG_OK || decode->size_only) return status;
    int channels = config.input.has_alpha ? 4 : 3;
    status = sg_decode_alloc(decode, decode->width, decode->height, channels, error);
    if (status != SG_OK) return status;
    config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = decode->image->pixels;
    config.output.u.RGBA.stride = channels * decode->width;
    config.output.u.RGBA.size = (size_t)config.output.u.RGBA.stride * (size_t)decode->height;
    code = WebPDecode(decode->data, decode->bytes, &config);
    WebPFreeDecBuffer(&config.output);
    return code == VP8_STATUS_OK ? SG_OK : failed(code, error);
}
#else
static sg_status decode(sg_decode *decode, sg_error *error) {
    (void)decode;
    return sg_fail(
        error, SG_FAILURE,
        "is a WebP image, and this simgraph was built without libwebp: install libwebp-dev, then meson "
        "configure build -Dwebp=enabled");
}
#endif

static bool detect(const unsigned char *data, size_t bytes) {
    return bytes >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

const sg_decoder sg_decoder_webp = {detect, decode};
