/* A directory of PNG files, of any sizes: each is cropped in the middle to the shape that is asked for, and
 * resized. */
#include "base/memory.h"
#include "data/paths.h"
#include "data/resize.h"
#include "data/table.h"
#include "simgraph/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH, SIZE, HEIGHT, WIDTH, CHANNELS, LIMIT };

typedef struct target {
    int64_t channels, height, width;
} target;

/* The largest middle part of an image of h x w with the target's ratio of sides. */
static void middle_part(int64_t h, int64_t w, const target *t, sg_resize_size *size) {
    *size = (sg_resize_size){h, w, t->height, t->width};
    if (w * t->height > h * t->width)
        size->in_width = (h * t->width + t->height / 2) / t->height;
    else
        size->in_height = (w * t->height + t->width / 2) / t->width;
    if (size->in_width < 1) size->in_width = 1;
    if (size->in_height < 1) size->in_height = 1;
}

static sg_status convert(const sg_image *image, const target *t, uint8_t *to, sg_error *error) {
    sg_resize_size size;
    middle_part(image->height, image->width, t, &size);
    int64_t left = (image->width - size.in_width) / 2, top = (image->height - size.in_height) / 2;
    size_t in = (size_t)size.in_height * (size_t)size.in_width, out = (size_t)(t->height * t->width);
    float *plane = sg_array_alloc(in + out + (size_t)sg_resize_scratch(size), sizeof *plane);
    if (!plane) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory resizing an image");
    for (int64_t c = 0; c < t->channels; c++) {
        for (size_t i = 0; i < in; i++) {
            int64_t y = top + (int64_t)i / size.in_width, x = left + (int64_t)i % size.in_width;
            plane[i] = image->pixels[(y * image->width + x) * t->channels + c];
        }
        sg_resize(plane, size.in_width, plane + in, size, plane + in + out);
        for (size_t i = 0; i < out; i++)
            *to++ = (uint8_t)(plane[in + i] + 0.5f); /* a mean of bytes stays in 0..255 */
    }
    free(plane);
    return SG_OK;
}

/* Lists the files and adds the columns for them. */
static sg_status find(const sg_attr *attr, target *t, sg_paths *paths, sg_table *table, void **images,
                      void **labels, sg_error *error) {
    *t = (target){attr[CHANNELS].i, attr[SIZE].i, attr[SIZE].i};
    *paths = (sg_paths){0};
    if (attr[HEIGHT].present) t->height = attr[HEIGHT].i;
    if (attr[WIDTH].present) t->width = attr[WIDTH].i;
    if (t->channels != 1 && t->channels != 3)
        return sg_fail(error, SG_BAD_GRAPH, "folder: channels must be 1 or 3");
    sg_status status = sg_source_look(attr[PATH].text, error);
    if (status == SG_OK) status = sg_paths_find(paths, attr[PATH].text, ".png", error);
    if (status != SG_OK) return status;
    table->count = (int64_t)paths->count;
    if (attr[LIMIT].present && attr[LIMIT].i < table->count) table->count = attr[LIMIT].i;
    if (paths->count == 0)
        return sg_fail(error, SG_BAD_DATA,
                       "there is no .png file in `%s`: other formats must be converted first",
                       attr[PATH].text);
    status = sg_table_add(table, "image", SG_U8, SG_SHAPE(t->channels, t->height, t->width), images, error);
    if (status == SG_OK && paths->classes > 0)
        status = sg_table_add(table, "label", SG_I32, sg_shape_of(0, NULL), labels, error);
    return status;
}

static sg_status describe(const sg_attr *attr, sg_table *table, sg_error *error) {
    target t;
    sg_paths paths;
    sg_status status = find(attr, &t, &paths, table, NULL, NULL, error);
    sg_paths_finish(&paths);
    return status;
}

/* A size that nobody chose is told where it changes images. */
static void note_size(const sg_attr *attr, const target *t, const sg_image *image, sg_table *table) {
    bool chosen = attr[SIZE].set || (attr[HEIGHT].present && attr[WIDTH].present);
    if (chosen || *table->note || (image->height == t->height && image->width == t->width)) return;
    snprintf(
        table->note, sizeof table->note,
        "images are cropped and resized to %lld x %lld (the first such has %d x %d), since `size` is not set",
        (long long)t->width, (long long)t->height, image->width, image->height);
}

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    target t;
    sg_paths paths;
    void *images = NULL, *labels = NULL;
    sg_status status = find(attr, &t, &paths, table, &images, &labels, error);
    size_t bytes = (size_t)(t.channels * t.height * t.width);
    for (int64_t i = 0; i < table->count && status == SG_OK; i++) {
        sg_image image;
        status = sg_image_load_png(&image, paths.item[i].path, (int)t.channels, error);
        if (status == SG_OK) note_size(attr, &t, &image, table);
        if (status == SG_OK) status = convert(&image, &t, (uint8_t *)images + (size_t)i * bytes, error);
        sg_image_finish(&image);
        if (labels) ((int32_t *)labels)[i] = paths.item[i].class;
    }
    sg_paths_finish(&paths);
    return status;
}

#define SIDE_ATTR(key, standard, text) \
    { .name = key, .type = SG_ATTR_INT, .fallback = standard, .min = 1, .max = 4096, .doc = text }

const sg_source sg_source_folder = {
    .schema =
        {.kind = SG_KIND_SOURCE,
         .name = "folder",
         .doc = "the .png files of a directory and those below it, in order of their names: columns image u8 "
                "[channels, height, width] and, where every file is in a subdirectory, label i32: its number",
         .attrs = {[PATH] = {.name = "path", .type = SG_ATTR_TEXT, .doc = "the directory"},
                   [SIZE] = SIDE_ATTR("size", "64",
                                      "height and width to which images are cropped and resized; a run says "
                                      "so where it is not set"),
                   [HEIGHT] = SIDE_ATTR("height", "", "height where it differs from size"),
                   [WIDTH] = SIDE_ATTR("width", "", "width where it differs from size"),
                   [CHANNELS] = {.name = "channels",
                                 .type = SG_ATTR_INT,
                                 .fallback = "3",
                                 .min = 1,
                                 .max = 3,
                                 .doc = "1 grey or 3 colour; images are converted"},
                   [LIMIT] = {.name = "limit",
                              .type = SG_ATTR_INT,
                              .fallback = "",
                              .min = 1,
                              .max = 1e9,
                              .doc = "take the first so many files only"}}},
    .load = load,
    .describe = describe};
