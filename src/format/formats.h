/* format/formats.h - what the readers and writers of arrays share. */
#ifndef SG_FORMAT_FORMATS_H
#define SG_FORMAT_FORMATS_H

#include "format/file.h"
#include "format/foreign.h"
#include "simgraph/arrays.h"

/* A stretch of bytes, in a file or in memory. `name` stands in messages: "`x.npz`: entry `a`". */
typedef struct sg_bytes {
    const sg_file_reader *file; /* NULL: memory */
    const unsigned char *memory;
    uint64_t offset, size;
    const char *name;
} sg_bytes;

sg_status sg_bytes_get(const sg_bytes *bytes, uint64_t offset, void *data, size_t size, sg_error *error);
/* Makes a tensor of `shape` from the foreign elements that start at `offset`. */
sg_status sg_bytes_tensor(const sg_bytes *bytes, uint64_t offset, const sg_foreign *foreign, sg_shape shape,
                          sg_tensor *tensor, sg_error *error);

/* As sg_arrays_add and sg_arrays_set_text for a name that is known to be new: no search, which would take
 * hours for a file of a few megabytes that holds nothing but names. */
sg_status sg_arrays_push(sg_arrays *arrays, const char *name, sg_tensor *tensor, sg_error *error);
sg_status sg_arrays_push_text(sg_arrays *arrays, const char *key, const char *value, sg_error *error);
/* The arrays in order of their names, to be freed; NULL when there is no memory. */
const sg_array **sg_arrays_sorted(const sg_arrays *arrays);

/* A contiguous tensor with the elements of `tensor`: a view where it is contiguous and of `type` already,
 * else a copy. Finish it after use. */
sg_status sg_dense_copy(sg_tensor *dense, const sg_tensor *tensor, sg_type type, sg_error *error);

/* `key` NULL reads all. With headers_only, tensors have no data. */
sg_status sg_safetensors_load(sg_arrays *arrays, const char *path, const char *key, bool headers_only,
                              sg_error *error);
/* Names, types, shapes and texts, as with headers_only, and the checksum (sg_array_sum) of all arrays in
 * order of their names, of which one at a time is read. */
sg_status sg_safetensors_sum(sg_arrays *arrays, const char *path, uint32_t *sum, sg_error *error);
/* Goes on with the CRC-32 *sum over the name, type, shape and elements of an array. */
sg_status sg_array_sum(uint32_t *sum, const char *name, const sg_tensor *tensor, sg_error *error);
sg_status sg_safetensors_save(const sg_arrays *arrays, const char *path, sg_error *error);

sg_status sg_npy_decode(sg_tensor *tensor, const sg_bytes *bytes, sg_error *error);
/* The bytes of a .npy file before its data; a multiple of 64 below SG_NPY_HEADER_MAX. */
enum { SG_NPY_HEADER_MAX = 512 };
size_t sg_npy_header(const sg_tensor *tensor, bool text, char header[SG_NPY_HEADER_MAX]);
sg_status sg_npy_load(sg_tensor *tensor, const char *path, sg_error *error);
sg_status sg_npy_save(const sg_array *array, const char *path, sg_error *error);

sg_status sg_npz_load(sg_arrays *arrays, const char *path, const char *key, sg_error *error);
sg_status sg_npz_save(const sg_arrays *arrays, const char *path, sg_error *error);

#endif
