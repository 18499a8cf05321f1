/* Images and labels from IDX files, the format of MNIST and its relatives. */
#include "data/table.h"
#include "format/idx.h"

enum { IMAGES, LABELS, LIMIT };

static sg_status load_images(const char *path, int64_t limit, sg_table *table, sg_error *error) {
    sg_tensor images;
    sg_status status = sg_idx_load(&images, path, limit, error);
    if (status != SG_OK) return status;
    sg_shape *shape = &images.shape;
    if (shape->rank == 3) *shape = SG_SHAPE(shape->dim[0], 1, shape->dim[1], shape->dim[2]);
    if (shape->rank != 4) {
        char text[SG_SHAPE_TEXT];
        status = sg_fail(error, SG_BAD_DATA,
                         "'%s' has shape %s: images have [n, height, width] or [n, channels, height, width]",
                         path, sg_shape_text(shape, 0, text));
    }
    if (status == SG_OK) status = sg_table_take(table, "image", &images, error);
    sg_tensor_finish(&images);
    return status;
}

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    int64_t limit = attr[LIMIT].present ? attr[LIMIT].i : 0;
    sg_status status = load_images(attr[IMAGES].text, limit, table, error);
    if (status != SG_OK || !attr[LABELS].present) return status;
    sg_tensor labels;
    status = sg_idx_load(&labels, attr[LABELS].text, limit, error);
    if (status != SG_OK) return status;
    status = sg_table_take_labels(table, &labels, error);
    if (status != SG_OK) sg_fail_prefix(error, "'%s'", attr[LABELS].text);
    sg_tensor_finish(&labels);
    return status;
}

const sg_source sg_source_idx = {
    .schema = {.kind = SG_KIND_SOURCE,
               .name = "idx",
               .doc =
                   "images and labels from IDX files, gzipped or not: columns image u8 [c, h, w], label i32",
               .attrs = {[IMAGES] = {.name = "images",
                                     .type = SG_ATTR_TEXT,
                                     .doc =
                                         "file of [n, height, width] or [n, channels, height, width] bytes"},
                         [LABELS] = {.name = "labels",
                                     .type = SG_ATTR_TEXT,
                                     .fallback = "",
                                     .doc = "file of n bytes; without it there is no column label"},
                         [LIMIT] = {.name = "limit",
                                    .type = SG_ATTR_INT,
                                    .fallback = "",
                                    .min = 1,
                                    .max = 1e9,
                                    .doc = "take the first so many samples only"}}},
    .load = load};
