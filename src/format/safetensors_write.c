/* Writing .safetensors, in the order and the layout of the reference writer. */
#include "base/checked.h"
#include "format/formats.h"

#include <jansson.h>
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

/* Adds to an object; jansson refuses a key that is not UTF-8. */
static sg_status set_member(json_t *object, const char *key, json_t *value, sg_error *error) {
    if (value && json_object_set_new(object, key, value) == 0) return SG_OK;
    json_t *checked = json_string(key), *unchecked = json_string_nocheck(key);
    bool bad_text = !checked && unchecked;
    json_decref(checked);
    json_decref(unchecked);
    if (bad_text) return sg_fail(error, SG_BAD_USAGE, "the name '%s' is not UTF-8", key);
    return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing '%s'", key);
}

static sg_status make_texts(json_t *texts, const sg_arrays *arrays, sg_error *error) {
    const sg_array_text **sorted = malloc((arrays->text_count + 1) * sizeof *sorted);
    if (!sorted) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing arrays");
    for (size_t i = 0; i < arrays->text_count; i++) sorted[i] = &arrays->texts[i];
    qsort(sorted, arrays->text_count, sizeof *sorted, by_key);
    sg_status status = SG_OK;
    if (!sg_arrays_text(arrays, "format")) status = set_member(texts, "format", json_string("pt"), error);
    for (size_t i = 0; i < arrays->text_count && status == SG_OK; i++) {
        json_t *value = json_string(sorted[i]->value);
        if (!value)
            status = sg_fail(error, SG_BAD_USAGE, "the value of the text '%s' is not UTF-8", sorted[i]->key);
        else
            status = set_member(texts, sorted[i]->key, value, error);
    }
    free(sorted);
    return status;
}

static sg_status make_entry(json_t *header, const sg_array *array, uint64_t *offset, sg_error *error) {
    const sg_tensor *tensor = &array->tensor;
    if (strcmp(array->name, "__metadata__") == 0)
        return sg_fail(error, SG_BAD_USAGE, "no array may be called '__metadata__'");
    json_t *shape = json_array();
    for (int i = 0; i < tensor->shape.rank; i++)
        json_array_append_new(shape, json_integer(tensor->shape.dim[i]));
    uint64_t end = *offset + sg_tensor_bytes(tensor);
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", sg_foreign_of(tensor->type)->safetensors,
                              "shape", shape, "data_offsets", (json_int_t)*offset, (json_int_t)end);
    *offset = end;
    if (entry && (int)json_array_size(shape) != tensor->shape.rank) {
        json_decref(entry);
        entry = NULL;
    }
    return set_member(header, array->name, entry, error);
}

/* The header's JSON, without padding; to be freed. */
static sg_status make_header(const sg_arrays *arrays, const sg_array **sorted, char **text, sg_error *error) {
    json_t *header = json_object(), *texts = json_object();
    sg_status status = make_texts(texts, arrays, error);
    if (status == SG_OK) status = set_member(header, "__metadata__", json_incref(texts), error);
    json_decref(texts);
    uint64_t offset = 0;
    for (size_t i = 0; i < arrays->count && status == SG_OK; i++)
        status = make_entry(header, sorted[i], &offset, error);
    if (status == SG_OK) {
        *text = json_dumps(header, JSON_COMPACT);
        if (!*text) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing arrays");
    }
    json_decref(header);
    return status;
}

static void put_header(sg_file_writer *writer, const char *text) {
    uint64_t length = strlen(text), padding = (8 - length % 8) % 8;
    unsigned char length_bytes[8];
    for (int i = 0; i < 8; i++) length_bytes[i] = (unsigned char)((length + padding) >> 8 * i);
    sg_file_writer_put(writer, length_bytes, 8);
    sg_file_writer_put(writer, text, length);
    sg_file_writer_put(writer, "        ", padding);
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
    if (!sorted) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing '%s'", path);
    qsort(sorted, arrays->count, sizeof *sorted, by_type_and_name);
    char *text = NULL;
    sg_file_writer writer = {.fd = -1};
    sg_status status = make_header(arrays, sorted, &text, error);
    if (status == SG_OK) status = sg_file_writer_init(&writer, path, error);
    if (status == SG_OK) put_header(&writer, text);
    for (size_t i = 0; i < arrays->count && status == SG_OK; i++)
        status = put_data(&writer, sorted[i], error);
    if (status == SG_OK) status = sg_file_writer_commit(&writer, error);
    sg_file_writer_finish(&writer);
    free(text);
    free(sorted);
    return status;
}
