/* PNG files, written through libpng's simplified interface. */
#include "format/decode.h"
#include "format/file.h"
#include "simgraph/image.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PNG_MAX_BYTES = 1 << 30 };
/* The signature and the chunk IHDR, which all others follow; a chunk's length, name and checksum. */
enum { HEAD = 8 + 25, AROUND = 12, COMMENT_ROOM = AROUND + 8 + SG_IMAGE_COMMENT };

/* libpng tells by its text alone that there was no memory. */
static sg_status png_failed(const png_image *png, sg_status status, const char *what, const char *path,
                            sg_error *error) {
    if (strcasestr(png->message, "out of memory") || strstr(png->message, "insufficient memory"))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for `%s`", path);
    return sg_fail(error, status, "`%s` %s: libpng: %s", path, what, png->message);
}

static void put_u32(unsigned char *to, size_t number) {
    for (int k = 0; k < 4; k++) to[k] = (unsigned char)(number >> (24 - 8 * k));
}

/* A chunk tEXt (PNG, 11.3.4.3) behind the head, which the simplified interface cannot write. `data` has
 * room for it; returns the new length. */
static size_t add_comment(unsigned char *data, size_t bytes, const char *comment) {
    static const char key[] = "tEXtComment"; /* and the zero that ends the keyword */
    unsigned char *chunk = data + HEAD;
    size_t length = strlen(comment), content = sizeof key - 4 + length;
    if (!length || bytes < HEAD) return bytes;
    memmove(chunk + AROUND + content, chunk, bytes - HEAD);
    put_u32(chunk, content);
    memcpy(chunk + 4, key, sizeof key);
    memcpy(chunk + 4 + sizeof key, comment, length);
    put_u32(chunk + 8 + content, crc32(0, chunk + 4, (uInt)(4 + content)));
    return bytes + AROUND + content;
}

sg_status sg_image_save_png(const sg_image *image, const char *path, sg_error *error) {
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->width,
                     .height = (png_uint_32)image->height,
                     .format = image->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    /* The first call only measures. */
    png_alloc_size_t bytes = 0;
    sg_status status = SG_OK;
    void *data = NULL;
    if (!png_image_write_to_memory(&png, NULL, &bytes, 0, image->pixels, 0, NULL))
        status = png_failed(&png, SG_FAILURE, "cannot be written", path, error);
    if (status == SG_OK && !(data = malloc(bytes + COMMENT_ROOM)))
        status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing `%s`", path);
    if (status == SG_OK && !png_image_write_to_memory(&png, data, &bytes, 0, image->pixels, 0, NULL))
        status = png_failed(&png, SG_FAILURE, "cannot be written", path, error);
    if (status == SG_OK) status = sg_file_save(path, data, add_comment(data, bytes, image->comment), error);
    free(data);
    png_image_free(&png);
    return status;
}

sg_status sg_image_load_png(sg_image *image, const char *path, int channels, sg_error *error) {
    *image = (sg_image){0};
    char *data;
    size_t bytes;
    sg_status status = sg_file_load(path, PNG_MAX_BYTES, &data, &bytes, error);
    if (status != SG_OK) return status;
    sg_decode decode = {.data = (const unsigned char *)data, .bytes = bytes, .image = image};
    if (bytes < 8 || png_sig_cmp((png_const_bytep)data, 0, 8) != 0)
        status = sg_fail(error, SG_BAD_DATA, "is no PNG file");
    else
        status = sg_image_decode(&decode, error);
    if (status == SG_OK)
        status = sg_image_set_channels(image, channels ? channels : image->channels > 2 ? 3 : 1, error);
    if (status == SG_BAD_DATA && error) {
        char why[SG_MESSAGE_MAX];
        snprintf(why, sizeof why, "%s", error->message);
        sg_fail(error, SG_BAD_DATA, "`%s` %.900s", path, why);
    }
    if (status != SG_OK) sg_image_finish(image);
    free(data);
    return status;
}
