/* PNG through libpng, without its colour management: pixels are what the file holds, as in Pillow. */
#include "format/decode.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

typedef struct reader {
    sg_decode *decode;
    sg_error *error;
    size_t at;
} reader;

static void on_error(png_structp png, png_const_charp why) {
    reader *r = png_get_error_ptr(png);
    /* libpng tells by its text alone that there was no memory. */
    if (strcasestr(why, "out of memory") || strcasestr(why, "insufficient memory"))
        sg_fail(r->error, SG_OUT_OF_MEMORY, "out of memory for a PNG image");
    else
        sg_fail(r->error, SG_BAD_DATA, "is damaged: libpng: %.200s", why);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp why) {
    (void)png;
    (void)why;
}

static void take_bytes(png_structp png, png_bytep to, size_t count) {
    reader *r = png_get_io_ptr(png);
    if (count > r->decode->bytes - r->at) png_error(png, "it ends too early");
    memcpy(to, r->decode->data + r->at, count);
    r->at += count;
}

static sg_status read_rows(png_structp png, png_infop info, sg_decode *decode, sg_error *error) {
    png_read_info(png, info);
    sg_status status =
        sg_decode_size(decode, png_get_image_width(png, info), png_get_image_height(png, info), error);
    if (status != SG_OK || decode->size_only) return status;
    png_set_expand(png);
    png_set_scale_16(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    int channels = png_get_channels(png, info);
    status = sg_decode_alloc(decode, decode->width, decode->height, channels, error);
    size_t row = (size_t)decode->width * (size_t)channels;
    for (int pass = 0; status == SG_OK && pass < passes; pass++)
        for (int y = 0; y < decode->height; y++)
            png_read_row(png, decode->image->pixels + (size_t)y * row, NULL);
    return status;
}

static sg_status decode(sg_decode *decode, sg_error *error) {
    static const png_byte texts[] = "tEXt\0zTXt\0iTXt";
    sg_error problem = {0};
    reader r = {decode, &problem, 0};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a PNG image");
    }
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_set_read_fn(png, &r, take_bytes);
        /* Texts are skipped: where libpng has no memory for one, it loses its place in the file. */
        png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, texts, 3);
        read_rows(png, info, decode, &problem);
    }
    png_destroy_read_struct(&png, &info, NULL);
    if (error && problem.status != SG_OK) *error = problem;
    return problem.status;
}

static bool detect(const unsigned char *data, size_t bytes) {
    return bytes >= 8 && png_sig_cmp(data, 0, 8) == 0;
}

const sg_decoder sg_decoder_png = {detect, decode};
