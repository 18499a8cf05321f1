/* Reading .safetensors: 8 bytes of length, a JSON header, data. Nothing in the file is trusted. */
#include "base/checked.h"
#include "base/memory.h"
#include "format/formats.h"
#include "format/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t header_limit = 100000000; /* as every other reader has it */

typedef struct entry {
    const char *name; /* lives in the header's memory */
    const sg_foreign *foreign;
    sg_shape shape;
    uint64_t begin, end; /* from the end of the header */
} entry;

typedef struct header {
    sg_bump *memory;
    const sg_json *json;
    entry *entries;
    size_t count;
    uint64_t data_start, data_size;
} header;

static void header_finish(header *h) {
    sg_bump_destroy(h->memory);
    free(h->entries);
    *h = (header){0};
}

static sg_status read_json(header *h, const sg_file_reader *file, sg_error *error) {
    unsigned char length_bytes[8];
    if (file->size < 8)
        return sg_fail(error, SG_BAD_DATA,
                       "`%s` is no safetensors file: it has %" PRIu64 " bytes, at least 8 are needed",
                       file->path, file->size);
    sg_status status = sg_file_reader_get(file, 0, length_bytes, 8, error);
    if (status != SG_OK) return status;
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--) length = length << 8 | length_bytes[i];
    if (length > header_limit)
        return sg_fail(error, SG_BAD_DATA,
                       "`%s` is no safetensors file: header of %" PRIu64 " bytes, at most %" PRIu64,
                       file->path, length, header_limit);
    if (length > file->size - 8)
        return sg_fail(error, SG_BAD_DATA,
                       "`%s` is cut short: header of %" PRIu64 " bytes in a file of %" PRIu64, file->path,
                       length, file->size);
    char *text = malloc((size_t)length + 1);
    h->memory = sg_bump_create();
    if (!text || !h->memory) {
        free(text);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", file->path);
    }
    status = sg_file_reader_get(file, 8, text, (size_t)length, error);
    if (status == SG_OK && (length == 0 || text[0] != '{'))
        status = sg_fail(error, SG_BAD_DATA, "`%s` is no safetensors file: its header does not start with {",
                         file->path);
    if (status == SG_OK) {
        status = sg_json_read(&h->json, h->memory, text, (size_t)length, error);
        if (status != SG_OK) sg_fail_prefix(error, "`%s`: its header", file->path);
    }
    free(text);
    h->data_start = 8 + length;
    h->data_size = file->size - h->data_start;
    return status;
}

static sg_status read_shape(entry *e, const sg_json *shape, const char *path, sg_error *error) {
    if (!shape || shape->kind != SG_JSON_ARRAY)
        return sg_fail(error, SG_BAD_DATA, "`%s`: tensor `%s` has no list of sizes `shape`", path, e->name);
    if (shape->count > SG_MAX_RANK)
        return sg_fail(error, SG_BAD_DATA, "`%s`: tensor `%s` has %u axes, at most %d", path, e->name,
                       (unsigned)shape->count, SG_MAX_RANK);
    for (const sg_json *size = shape->first; size; size = size->next, e->shape.rank++) {
        int64_t *to = &e->shape.dim[e->shape.rank];
        if (!sg_json_integer(size, to) || *to < 0)
            return sg_fail(error, SG_BAD_DATA,
                           "`%s`: tensor `%s`: size %d of its shape is no whole number from 0", path, e->name,
                           e->shape.rank);
    }
    return SG_OK;
}

static sg_status read_offsets(entry *e, const sg_json *offsets, const char *path, sg_error *error) {
    bool two = offsets && offsets->kind == SG_JSON_ARRAY && offsets->count == 2;
    int64_t begin, end;
    if (!two || !sg_json_integer(offsets->first, &begin) || !sg_json_integer(offsets->first->next, &end) ||
        begin < 0 || end < begin)
        return sg_fail(error, SG_BAD_DATA,
                       "`%s`: tensor `%s` has no `data_offsets` [begin, end] with 0 <= begin <= end", path,
                       e->name);
    e->begin = (uint64_t)begin;
    e->end = (uint64_t)end;
    return SG_OK;
}

/* One tensor of the header, checked against its own bytes. */
static sg_status read_entry(entry *e, const sg_json *value, const char *path, sg_error *error) {
    const char *name = e->name = value->key;
    if (value->kind != SG_JSON_OBJECT)
        return sg_fail(error, SG_BAD_DATA, "`%s`: tensor `%s` is no object", path, name);
    const char *type = sg_json_string(sg_json_member(value, "dtype"));
    if (!type) return sg_fail(error, SG_BAD_DATA, "`%s`: tensor `%s` has no text `dtype`", path, name);
    e->foreign = sg_foreign_from_safetensors(type);
    if (!e->foreign)
        return sg_fail(error, SG_BAD_DATA, "`%s`: tensor `%s` has the unknown type `%.40s`", path, name,
                       type);
    sg_status status = read_shape(e, sg_json_member(value, "shape"), path, error);
    if (status == SG_OK) status = read_offsets(e, sg_json_member(value, "data_offsets"), path, error);
    if (status != SG_OK) return status;
    size_t bytes = e->foreign->size, size;
    bool fits = true;
    for (int i = 0; i < e->shape.rank && fits; i++)
        fits = sg_int_to_size(e->shape.dim[i], &size) && sg_size_mul(bytes, size, &bytes);
    if (!fits || sg_shape_check(&e->shape, NULL) != SG_OK)
        return sg_fail(error, SG_BAD_DATA, "`%s`: tensor `%s`: its shape is too large", path, name);
    if (bytes != e->end - e->begin)
        return sg_fail(error, SG_BAD_DATA, "`%s`: tensor `%s` needs %zu bytes and has %" PRIu64, path, name,
                       bytes, e->end - e->begin);
    return SG_OK;
}

static int by_begin(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Every byte of the data belongs to exactly one tensor. */
static sg_status check_layout(const header *h, const char *path, sg_error *error) {
    uint64_t at = 0;
    for (size_t i = 0; i < h->count; i++) {
        const entry *e = &h->entries[i];
        if (e->begin != at)
            return sg_fail(error, SG_BAD_DATA,
                           "`%s`: tensor `%s` starts at byte %" PRIu64 " of the data, expected %" PRIu64,
                           path, e->name, e->begin, at);
        at = e->end;
    }
    if (at != h->data_size)
        return sg_fail(error, SG_BAD_DATA,
                       "`%s`: the header describes %" PRIu64 " bytes of data, the file has %" PRIu64, path,
                       at, h->data_size);
    return SG_OK;
}

static sg_status read_texts(sg_arrays *arrays, const sg_json *texts, const char *path, sg_error *error) {
    if (texts->kind != SG_JSON_OBJECT)
        return sg_fail(error, SG_BAD_DATA, "`%s`: `__metadata__` is no object", path);
    for (const sg_json *text = texts->first; text; text = text->next) {
        if (text->kind != SG_JSON_STRING)
            return sg_fail(error, SG_BAD_DATA, "`%s`: `__metadata__` entry `%s` is no text", path, text->key);
        sg_status status = sg_arrays_push_text(arrays, text->key, text->string, error);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

static sg_status read_header(header *h, sg_arrays *arrays, const sg_file_reader *file, sg_error *error) {
    sg_status status = read_json(h, file, error);
    if (status != SG_OK) return status;
    h->entries = sg_array_alloc((size_t)h->json->count + 1, sizeof *h->entries);
    if (!h->entries) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", file->path);
    for (const sg_json *value = h->json->first; value; value = value->next) {
        if (strcmp(value->key, "__metadata__") == 0) {
            status = read_texts(arrays, value, file->path, error);
        } else {
            h->entries[h->count] = (entry){0};
            status = read_entry(&h->entries[h->count++], value, file->path, error);
        }
        if (status != SG_OK) return status;
    }
    qsort(h->entries, h->count, sizeof *h->entries, by_begin);
    return check_layout(h, file->path, error);
}

static sg_status read_tensor(const header *h, const entry *e, const sg_file_reader *file, sg_tensor *tensor,
                             sg_error *error) {
    sg_bytes bytes = {.file = file, .offset = h->data_start, .size = h->data_size, .name = e->name};
    sg_status status = sg_bytes_tensor(&bytes, e->begin, e->foreign, e->shape, tensor, error);
    if (status == SG_BAD_DATA) sg_fail_prefix(error, "`%s`", file->path);
    return status;
}

static sg_status load_entry(const header *h, const entry *e, const sg_file_reader *file, bool headers_only,
                            sg_arrays *arrays, sg_error *error) {
    sg_tensor tensor = sg_tensor_view(e->foreign->type, e->shape, NULL);
    sg_status status = headers_only ? SG_OK : read_tensor(h, e, file, &tensor, error);
    if (status == SG_OK) status = sg_arrays_push(arrays, e->name, &tensor, error);
    sg_tensor_finish(&tensor);
    return status;
}

sg_status sg_safetensors_load(sg_arrays *arrays, const char *path, const char *key, bool headers_only,
                              sg_error *error) {
    sg_file_reader file;
    sg_status status = sg_file_reader_init(&file, path, error);
    if (status != SG_OK) return status;
    header h = {0};
    status = read_header(&h, arrays, &file, error);
    bool found = false;
    for (size_t i = 0; i < h.count && status == SG_OK; i++) {
        if (key && strcmp(key, h.entries[i].name) != 0) continue;
        found = true;
        status = load_entry(&h, &h.entries[i], &file, headers_only, arrays, error);
    }
    if (status == SG_OK && key && !found)
        status = sg_fail(error, SG_BAD_DATA, "`%s` has no array `%s`", path, key);
    header_finish(&h);
    sg_file_reader_finish(&file);
    return status;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

sg_status sg_safetensors_sum(sg_arrays *arrays, const char *path, uint32_t *sum, sg_error *error) {
    sg_file_reader file;
    sg_status status = sg_file_reader_init(&file, path, error);
    if (status != SG_OK) return status;
    header h = {0};
    *sum = 0;
    status = read_header(&h, arrays, &file, error);
    if (status == SG_OK) qsort(h.entries, h.count, sizeof *h.entries, by_name);
    for (size_t i = 0; i < h.count && status == SG_OK; i++) {
        sg_tensor tensor = {0};
        status = read_tensor(&h, &h.entries[i], &file, &tensor, error);
        if (status == SG_OK) status = sg_array_sum(sum, h.entries[i].name, &tensor, error);
        if (status == SG_OK) status = load_entry(&h, &h.entries[i], &file, true, arrays, error);
        sg_tensor_finish(&tensor);
    }
    header_finish(&h);
    sg_file_reader_finish(&file);
    return status;
}
