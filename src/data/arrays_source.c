/* Columns from a file of arrays. */
#include "base/memory.h"
#include "data/table.h"
#include "format/file.h"
#include "simgraph/arrays.h"

#include <string.h>

enum { PATH, LAYOUT, LIMIT, SKIP };

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

static bool is_channels_last(const sg_attr *attr, const sg_shape *shape) {
    return shape->rank == 4 && strcmp(attr[LAYOUT].text, "nhwc") == 0;
}

static void arrange(const sg_attr *attr, sg_type type, sg_shape *shape) {
    /* Grey pixels without an axis of channels; room for it is there as a file may have SG_MAX_RANK axes. */
    if (shape->rank == 3 && type == SG_U8) *shape = SG_SHAPE(shape->dim[0], 1, shape->dim[1], shape->dim[2]);
    int64_t end = sg_range_end(&attr[LIMIT], &attr[SKIP]);
    if (shape->rank > 0 && end && end < shape->dim[0]) shape->dim[0] = end;
}

static sg_status take(const sg_attr *attr, sg_array *array, const char *name, sg_table *table,
                      sg_error *error) {
    sg_tensor *tensor = &array->tensor;
    sg_shape *shape = &tensor->shape;
    if (is_channels_last(attr, shape)) {
        sg_status status = channels_first(tensor, error);
        if (status != SG_OK) return status;
    }
    arrange(attr, tensor->type, shape);
    return sg_table_take(table, name, tensor, error);
}

/* The header of a .safetensors file tells; the other formats are read whole. */
static sg_status describe(const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_arrays arrays = {0};
    const char *path = attr[PATH].text;
    if (!sg_file_has_extension(path, ".safetensors")) return SG_OK;
    sg_status status = sg_source_look(path, false, error);
    if (status == SG_OK) status = sg_arrays_peek(&arrays, path, error);
    for (size_t i = 0; i < arrays.count && status == SG_OK; i++) {
        sg_type type = arrays.items[i].tensor.type;
        sg_shape shape = arrays.items[i].tensor.shape;
        if (shape.rank == 0) continue; /* loading complains */
        if (is_channels_last(attr, &shape))
            shape = SG_SHAPE(shape.dim[0], shape.dim[3], shape.dim[1], shape.dim[2]);
        arrange(attr, type, &shape);
        table->count = shape.dim[0];
        status = sg_table_add(table, arrays.items[i].name, type == SG_BF16 ? SG_F32 : type,
                              sg_shape_of(shape.rank - 1, shape.dim + 1), NULL, error);
    }
    sg_arrays_finish(&arrays);
    return status == SG_OK && table->column_count ? sg_table_skip(table, attr[SKIP].i, error) : status;
}

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_arrays arrays;
    const char *path = attr[PATH].text;
    sg_status status = sg_source_look(path, false, error);
    if (status == SG_OK) status = sg_arrays_load(&arrays, path, error);
    if (status != SG_OK) return status;
    if (arrays.count == 0) status = sg_fail(error, SG_BAD_DATA, "it holds no array");
    bool single = sg_file_has_extension(path, ".npy");
    for (size_t i = 0; i < arrays.count && status == SG_OK; i++)
        status = take(attr, &arrays.items[i], single ? "image" : arrays.items[i].name, table, error);
    if (status == SG_OK) status = sg_table_skip(table, attr[SKIP].i, error);
    if (status != SG_OK) sg_fail_prefix(error, "`%s`", path);
    sg_arrays_finish(&arrays);
    return status;
}

const sg_source sg_source_arrays = {
    .schema = {.kind = SG_KIND_SOURCE,
               .name = "arrays",
               .doc =
                   "a column for each array of a .npz or .safetensors file; a .npy file is the column image",
               .attrs =
                   SG_ATTRS([PATH] = {.name = "path",
                                      .type = SG_ATTR_TEXT,
                                      .doc = "the file; the first axis of its arrays counts the samples"},
                            [LAYOUT] = {.name = "layout",
                                        .type = SG_ATTR_TEXT,
                                        .fallback = "nchw",
                                        .one_of = "nchw nhwc",
                                        .doc = "the order of axes in arrays with four of them"},
                            SG_RANGE_ATTRS(LIMIT, SKIP))},
    .load = load,
    .describe = describe};
