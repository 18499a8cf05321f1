#include "data/images.h"

#include "base/memory.h"
#include "data/resize.h"
#include "format/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct images {
    sg_reader reader;
    sg_image_store store;
    sg_image_frame frame;
} images;

sg_image_part sg_image_frame_part(const sg_image_frame *f, int64_t h, int64_t w) {
    sg_image_part part = {.height = h, .width = w};
    if (f->stretch) return part;
    if (w * f->height > h * f->width)
        part.width = (h * f->width + f->height / 2) / f->height;
    else
        part.height = (w * f->height + f->width / 2) / f->width;
    if (part.width < 1) part.width = 1;
    if (part.height < 1) part.height = 1;
    part.left = (w - part.width) / 2;
    part.top = (h - part.height) / 2;
    return part;
}

/* A row of `width` pixels with the channels that are wanted: in the image, or in `room`. */
static const uint8_t *take_row(int channels, const sg_image *image, int64_t y, int64_t left, int64_t width,
                               uint8_t *room) {
    const uint8_t *from = image->pixels + (y * image->width + left) * image->channels;
    if (image->channels == channels) return from;
    sg_pixels_convert(from, image->channels, room, channels, (size_t)width);
    return room;
}

/* Row by row, since images may be large: in floats there is a row of one, and what becomes of all rows. */
static sg_status fit(const sg_image_frame *f, const sg_image *image, uint8_t *to, sg_error *error) {
    sg_image_part part = sg_image_frame_part(f, image->height, image->width);
    sg_resize_size size = {part.height, part.width, f->height, f->width};
    sg_resize_plan plan;
    int64_t out = size.out_height * size.out_width, narrow = size.in_height * size.out_width;
    float *row = sg_array_alloc(
        (size_t)(size.in_width + out + f->channels * narrow + sg_resize_plan_floats(size)), sizeof *row);
    uint8_t *room = sg_array_alloc((size_t)size.in_width, (size_t)f->channels);
    if (!row || !room) {
        free(row);
        free(room);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory resizing an image");
    }
    float *plane = row + size.in_width, *rows = plane + out;
    sg_resize_plan_init(&plan, size, rows + f->channels * narrow);
    for (int64_t y = 0; y < size.in_height; y++) {
        const uint8_t *from = take_row(f->channels, image, part.top + y, part.left, part.width, room);
        for (int c = 0; c < f->channels; c++) {
            for (int64_t x = 0; x < size.in_width; x++) row[x] = from[x * f->channels + c];
            sg_resize_row(&plan, row, rows + c * narrow + y * size.out_width);
        }
    }
    for (int c = 0; c < f->channels; c++) {
        sg_resize_rows(&plan, rows + c * narrow, plane);
        for (int64_t i = 0; i < out; i++)
            *to++ = (uint8_t)(plane[i] + 0.5f); /* a mean of bytes stays in 0..255 */
    }
    free(row);
    free(room);
    return SG_OK;
}

static sg_status take(const sg_image_frame *f, const char *data, size_t bytes, uint8_t *to, sg_look *look,
                      sg_error *error) {
    sg_image image = {0};
    /* From twice the size a resize gives nearly what it gives from the whole image. */
    sg_decode decode = {.data = (const unsigned char *)data,
                        .bytes = bytes,
                        .cover_width = 2 * f->width,
                        .cover_height = 2 * f->height,
                        .image = &image};
    sg_status status = sg_image_decode(&decode, error);
    if (status == SG_OK) *look = (sg_look){decode.width, decode.height, image.channels};
    if (status == SG_OK) status = fit(f, &image, to, error);
    sg_image_finish(&image);
    return status;
}

sg_status sg_image_frame_read(const sg_image_frame *f, const char *data, size_t bytes, uint8_t *to,
                              sg_error *error) {
    sg_look ignored;
    return take(f, data, bytes, to, &ignored, error);
}

void sg_image_clean(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f) *text = '?';
}

/* "`NAME` is damaged: ...": puts the name in front. */
static sg_status blame(const images *t, int64_t sample, sg_error *error) {
    char why[SG_MESSAGE_MAX], *name = t->store.name(t->store.data, sample);
    if (!error || error->status == SG_OUT_OF_MEMORY) {
        free(name);
        return SG_OUT_OF_MEMORY;
    }
    snprintf(why, sizeof why, "%s", error->message);
    sg_fail(error, error->status, "`%s` %s", name ? name : "?", why);
    free(name);
    return error->status;
}

static sg_status look_at(const images *t, int64_t sample, void *to, sg_look *look, sg_error *error) {
    char *data = NULL;
    size_t bytes;
    sg_status status = t->store.fetch(t->store.data, sample, &data, &bytes, error);
    if (status != SG_OK) return status;
    status = take(&t->frame, data, bytes, to, look, error);
    free(data);
    return status == SG_OK ? SG_OK : blame(t, sample, error);
}

static sg_status look(const sg_reader *reader, int64_t sample, void *to, sg_look *look, sg_error *error) {
    sg_status status = look_at((const images *)reader, sample, to, look, error);
    if (status != SG_OK && error) sg_image_clean(error->message);
    return status;
}

static sg_status read(const sg_reader *reader, int64_t sample, void *to, sg_error *error) {
    sg_look ignored;
    return look(reader, sample, to, &ignored, error);
}

static void destroy(sg_reader *reader) {
    images *t = (images *)reader;
    t->store.destroy(t->store.data);
    free(t);
}

/* The size in the header of a file. */
static bool find_size(const images *t, int64_t sample, sg_decode *decode) {
    char *data = NULL;
    if (t->store.fetch(t->store.data, sample, &data, &decode->bytes, NULL) != SG_OK) return false;
    decode->data = (const unsigned char *)data;
    bool good = sg_image_decode(decode, NULL) == SG_OK;
    free(data);
    return good;
}

/* A size that nobody chose is told where it changes images. */
static void note_size(const sg_attr *attr, const images *t, sg_table *table) {
    enum { LOOKED_AT = 16 };
    if (attr[SG_IMAGES_SIZE].set || (attr[SG_IMAGES_HEIGHT].present && attr[SG_IMAGES_WIDTH].present)) return;
    for (int64_t i = 0; i < table->count && i < LOOKED_AT; i++) {
        sg_image image = {0};
        sg_decode size = {.size_only = true, .image = &image};
        if (!find_size(t, i, &size) || (size.width == t->frame.width && size.height == t->frame.height))
            continue;
        snprintf(
            table->note, sizeof table->note,
            "images are cropped and resized to %d x %d (the first such has %d x %d), since `size` is not set",
            t->frame.width, t->frame.height, size.width, size.height);
        return;
    }
}

static int side(const sg_attr *attr, int which) {
    return (int)(attr[which].present ? attr[which].i : attr[SG_IMAGES_SIZE].i);
}

sg_status sg_images_describe(const sg_attr *attr, int64_t count, const char *what, sg_table *table,
                             sg_error *error) {
    if (count == 0)
        return sg_fail(error, SG_BAD_DATA, "there is no %s in `%s`", what, attr[SG_IMAGES_PATH].text);
    table->count =
        attr[SG_IMAGES_LIMIT].present && attr[SG_IMAGES_LIMIT].i < count ? attr[SG_IMAGES_LIMIT].i : count;
    sg_shape shape =
        SG_SHAPE(attr[SG_IMAGES_CHANNELS].i, side(attr, SG_IMAGES_HEIGHT), side(attr, SG_IMAGES_WIDTH));
    return sg_table_add(table, "image", SG_U8, shape, NULL, error);
}

sg_status sg_images_open(const sg_attr *attr, sg_image_store *store, sg_table *table, sg_error *error) {
    images *t = calloc(1, sizeof *t);
    if (!t) {
        store->destroy(store->data);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    *t = (images){.store = *store,
                  .frame = {.channels = (int)attr[SG_IMAGES_CHANNELS].i,
                            .height = side(attr, SG_IMAGES_HEIGHT),
                            .width = side(attr, SG_IMAGES_WIDTH)}};
    t->reader =
        (sg_reader){.read = read,
                    .look = look,
                    .destroy = destroy,
                    .count = table->count,
                    .bytes = (size_t)t->frame.channels * (size_t)t->frame.height * (size_t)t->frame.width,
                    .max_bad = attr[SG_IMAGES_MAX_BAD].f};
    table->reader = &t->reader;
    note_size(attr, t, table);
    return sg_reader_init(&t->reader, (size_t)attr[SG_IMAGES_CACHE].i << 20, error);
}
