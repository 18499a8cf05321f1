/* Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): 60,000 + 10,000 grey images of 28 x 28, ten kinds of clothing.
 */
#include "data/table.h"
#include "format/idx.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH, PART, LIMIT, SKIP };
enum { SIDE = 28, CLASSES = 10, PATH_BYTES = 4096 };

static const char images_name[] = "images-idx3-ubyte", labels_name[] = "labels-idx1-ubyte";

/* The gzipped file, or the plain one where only that exists. */
static sg_status find_file(const sg_attr *attr, const char *name, char path[PATH_BYTES], sg_error *error) {
    const char *directory = attr[PATH].text,
               *prefix = strcmp(attr[PART].text, "test") == 0 ? "t10k" : "train";
    int length = snprintf(path, PATH_BYTES, "%s/%s-%s.gz", directory, prefix, name);
    if (length < 0 || length >= PATH_BYTES)
        return sg_fail(error, SG_BAD_DATA, "path `%.60s...` is too long", directory);
    if (access(path, F_OK) != 0) {
        path[length - 3] = 0;
        if (access(path, F_OK) != 0) {
            return sg_fail(
                error, SG_BAD_DATA,
                "there is no `%s.gz`: install the Debian package dataset-fashion-mnist, set `path` to the "
                "directory of the files, or start from graphs/shapes.yaml, which needs no file",
                path);
        }
    }
    return SG_OK;
}

static sg_status load_file(const sg_attr *attr, const char *name, sg_tensor *tensor, sg_error *error) {
    char path[PATH_BYTES];
    sg_status status = find_file(attr, name, path, error);
    if (status != SG_OK) return status;
    return sg_idx_load(tensor, path, sg_range_end(&attr[LIMIT], &attr[SKIP]), error);
}

static sg_status check(const sg_tensor *images, const sg_tensor *labels, sg_error *error) {
    const sg_shape *shape = &images->shape;
    char text[SG_SHAPE_TEXT];
    if (shape->rank != 3 || shape->dim[1] != SIDE || shape->dim[2] != SIDE)
        return sg_fail(error, SG_BAD_DATA,
                       "the images of fashion_mnist have shape %s, expected [n, 28, 28]: use the source idx",
                       sg_shape_text(shape, 0, text));
    for (int64_t i = 0; i < sg_tensor_elements(labels); i++)
        if (((const uint8_t *)labels->data)[i] >= CLASSES)
            return sg_fail(error, SG_BAD_DATA, "label %d of fashion_mnist is %d, expected 0 to 9", (int)i,
                           ((const uint8_t *)labels->data)[i]);
    return SG_OK;
}

/* What it is called for is known; the files must be there, and the first says how many images there are. */
static sg_status describe(const sg_attr *attr, sg_table *table, sg_error *error) {
    char images[PATH_BYTES], labels[PATH_BYTES];
    sg_shape shape;
    sg_status status = find_file(attr, images_name, images, error);
    if (status == SG_OK) status = find_file(attr, labels_name, labels, error);
    if (status == SG_OK) status = sg_idx_peek(&shape, images, sg_range_end(&attr[LIMIT], &attr[SKIP]), error);
    if (status != SG_OK) return status;
    table->count = shape.rank ? shape.dim[0] : 0;
    status = sg_table_add(table, "image", SG_U8, SG_SHAPE(1, SIDE, SIDE), NULL, error);
    if (status == SG_OK) status = sg_table_add(table, "label", SG_I32, sg_shape_of(0, NULL), NULL, error);
    if (status == SG_OK) status = sg_table_skip(table, attr[SKIP].i, error);
    return status;
}

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_tensor images = {0}, labels = {0};
    sg_status status = load_file(attr, images_name, &images, error);
    if (status == SG_OK) status = load_file(attr, labels_name, &labels, error);
    if (status == SG_OK) status = check(&images, &labels, error);
    if (status == SG_OK) {
        images.shape = SG_SHAPE(images.shape.dim[0], 1, SIDE, SIDE);
        status = sg_table_take(table, "image", &images, error);
    }
    if (status == SG_OK) status = sg_table_take_labels(table, &labels, error);
    if (status == SG_OK) status = sg_table_skip(table, attr[SKIP].i, error);
    sg_tensor_finish(&images);
    sg_tensor_finish(&labels);
    return status;
}

const sg_source sg_source_fashion_mnist = {
    .schema = {.kind = SG_KIND_SOURCE,
               .name = "fashion_mnist",
               .doc = "60,000 + 10,000 grey images of clothing, 28 x 28: columns image u8 [1, 28, 28], label "
                      "i32 (0 to 9)",
               .attrs = SG_ATTRS([PATH] = {.name = "path",
                                           .type = SG_ATTR_TEXT,
                                           .fallback = "/usr/share/datasets/fashion-mnist",
                                           .doc = "directory of the four IDX files, gzipped or not"},
                                 [PART] = {.name = "part",
                                           .type = SG_ATTR_TEXT,
                                           .fallback = "train",
                                           .one_of = "train test",
                                           .doc = "the 60,000 training or the 10,000 test images"},
                                 SG_RANGE_ATTRS(LIMIT, SKIP))},
    .load = load,
    .describe = describe};
