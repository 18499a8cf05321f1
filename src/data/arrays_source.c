/* Columns from a file of arrays. */
#include "base/memory.h"
#include "data/table.h"
#include "format/file.h"
#include "simgraph/arrays.h"

#include <string.h>

enum { PATH, LAYOUT, LIMIT };

/* [n, h, w, c] -> [n, c, h, w]. */
static sg_status channels_first(sg_tensor *tensor, sg_error *error) {
    static const int from[4] = {0, 3, 1, 2};
    sg_tensor view = *tensor, turned;
    view.owned = NULL;
    for (int i = 0; i < 4; i++) {
        view.shape.dim[i] = tensor->shape.dim[from[i]];
        view.stride[i] = tensor->stride[from[i]];
    }
    sg_status status = sg_tensor_init(&turned, tensor->type, view.shape, error);
    if (status == SG_OK) status = sg_tensor_copy(&turned, &view, error);
    if (status != SG_OK) return status;
    sg_tensor_finish(tensor);
    *tensor = turned;
    return SG_OK;
}

static sg_status take(const sg_attr *attr, sg_array *array, const char *name, sg_table *table,
                      sg_error *error) {
    sg_tensor *tensor = &array->tensor;
    sg_shape *shape = &tensor->shape;
    if (shape->rank == 4 && strcmp(attr[LAYOUT].text, "nhwc") == 0) {
        sg_status status = channels_first(tensor, error);
        if (status != SG_OK) return status;
    }
    /* Grey pixels without an axis of channels; room for it is there as a file may have SG_MAX_RANK axes. */
    if (shape->rank == 3 && tensor->type == SG_U8)
        *shape = SG_SHAPE(shape->dim[0], 1, shape->dim[1], shape->dim[2]);
    if (shape->rank > 0 && attr[LIMIT].present && attr[LIMIT].i < shape->dim[0])
        shape->dim[0] = attr[LIMIT].i;
    return sg_table_take(table, name, tensor, error);
}

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_arrays arrays;
    const char *path = attr[PATH].text;
    sg_status status = sg_arrays_load(&arrays, path, error);
    if (status != SG_OK) return status;
    if (arrays.count == 0) status = sg_fail(error, SG_BAD_DATA, "it holds no array");
    bool single = sg_file_has_extension(path, ".npy");
    for (size_t i = 0; i < arrays.count && status == SG_OK; i++)
        status = take(attr, &arrays.items[i], single ? "image" : arrays.items[i].name, table, error);
    if (status != SG_OK) sg_fail_prefix(error, "'%s'", path);
    sg_arrays_finish(&arrays);
    return status;
}

const sg_source sg_source_arrays = {
    .schema = {.kind = SG_KIND_SOURCE,
               .name = "arrays",
               .doc =
                   "a column for each array of a .npz or .safetensors file; a .npy file is the column image",
               .attrs = {[PATH] = {.name = "path",
                                   .type = SG_ATTR_TEXT,
                                   .doc = "the file; the first axis of its arrays counts the samples"},
                         [LAYOUT] = {.name = "layout",
                                     .type = SG_ATTR_TEXT,
                                     .fallback = "nchw",
                                     .one_of = "nchw nhwc",
                                     .doc = "the order of axes in arrays with four of them"},
                         [LIMIT] = {.name = "limit",
                                    .type = SG_ATTR_INT,
                                    .fallback = "",
                                    .min = 1,
                                    .max = 1e9,
                                    .doc = "take the first so many samples only"}}},
    .load = load};
