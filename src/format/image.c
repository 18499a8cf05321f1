/* Small pictures in memory. */
#include "simgraph/image.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

sg_status sg_image_init(sg_image *image, int width, int height, int channels, sg_error *error) {
    *image = (sg_image){0};
    if (width < 1 || height < 1 || width > SG_IMAGE_MAX_SIDE || height > SG_IMAGE_MAX_SIDE)
        return sg_fail(error, SG_BAD_USAGE, "an image of %d x %d pixels: sides go from 1 to %d", width,
                       height, SG_IMAGE_MAX_SIDE);
    if (channels != 1 && channels != 3)
        return sg_fail(error, SG_BAD_USAGE, "an image of %d channels: it must be 1 or 3", channels);
    uint8_t *pixels = calloc((size_t)width * (size_t)height, (size_t)channels);
    if (!pixels)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for an image of %d x %d", width, height);
    *image = (sg_image){.width = width, .height = height, .channels = channels, .pixels = pixels};
    return SG_OK;
}

void sg_image_finish(sg_image *image) {
    free(image->pixels);
    *image = (sg_image){0};
}

uint8_t sg_image_level(double value) {
    return !(value > 0) ? 0 : value >= 1 ? 255 : (uint8_t)(value * 255 + 0.5);
}

static uint8_t *pixel_at(const sg_image *image, int x, int y) {
    return image->pixels + ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels;
}

/* Cuts [*start, *start + *length) to [0, limit); 64 bits so that no sum overflows. */
static bool clip(int64_t *start, int64_t *length, int64_t limit) {
    int64_t end = *start + *length;
    if (*start < 0) *start = 0;
    if (end > limit) end = limit;
    *length = end - *start;
    return *length > 0;
}

void sg_image_fill(sg_image *image, int x, int y, int width, int height, const uint8_t colour[3]) {
    int64_t left = x, top = y, columns = width, rows = height;
    if (!clip(&left, &columns, image->width) || !clip(&top, &rows, image->height)) return;
    for (int64_t row = 0; row < rows; row++) {
        uint8_t *to = pixel_at(image, (int)left, (int)(top + row));
        for (int64_t i = 0; i < columns; i++, to += image->channels)
            memcpy(to, colour, (size_t)image->channels);
    }
}

void sg_image_blit(sg_image *image, int x, int y, const sg_image *from, int factor) {
    for (int row = 0; row < from->height; row++)
        for (int column = 0; column < from->width; column++) {
            const uint8_t *pixel = pixel_at(from, column, row);
            uint8_t colour[3] = {pixel[0], pixel[0], pixel[0]};
            if (from->channels == 3 && image->channels == 3)
                memcpy(colour, pixel, 3);
            else if (from->channels == 3)
                colour[0] = (uint8_t)((pixel[0] + pixel[1] + pixel[2] + 1) / 3);
            sg_image_fill(image, x + column * factor, y + row * factor, factor, factor, colour);
        }
}
