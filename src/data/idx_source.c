/* Images and labels from IDX files, the format of MNIST and its relatives. */
#include "data/table.h"
#include "format/idx.h"

enum { IMAGES, LABELS, LIMIT, SKIP };

/* Gives grey images an axis of channels. */
static sg_status add_channels(const char *path, sg_shape *shape, sg_error *error) {
    if (shape->rank == 3) *shape = SG_SHAPE(shape->dim[0], 1, shape->dim[1], shape->dim[2]);
    if (shape->rank == 4) return SG_OK;
    char text[SG_SHAPE_TEXT];
    return sg_fail(error, SG_BAD_DATA,
                   "`%s` has shape %s: images have [n, height, width] or [n, channels, height, width]", path,
                   sg_shape_text(shape, 0, text));
}

static sg_status describe(const sg_attr *attr, sg_table *table, sg_error *error) {
    const char *path = attr[IMAGES].text;
    sg_shape shape;
    sg_status status = sg_source_look(path, false, error);
    if (status == SG_OK) status = sg_idx_peek(&shape, path, sg_range_end(&attr[LIMIT], &attr[SKIP]), error);
    if (status == SG_OK) status = add_channels(path, &shape, error);
    if (status != SG_OK) return status;
    table->count = shape.dim[0];
    status = sg_table_add(table, "image", SG_U8, sg_shape_of(3, shape.dim + 1), NULL, error);
    if (status == SG_OK && attr[LABELS].present)
        status = sg_table_add(table, "label", SG_I32, sg_shape_of(0, NULL), NULL, error);
    if (status == SG_OK) status = sg_table_skip(table, attr[SKIP].i, error);
    return status;
}

static sg_status load_images(const char *path, int64_t limit, sg_table *table, sg_error *error) {
    sg_tensor images;
    sg_status status = sg_source_look(path, false, error);
    if (status == SG_OK) status = sg_idx_load(&images, path, limit, error);
    if (status != SG_OK) return status;
    status = add_channels(path, &images.shape, error);
    if (status == SG_OK) status = sg_table_take(table, "image", &images, error);
    sg_tensor_finish(&images);
    return status;
}

static sg_status load_labels(const char *path, int64_t limit, sg_table *table, sg_error *error) {
    sg_tensor labels;
    sg_status status = sg_source_look(path, false, error);
    if (status == SG_OK) status = sg_idx_load(&labels, path, limit, error);
    if (status != SG_OK) return status;
    status = sg_table_take_labels(table, &labels, error);
    if (status != SG_OK) sg_fail_prefix(error, "`%s`", path);
    sg_tensor_finish(&labels);
    return status;
}

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    int64_t limit = sg_range_end(&attr[LIMIT], &attr[SKIP]);
    sg_status status = load_images(attr[IMAGES].text, limit, table, error);
    if (status == SG_OK && attr[LABELS].present) status = load_labels(attr[LABELS].text, limit, table, error);
    return status == SG_OK ? sg_table_skip(table, attr[SKIP].i, error) : status;
}

const sg_source sg_source_idx = {
    .schema =
        {.kind = SG_KIND_SOURCE,
         .name = "idx",
         .doc = "images and labels from IDX files, gzipped or not: columns image u8 [c, h, w], label i32",
         .attrs =
             SG_ATTRS([IMAGES] = {.name = "images",
                                  .type = SG_ATTR_TEXT,
                                  .doc = "file of [n, height, width] or [n, channels, height, width] bytes"},
                      [LABELS] = {.name = "labels",
                                  .type = SG_ATTR_TEXT,
                                  .fallback = "",
                                  .doc = "file of n bytes; without it there is no column label"},
                      SG_RANGE_ATTRS(LIMIT, SKIP))},
    .load = load,
    .describe = describe};
