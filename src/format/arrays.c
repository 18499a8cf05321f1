/* Lists of named arrays, and the choice of a format by the file's extension. */
#include "base/memory.h"
#include "format/formats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void sg_arrays_finish(sg_arrays *arrays) {
    for (size_t i = 0; i < arrays->count; i++) {
        free(arrays->items[i].name);
        sg_tensor_finish(&arrays->items[i].tensor);
    }
    for (size_t i = 0; i < arrays->text_count; i++) {
        free(arrays->texts[i].key);
        free(arrays->texts[i].value);
    }
    free(arrays->items);
    free(arrays->texts);
    *arrays = (sg_arrays){0};
}

sg_status sg_arrays_push(sg_arrays *arrays, const char *name, sg_tensor *tensor, sg_error *error) {
    char *copy = strdup(name);
    if (!copy || !sg_array_grow(&arrays->items, &arrays->room, arrays->count + 1, sizeof *arrays->items)) {
        free(copy);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory adding array `%s`", name);
    }
    arrays->items[arrays->count++] = (sg_array){.name = copy, .tensor = *tensor};
    *tensor = (sg_tensor){0};
    return SG_OK;
}

sg_status sg_arrays_add(sg_arrays *arrays, const char *name, sg_tensor *tensor, sg_error *error) {
    if (sg_arrays_find(arrays, name))
        return sg_fail(error, SG_BAD_USAGE, "there is an array `%s` already", name);
    return sg_arrays_push(arrays, name, tensor, error);
}

sg_status sg_arrays_add_view(sg_arrays *arrays, const char *name, const sg_tensor *tensor, sg_error *error) {
    sg_tensor view = *tensor;
    view.owned = NULL;
    return sg_arrays_add(arrays, name, &view, error);
}

sg_status sg_arrays_add_texts(sg_arrays *arrays, const char *name, const char *const *texts, size_t count,
                              sg_error *error) {
    size_t width = 1;
    for (size_t i = 0; i < count; i++)
        if (strlen(texts[i]) > width) width = strlen(texts[i]);
    sg_tensor tensor;
    sg_status status = sg_tensor_init(&tensor, SG_U8, SG_SHAPE((int64_t)count, (int64_t)width), error);
    for (size_t i = 0; status == SG_OK && i < count; i++)
        memcpy((char *)tensor.data + i * width, texts[i], strlen(texts[i]));
    if (status == SG_OK) status = sg_arrays_add(arrays, name, &tensor, error);
    sg_tensor_finish(&tensor);
    if (status == SG_OK) arrays->items[arrays->count - 1].text = true;
    return status;
}

sg_tensor *sg_arrays_find(const sg_arrays *arrays, const char *name) {
    for (size_t i = 0; i < arrays->count; i++)
        if (strcmp(arrays->items[i].name, name) == 0) return &arrays->items[i].tensor;
    return NULL;
}

static sg_array_text *find_text(const sg_arrays *arrays, const char *key) {
    for (size_t i = 0; i < arrays->text_count; i++)
        if (strcmp(arrays->texts[i].key, key) == 0) return &arrays->texts[i];
    return NULL;
}

const char *sg_arrays_text(const sg_arrays *arrays, const char *key) {
    const sg_array_text *text = find_text(arrays, key);
    return text ? text->value : NULL;
}

sg_status sg_arrays_push_text(sg_arrays *arrays, const char *key, const char *value, sg_error *error) {
    sg_array_text text = {.key = strdup(key), .value = strdup(value)};
    if (!text.key || !text.value ||
        !sg_array_grow(&arrays->texts, &arrays->text_room, arrays->text_count + 1, sizeof text)) {
        free(text.key);
        free(text.value);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory setting text `%s`", key);
    }
    arrays->texts[arrays->text_count++] = text;
    return SG_OK;
}

sg_status sg_arrays_set_text(sg_arrays *arrays, const char *key, const char *value, sg_error *error) {
    sg_array_text *text = find_text(arrays, key);
    if (!text) return sg_arrays_push_text(arrays, key, value, error);
    char *copy = strdup(value);
    if (!copy) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory setting text `%s`", key);
    free(text->value);
    text->value = copy;
    return SG_OK;
}

static int by_name(const void *a, const void *b) {
    const sg_array *x = *(const sg_array *const *)a, *y = *(const sg_array *const *)b;
    return strcmp(x->name, y->name);
}

const sg_array **sg_arrays_sorted(const sg_arrays *arrays) {
    const sg_array **sorted = sg_array_alloc(arrays->count + 1, sizeof *sorted);
    if (!sorted) return NULL;
    for (size_t i = 0; i < arrays->count; i++) sorted[i] = &arrays->items[i];
    qsort(sorted, arrays->count, sizeof *sorted, by_name);
    return sorted;
}

/* Splits "FILE.npz:KEY"; *key is NULL without one. *file is to be freed; NULL when there is no memory. */
static void split_path(const char *path, char **file, const char **key) {
    static const char *const inner[] = {".npz:", ".safetensors:"};
    size_t length = strlen(path);
    *key = NULL;
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++) {
        const char *found = strstr(path, inner[i]);
        if (!found || found == path) continue;
        *key = found + strlen(inner[i]);
        length = (size_t)(*key - 1 - path);
        break;
    }
    *file = strndup(path, length);
}

static sg_status load_npy(sg_arrays *arrays, const char *path, sg_error *error) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *name = strndup(base, strlen(base) - strlen(".npy"));
    if (!name) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", path);
    sg_tensor tensor = {0};
    sg_status status = sg_npy_load(&tensor, path, error);
    if (status == SG_OK) status = sg_arrays_add(arrays, name, &tensor, error);
    sg_tensor_finish(&tensor);
    free(name);
    return status;
}

static sg_status unknown_extension(const char *path, sg_error *error) {
    return sg_fail(error, SG_BAD_USAGE, "`%s` is no .npy, .npz or .safetensors file by its name", path);
}

sg_status sg_arrays_load(sg_arrays *arrays, const char *path, sg_error *error) {
    char *file;
    const char *key;
    split_path(path, &file, &key);
    sg_status status;
    *arrays = (sg_arrays){0};
    if (!file)
        status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", path);
    else if (sg_file_has_extension(file, ".npy"))
        status = load_npy(arrays, file, error);
    else if (sg_file_has_extension(file, ".npz"))
        status = sg_npz_load(arrays, file, key, error);
    else if (sg_file_has_extension(file, ".safetensors"))
        status = sg_safetensors_load(arrays, file, key, false, error);
    else
        status = unknown_extension(file, error);
    if (status != SG_OK) sg_arrays_finish(arrays);
    free(file);
    return status;
}

sg_status sg_arrays_peek(sg_arrays *arrays, const char *path, sg_error *error) {
    *arrays = (sg_arrays){0};
    sg_status status = sg_safetensors_load(arrays, path, NULL, true, error);
    if (status != SG_OK) sg_arrays_finish(arrays);
    return status;
}

sg_status sg_arrays_save(const sg_arrays *arrays, const char *path, sg_error *error) {
    if (sg_file_has_extension(path, ".safetensors")) return sg_safetensors_save(arrays, path, error);
    if (sg_file_has_extension(path, ".npz")) return sg_npz_save(arrays, path, error);
    if (!sg_file_has_extension(path, ".npy")) return unknown_extension(path, error);
    if (arrays->count != 1)
        return sg_fail(error, SG_BAD_USAGE, "`%s` can hold one array, not %zu: use .npz or .safetensors",
                       path, arrays->count);
    return sg_npy_save(&arrays->items[0], path, error);
}

sg_status sg_array_load(sg_tensor *tensor, const char *path, sg_error *error) {
    sg_arrays arrays;
    *tensor = (sg_tensor){0};
    sg_status status = sg_arrays_load(&arrays, path, error);
    if (status != SG_OK) return status;
    if (arrays.count == 1) {
        *tensor = arrays.items[0].tensor;
        arrays.items[0].tensor = (sg_tensor){0};
    } else if (arrays.count == 0) {
        status = sg_fail(error, SG_BAD_DATA, "`%s` holds no array", path);
    } else {
        status = sg_fail(error, SG_BAD_DATA, "`%s` holds %zu arrays: name one, as in `%s:%s`", path,
                         arrays.count, path, arrays.items[0].name);
    }
    sg_arrays_finish(&arrays);
    return status;
}

sg_status sg_array_sum(uint32_t *sum, const char *name, const sg_tensor *tensor, sg_error *error) {
    char shape[SG_SHAPE_TEXT];
    sg_tensor dense;
    sg_status status = sg_dense_copy(&dense, tensor, tensor->type, error);
    if (status != SG_OK) return status;
    sg_shape_text(&tensor->shape, 0, shape);
    const char *type = sg_type_name(tensor->type);
    uLong crc = crc32_z(*sum, (const Bytef *)name, strlen(name) + 1);
    crc = crc32_z(crc, (const Bytef *)type, strlen(type) + 1);
    crc = crc32_z(crc, (const Bytef *)shape, strlen(shape) + 1);
    if (sg_tensor_bytes(&dense) > 0) crc = crc32_z(crc, dense.data, sg_tensor_bytes(&dense));
    sg_tensor_finish(&dense);
    *sum = (uint32_t)crc;
    return SG_OK;
}

/* The CRC-32 of everything that must come back as it was. */
static sg_status checksum(const sg_arrays *arrays, uint32_t *sum, sg_error *error) {
    const sg_array **sorted = sg_arrays_sorted(arrays);
    if (!sorted) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory checking arrays");
    *sum = 0;
    sg_status status = SG_OK;
    for (size_t i = 0; i < arrays->count && status == SG_OK; i++)
        status = sg_array_sum(sum, sorted[i]->name, &sorted[i]->tensor, error);
    free(sorted);
    return status;
}

sg_status sg_arrays_seal(sg_arrays *arrays, sg_error *error) {
    char digits[16];
    uint32_t sum;
    sg_status status = checksum(arrays, &sum, error);
    snprintf(digits, sizeof digits, "%08" PRIx32, sum);
    return status == SG_OK ? sg_arrays_set_text(arrays, "crc32", digits, error) : status;
}

static sg_status compare_sum(const sg_arrays *arrays, uint32_t sum, sg_error *error) {
    const char *expected = sg_arrays_text(arrays, "crc32");
    char digits[16];
    snprintf(digits, sizeof digits, "%08" PRIx32, sum);
    if (!expected) return sg_fail(error, SG_BAD_CHECKPOINT, "it has no text `crc32`");
    if (strcmp(digits, expected) == 0) return SG_OK;
    return sg_fail(error, SG_BAD_CHECKPOINT, "its contents have crc32 %s, not %.20s as recorded", digits,
                   expected);
}

sg_status sg_arrays_verify(const sg_arrays *arrays, sg_error *error) {
    uint32_t sum;
    sg_status status = checksum(arrays, &sum, error);
    return status == SG_OK ? compare_sum(arrays, sum, error) : status;
}

sg_status sg_arrays_verify_file(const char *path, sg_error *error) {
    sg_arrays arrays = {0};
    uint32_t sum;
    sg_status status = sg_safetensors_sum(&arrays, path, &sum, error);
    if (status == SG_OK) {
        status = compare_sum(&arrays, sum, error);
        if (status != SG_OK) sg_fail_prefix(error, "`%s`", path);
    }
    sg_arrays_finish(&arrays);
    return status;
}
