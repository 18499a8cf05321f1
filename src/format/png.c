/* PNG files through libpng's simplified interface. */
#include "format/file.h"
#include "simgraph/image.h"

#include <png.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PNG_MAX_PIXELS = 1 << 28, PNG_MAX_BYTES = 1 << 30 };

/* libpng tells by its text alone that there was no memory. */
static sg_status png_failed(const png_image *png, sg_status status, const char *what, const char *path,
                            sg_error *error) {
    if (strcasestr(png->message, "out of memory") || strstr(png->message, "insufficient memory"))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for `%s`", path);
    return sg_fail(error, status, "`%s` %s: libpng: %s", path, what, png->message);
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
    if (status == SG_OK && !(data = malloc(bytes)))
        status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing `%s`", path);
    if (status == SG_OK && !png_image_write_to_memory(&png, data, &bytes, 0, image->pixels, 0, NULL))
        status = png_failed(&png, SG_FAILURE, "cannot be written", path, error);
    if (status == SG_OK) status = sg_file_save(path, data, bytes, error);
    free(data);
    png_image_free(&png);
    return status;
}

static sg_status decode(sg_image *image, png_image *png, const char *path, int channels, sg_error *error) {
    if (png->width > SG_IMAGE_MAX_SIDE || png->height > SG_IMAGE_MAX_SIDE ||
        (uint64_t)png->width * png->height > PNG_MAX_PIXELS)
        return sg_fail(error, SG_BAD_DATA, "`%s` has %" PRIu32 " x %" PRIu32 " pixels, which is too large",
                       path, (uint32_t)png->width, (uint32_t)png->height);
    if (channels == 0) channels = png->format & PNG_FORMAT_FLAG_COLOR ? 3 : 1;
    sg_status status = sg_image_init(image, (int)png->width, (int)png->height, channels, error);
    if (status != SG_OK) return status;
    png->format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    if (png_image_finish_read(png, &(png_color){0}, image->pixels, 0, NULL)) return SG_OK;
    sg_image_finish(image);
    return png_failed(png, SG_BAD_DATA, "is damaged", path, error);
}

sg_status sg_image_load_png(sg_image *image, const char *path, int channels, sg_error *error) {
    *image = (sg_image){0};
    char *data;
    size_t bytes;
    sg_status status = sg_file_load(path, PNG_MAX_BYTES, &data, &bytes, error);
    if (status != SG_OK) return status;
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (png_image_begin_read_from_memory(&png, data, bytes))
        status = decode(image, &png, path, channels, error);
    else
        status = png_failed(&png, SG_BAD_DATA, "is no PNG file", path, error);
    png_image_free(&png);
    free(data);
    return status;
}
