/* data/images.h - sources of encoded images of any size: each is cropped in the middle to the shape that is
 * asked for, and resized. */
#ifndef SG_DATA_IMAGES_H
#define SG_DATA_IMAGES_H

#include "data/reader.h"
#include "data/table.h"

/* What is larger is no image. */
#define SG_IMAGE_MOST_BYTES ((size_t)1 << 30)

/* The shape that images are brought to. */
typedef struct sg_image_frame {
    int channels, height, width;
    bool stretch; /* all of the image, whatever its sides are; else the largest middle part with the ratio of
                     the frame's sides */
} sg_image_frame;

/* A rectangle of an image. */
typedef struct sg_image_part {
    int64_t top, left, height, width;
} sg_image_part;

/* The part of an image of height x width that fills the frame. */
sg_image_part sg_image_frame_part(const sg_image_frame *frame, int64_t height, int64_t width);
/* A message is one line, whatever characters the name of a file has: control characters become question
 * marks. */
void sg_image_clean(char *text);
/* Decodes the bytes of a file, and brings its part to the frame: channels * height * width bytes. Messages go
 * on behind the file's name, as those of sg_image_decode do. */
sg_status sg_image_frame_read(const sg_image_frame *frame, const char *data, size_t bytes, uint8_t *to,
                              sg_error *error);

/* Where the images come from. */
typedef struct sg_image_store {
    /* The bytes of a file, to be freed. SG_BAD_DATA and SG_IO_ERROR where it is at fault; the message names
     * it. */
    sg_status (*fetch)(const void *data, int64_t sample, char **bytes, size_t *size, sg_error *error);
    char *(*name)(const void *data, int64_t sample); /* to be freed; NULL when there is no memory */
    void (*destroy)(void *data);
    void *data;
} sg_image_store;

/* The attributes that these sources share, and where they are. */
enum {
    SG_IMAGES_PATH,
    SG_IMAGES_SIZE,
    SG_IMAGES_HEIGHT,
    SG_IMAGES_WIDTH,
    SG_IMAGES_CHANNELS,
    SG_IMAGES_LIMIT,
    SG_IMAGES_MAX_BAD,
    SG_IMAGES_CACHE
};
#define SG_IMAGES_SIDE(key, standard, text) \
    { .name = key, .type = SG_ATTR_INT, .fallback = standard, .min = 1, .max = 4096, .doc = text }
#define SG_IMAGES_ATTRS(path_doc)                                                                       \
    SG_ATTRS([SG_IMAGES_PATH] = {.name = "path", .type = SG_ATTR_TEXT, .doc = path_doc},                \
             [SG_IMAGES_SIZE] =                                                                         \
                 SG_IMAGES_SIDE("size", "64",                                                           \
                                "height and width to which images are cropped and resized; a run says " \
                                "so where it is not set"),                                              \
             [SG_IMAGES_HEIGHT] = SG_IMAGES_SIDE("height", "", "height where it differs from size"),    \
             [SG_IMAGES_WIDTH] = SG_IMAGES_SIDE("width", "", "width where it differs from size"),       \
             [SG_IMAGES_CHANNELS] =                                                                     \
                 {.name = "channels",                                                                   \
                  .type = SG_ATTR_INT,                                                                  \
                  .fallback = "3",                                                                      \
                  .min = 1,                                                                             \
                  .max = 4,                                                                             \
                  .doc = "1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; images are "          \
                         "converted"},                                                                  \
             [SG_IMAGES_LIMIT] = {.name = "limit",                                                      \
                                  .type = SG_ATTR_INT,                                                  \
                                  .fallback = "",                                                       \
                                  .min = 1,                                                             \
                                  .max = 1e9,                                                           \
                                  .doc = "take the first so many images only"},                         \
             [SG_IMAGES_MAX_BAD] = {.name = "max_bad",                                                  \
                                    .type = SG_ATTR_FLOAT,                                              \
                                    .fallback = "0.01",                                                 \
                                    .min = 0,                                                           \
                                    .max = 1,                                                           \
                                    .doc = "the share of images that may be broken: they are skipped"}, \
             [SG_IMAGES_CACHE] = {                                                                      \
                 .name = "cache",                                                                       \
                 .type = SG_ATTR_INT,                                                                   \
                 .fallback = "512",                                                                     \
                 .min = 0,                                                                              \
                 .max = 1e7,                                                                            \
                 .doc = "MiB of memory for images of this size, which then are not read again"})

/* Sets table->count and describes the column image; it is checked that there are images. `what` says what was
 * looked for, in a message. */
sg_status sg_images_describe(const sg_attr *attr, int64_t count, const char *what, sg_table *table,
                             sg_error *error);
/* Makes the table's reader, after sg_images_describe; owns the store from then on, also when it fails. */
sg_status sg_images_open(const sg_attr *attr, sg_image_store *store, sg_table *table, sg_error *error);

#endif
