/* .npz: a zip archive of .npy files. Entries are written stored, as numpy.savez does. */
#include "base/map.h"
#include "base/text.h"
#include "format/formats.h"
#include "format/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- reading ---- */

static sg_status load_entry(const sg_zip *zip, size_t index, const char *key, sg_arrays *arrays,
                            sg_error *error) {
    const sg_zip_entry *e = &zip->entry[index];
    char name[512];
    snprintf(name, sizeof name, "`%s`: array `%s`", zip->file->path, key);
    unsigned char *data = NULL;
    sg_tensor tensor = {0};
    sg_status status = sg_zip_read(zip, index, &data, error);
    if (status == SG_OK)
        status = sg_npy_decode(&tensor, &(sg_bytes){.memory = data, .size = e->size, .name = name}, error);
    free(data);
    if (status == SG_OK) status = sg_arrays_push(arrays, key, &tensor, error);
    sg_tensor_finish(&tensor);
    return status;
}

/* The name of the array in an entry, to be freed: "a.npy" -> "a". */
static sg_status entry_key(const sg_zip *zip, size_t index, sg_map *seen, char **key, sg_error *error) {
    const char *name = zip->entry[index].name, *path = zip->file->path;
    bool fresh = true;
    *key = NULL;
    if (!sg_file_has_extension(name, ".npy") && strcmp(name, ".npy") != 0)
        return sg_fail(error, SG_BAD_DATA, "`%s`: entry `%s` is no .npy file", path, name);
    *key = strndup(name, strlen(name) - strlen(".npy"));
    if (!*key || !sg_map_add(seen, *key, &fresh))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", path);
    return fresh ? SG_OK : sg_fail(error, SG_BAD_DATA, "`%s` has two arrays `%s`", path, *key);
}

static sg_status load_entries(const sg_zip *zip, const char *wanted, sg_arrays *arrays, sg_map *seen,
                              sg_error *error) {
    sg_status status = SG_OK;
    for (size_t i = 0; i < zip->count && status == SG_OK; i++) {
        char *key;
        status = entry_key(zip, i, seen, &key, error);
        if (status == SG_OK && (!wanted || strcmp(wanted, key) == 0))
            status = load_entry(zip, i, key, arrays, error);
        free(key);
    }
    if (status == SG_OK && wanted && arrays->count == 0)
        status = sg_fail(error, SG_BAD_DATA, "`%s` has no array `%s`", zip->file->path, wanted);
    return status;
}

sg_status sg_npz_load(sg_arrays *arrays, const char *path, const char *key, sg_error *error) {
    sg_file_reader file;
    sg_status status = sg_file_reader_init(&file, path, error);
    if (status != SG_OK) return status;
    sg_zip zip;
    sg_map seen = {0};
    status = sg_zip_init(&zip, &file, error);
    if (status == SG_OK) {
        status = load_entries(&zip, key, arrays, &seen, error);
        sg_zip_finish(&zip);
    }
    sg_map_finish(&seen);
    sg_file_reader_finish(&file);
    return status;
}

/* ---- writing ---- */

static void put_number(sg_text *text, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) sg_text_append_char(text, (char)(value >> 8 * i & 255));
}

/* The 26 bytes that local header and directory have in common, from "version needed" on. */
static void put_common(sg_text *text, uint32_t crc, uint64_t size, size_t name_length) {
    put_number(text, 20, 2);    /* version needed */
    put_number(text, 0x800, 2); /* the name is UTF-8 */
    put_number(text, 0, 2);     /* stored */
    put_number(text, 0, 2);     /* time 0:00 */
    put_number(text, 0x21, 2);  /* on 1980-01-01: equal arrays give equal files */
    put_number(text, crc, 4);
    put_number(text, size, 4);
    put_number(text, size, 4);
    put_number(text, name_length, 2);
    put_number(text, 0, 2); /* no extra field */
}

static sg_status too_large(const char *path, const char *name, sg_error *error) {
    return sg_fail(error, SG_BAD_USAGE, "`%s` would grow beyond 4 GiB at array `%s`: use .safetensors", path,
                   name);
}

static sg_status save_entry(sg_file_writer *writer, sg_text *directory, const sg_array *array,
                            sg_error *error) {
    sg_tensor dense;
    sg_type type = array->tensor.type == SG_BF16 ? SG_F32 : array->tensor.type;
    sg_status status = sg_dense_copy(&dense, &array->tensor, type, error);
    if (status != SG_OK) return status;
    char header[SG_NPY_HEADER_MAX];
    size_t header_length = sg_npy_header(&dense, array->text, header), bytes = sg_tensor_bytes(&dense);
    size_t name_length = strlen(array->name) + strlen(".npy");
    uint64_t offset = writer->written, size = (uint64_t)header_length + bytes;
    sg_text local = {0};
    if (name_length > 0xffff) {
        status = sg_fail(error, SG_BAD_USAGE, "the name `%.40s...` is too long for .npz", array->name);
    } else if (offset + size + name_length > UINT32_MAX - 1024) {
        status = too_large(writer->shown, array->name, error);
    } else {
        uLong crc = crc32_z(crc32(0, NULL, 0), (const Bytef *)header, header_length);
        if (bytes > 0) crc = crc32_z(crc, dense.data, bytes);
        sg_text_append(&local, "PK\3\4");
        put_common(&local, (uint32_t)crc, size, name_length);
        sg_text_printf(&local, "%s.npy", array->name);
        sg_text_append(directory, "PK\1\2");
        put_number(directory, 20, 2); /* made by */
        put_common(directory, (uint32_t)crc, size, name_length);
        put_number(directory, 0, 8); /* no comment, first disk, no attributes */
        put_number(directory, 0, 2);
        put_number(directory, offset, 4);
        sg_text_printf(directory, "%s.npy", array->name);
        if (local.failed || directory->failed)
            status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing `%s`", writer->shown);
        sg_file_writer_put(writer, sg_text_get(&local), local.length);
        sg_file_writer_put(writer, header, header_length);
        sg_file_writer_put(writer, dense.data, bytes);
    }
    sg_text_finish(&local);
    sg_tensor_finish(&dense);
    return status;
}

static sg_status save_directory(sg_file_writer *writer, sg_text *directory, size_t count, sg_error *error) {
    uint64_t offset = writer->written, size = directory->length;
    if (count >= 0xffff || offset + size >= UINT32_MAX)
        return sg_fail(error, SG_BAD_USAGE, "`%s` cannot hold %zu arrays: use .safetensors", writer->shown,
                       count);
    sg_text_append(directory, "PK\5\6");
    put_number(directory, 0, 4); /* one disk */
    put_number(directory, count, 2);
    put_number(directory, count, 2);
    put_number(directory, size, 4);
    put_number(directory, offset, 4);
    put_number(directory, 0, 2); /* no comment */
    if (directory->failed)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory writing `%s`", writer->shown);
    sg_file_writer_put(writer, sg_text_get(directory), directory->length);
    return SG_OK;
}

sg_status sg_npz_save(const sg_arrays *arrays, const char *path, sg_error *error) {
    sg_file_writer writer;
    sg_text directory = {0};
    sg_status status = sg_file_writer_init(&writer, path, error);
    if (status != SG_OK) return status;
    for (size_t i = 0; i < arrays->count && status == SG_OK; i++)
        status = save_entry(&writer, &directory, &arrays->items[i], error);
    if (status == SG_OK) status = save_directory(&writer, &directory, arrays->count, error);
    if (status == SG_OK) status = sg_file_writer_commit(&writer, error);
    sg_file_writer_finish(&writer);
    sg_text_finish(&directory);
    return status;
}
