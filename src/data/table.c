/* Tables: columns of samples in memory. */
#include "data/table.h"

#include "base/checked.h"
#include "base/memory.h"
#include "data/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void sg_table_finish(sg_table *table) {
    for (int i = 0; i < table->column_count; i++) {
        free(table->column[i].name);
        sg_aligned_free(table->column[i].data);
    }
    sg_reader_destroy(table->reader);
    *table = (sg_table){0};
}

sg_status sg_source_look(const char *path, bool directory, sg_error *error) {
    struct stat info;
    int why = stat(path, &info) != 0               ? errno
              : S_ISDIR(info.st_mode) == directory ? 0
              : directory                          ? ENOTDIR
                                                   : EISDIR;
    if (why != ENOENT && why != ENOTDIR && why != EISDIR) return SG_OK;
    return sg_fail(error, SG_BAD_DATA, "cannot read `%s`: %s", path, strerror(why));
}

int sg_table_find(const sg_table *table, const char *name) {
    for (int i = 0; i < table->column_count; i++)
        if (strcmp(table->column[i].name, name) == 0) return i;
    return -1;
}

size_t sg_column_bytes(const sg_column *column) {
    return (size_t)sg_shape_elements(&column->shape) * sg_type_size(column->type);
}

/* Appends a column that owns `data`; on failure the caller keeps it. */
static sg_status append(sg_table *table, const char *name, sg_type type, sg_shape shape, void *data,
                        sg_error *error) {
    if (table->column_count == SG_MAX_COLUMNS)
        return sg_fail(error, SG_BAD_DATA, "more than %d columns, at `%s`", SG_MAX_COLUMNS, name);
    char *copy = strdup(name);
    if (!copy) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for column `%s`", name);
    table->column[table->column_count++] =
        (sg_column){.name = copy, .type = type, .shape = shape, .data = data};
    return SG_OK;
}

sg_status sg_table_add(sg_table *table, const char *name, sg_type type, sg_shape shape, void **data,
                       sg_error *error) {
    sg_status status = sg_shape_check(&shape, error);
    if (status != SG_OK) return status;
    if (!data) return append(table, name, type, shape, NULL, error);
    size_t bytes = 0, count;
    bool fits = sg_int_to_size(table->count, &count) &&
                sg_size_mul((size_t)sg_shape_elements(&shape) * sg_type_size(type), count, &bytes);
    void *memory = fits ? sg_aligned_alloc(bytes) : NULL;
    if (!memory)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for column `%s` of %" PRId64 " samples", name,
                       table->count);
    status = append(table, name, type, shape, memory, error);
    if (status == SG_OK)
        *data = memory;
    else
        sg_aligned_free(memory);
    return status;
}

static sg_status check_count(sg_table *table, const char *name, const sg_tensor *tensor, sg_error *error) {
    if (tensor->shape.rank == 0)
        return sg_fail(error, SG_BAD_DATA,
                       "column `%s` is a single number: its first axis must count samples", name);
    int64_t count = tensor->shape.dim[0];
    if (sg_tensor_elements(tensor) == 0) return sg_fail(error, SG_BAD_DATA, "column `%s` is empty", name);
    if (table->column_count == 0) table->count = count;
    if (count != table->count)
        return sg_fail(error, SG_BAD_DATA, "column `%s` has %" PRId64 " sample%s, column `%s` has %" PRId64,
                       name, count, sg_plural(count), table->column[0].name, table->count);
    return SG_OK;
}

sg_status sg_table_take(sg_table *table, const char *name, sg_tensor *tensor, sg_error *error) {
    sg_status status = check_count(table, name, tensor, error);
    if (status != SG_OK) return status;
    if (tensor->type == SG_BF16) {
        sg_tensor wide;
        status = sg_tensor_init(&wide, SG_F32, tensor->shape, error);
        if (status == SG_OK) status = sg_tensor_copy(&wide, tensor, error);
        if (status != SG_OK) return status;
        sg_tensor_finish(tensor);
        *tensor = wide;
    }
    sg_shape sample = sg_shape_of(tensor->shape.rank - 1, tensor->shape.dim + 1);
    status = append(table, name, tensor->type, sample, tensor->owned, error);
    if (status == SG_OK) *tensor = (sg_tensor){0};
    return status;
}

sg_status sg_table_take_labels(sg_table *table, const sg_tensor *labels, sg_error *error) {
    sg_status status = check_count(table, "label", labels, error);
    if (status == SG_OK && labels->shape.rank != 1)
        status = sg_fail(error, SG_BAD_DATA, "labels must have one axis, not %d", labels->shape.rank);
    void *data = NULL;
    if (status == SG_OK) status = sg_table_add(table, "label", SG_I32, sg_shape_of(0, NULL), &data, error);
    if (status != SG_OK) return status;
    sg_tensor to = sg_tensor_view(SG_I32, labels->shape, data);
    return sg_tensor_copy(&to, labels, error);
}

int64_t sg_range_end(const sg_attr *limit, const sg_attr *skip) {
    return limit->present ? skip->i + limit->i : 0;
}

sg_status sg_table_skip(sg_table *table, int64_t skip, sg_error *error) {
    if (skip >= table->count)
        return sg_fail(error, SG_BAD_DATA, "`skip` leaves out %" PRId64 " sample%s of only %" PRId64, skip,
                       sg_plural(skip), table->count);
    table->count -= skip;
    for (int i = 0; skip && i < table->column_count; i++) {
        size_t bytes = sg_column_bytes(&table->column[i]);
        char *data = table->column[i].data;
        if (data) memmove(data, data + (size_t)skip * bytes, (size_t)table->count * bytes);
    }
    return SG_OK;
}
