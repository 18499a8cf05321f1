/* Writing .safetensors, in the order and the layout of the reference writer. */
#include "format/formats.h"
#include "format/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The reference writer puts wider types first, so that every tensor is aligned. */
static int type_rank(sg_type type) {
    static const int rank[SG_TYPE_COUNT] = {
        [SG_U8] = 0, [SG_BF16] = 1, [SG_I32] = 2, [SG_F32] = 3, [SG_F64] = 4};
    return rank[type];
}

static int by_type_and_name(const void *a, const void *b) {
    const sg_array *x = *(const sg_array *const *)a, *y = *(const sg_array *const *)b;
    int difference = type_rank(y->tensor.type) - type_rank(x->tensor.type);
    return difference ? difference : strcmp(x->name, y->name);
}

static int by_key(const void *a, const void *b) {
    const sg_array_text *x = *(const sg_array_text *const *)a, *y = *(const sg_array_text *const *)b;
    return strcmp(x->key, y->key);
}

static sg_status put_texts(sg_text *json, const sg_arrays *arrays, sg_error *error) {
    const sg_array_text **sorted = malloc((arrays->text_count + 1) * sizeof *sorted);
    char format_key[] = "format", format_value[] = "pt";
    const sg_array_text format = {.key = format_key, .value = format_value};
    size_t count = arrays->text_count;
    if (!sorted) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing arrays");
    for (size_t i = 0; i < arrays->text_count; i++) sorted[i] = &arrays->texts[i];
    if (!sg_arrays_text(arrays, "format")) sorted[count++] = &format;
    qsort(sorted, count, sizeof *sorted, by_key);
    sg_status status = SG_OK;
    for (size_t i = 0; i < count && status == SG_OK; i++) {
        if (!sg_is_utf8(sorted[i]->key))
            status = sg_fail(error, SG_BAD_USAGE, "the key `%s` is not UTF-8", sorted[i]->key);
        else if (!sg_is_utf8(sorted[i]->value))
            status = sg_fail(error, SG_BAD_USAGE, "the value of the text `%s` is not UTF-8", sorted[i]->key);
        sg_text_append(json, i ? "," : "");
        sg_json_quote(json, sorted[i]->key);
        sg_text_append(json, ":");
        sg_json_quote(json, sorted[i]->value);
    }
    free(sorted);
    return status;
}

static sg_status put_entry(sg_text *json, const sg_array *array, uint64_t *offset, sg_error *error) {
    const sg_tensor *tensor = &array->tensor;
    if (strcmp(array->name, "__metadata__") == 0)
        return sg_fail(error, SG_BAD_USAGE, "no array may be called `__metadata__`");
    if (!sg_is_utf8(array->name))
        return sg_fail(error, SG_BAD_USAGE, "the name `%s` is not UTF-8", array->name);
    uint64_t end = *offset + sg_tensor_bytes(tensor);
    sg_text_append(json, ",");
    sg_json_quote(json, array->name);
    sg_text_printf(json, ":{\"dtype\":\"%s\",\"shape\":[", sg_foreign_of(tensor->type)->safetensors);
    for (int i = 0; i < tensor->shape.rank; i++)
        sg_text_printf(json, "%s%" PRId64, i ? "," : "", tensor->shape.dim[i]);
    sg_text_printf(json, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", *offset, end);
    *offset = end;
    return SG_OK;
}

/* The header's JSON, padded with spaces so that the data starts at a multiple of 8. */
static sg_status make_header(sg_text *json, const sg_arrays *arrays, const sg_array **sorted,
                             sg_error *error) {
    uint64_t offset = 0;
    sg_text_append(json, "{\"__metadata__\":{");
    sg_status status = put_texts(json, arrays, error);
    sg_text_append(json, "}");
    for (size_t i = 0; i < arrays->count && status == SG_OK; i++)
        status = put_entry(json, sorted[i], &offset, error);
    sg_text_append(json, "}");
    while (json->length % 8 != 0 && !json->failed) sg_text_append(json, " ");
    if (status == SG_OK && json->failed)
        status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing arrays");
    return status;
}

static void put_header(sg_file_writer *writer, const sg_text *json) {
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)json->length >> 8 * i);
    sg_file_writer_put(writer, length, 8);
    sg_file_writer_put(writer, sg_text_get(json), json->length);
}

static sg_status put_data(sg_file_writer *writer, const sg_array *array, sg_error *error) {
    sg_tensor dense;
    sg_status status = sg_dense_copy(&dense, &array->tensor, array->tensor.type, error);
    if (status != SG_OK) return status;
    sg_file_writer_put(writer, dense.data, sg_tensor_bytes(&dense));
    sg_tensor_finish(&dense);
    return SG_OK;
}

sg_status sg_safetensors_save(const sg_arrays *arrays, const char *path, sg_error *error) {
    const sg_array **sorted = sg_arrays_sorted(arrays);
    if (!sorted) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing `%s`", path);
    qsort(sorted, arrays->count, sizeof *sorted, by_type_and_name);
    sg_text json = {0};
    sg_file_writer writer = {.fd = -1};
    sg_status status = make_header(&json, arrays, sorted, error);
    if (status == SG_OK) status = sg_file_writer_init(&writer, path, error);
    if (status == SG_OK) put_header(&writer, &json);
    for (size_t i = 0; i < arrays->count && status == SG_OK; i++)
        status = put_data(&writer, sorted[i], error);
    if (status == SG_OK) status = sg_file_writer_commit(&writer, error);
    sg_file_writer_finish(&writer);
    sg_text_finish(&json);
    free(sorted);
    return status;
}
