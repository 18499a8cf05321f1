/* simgraph/arrays.h - named arrays in and out: .safetensors, .npy, .npz.
 *
 * Reading turns the types of other programs into the five of sg_type: f32, f64, i32, u8 and bf16 stay what
 * they are; f16 becomes f32; i8, i16 and u16 become i32; u32, i64 and u64 become i32 when every value fits
 * and are an error otherwise; bool becomes u8, and texts (NumPy's
 * S<width>) u8 with one more axis. Any other type is an error. Files are little-endian. Files
 * come from anywhere: every size is checked against the length of the file before memory is asked for.
 *
 * A file is replaced in one piece as simgraph/file.h describes. */
#ifndef SIMGRAPH_ARRAYS_H
#define SIMGRAPH_ARRAYS_H

#include "simgraph/tensor.h"

SG_BEGIN_C

typedef struct sg_array {
    char *name;
    sg_tensor tensor; /* contiguous as far as it was loaded; any strides when added with sg_arrays_add_view */
    bool text; /* u8 [n, width] is n texts, zeros behind each: .npy and .npz hold them as NumPy's S<width> */
} sg_array;

typedef struct sg_array_text {
    char *key, *value;
} sg_array_text;

/* A list of arrays with unique names, and of texts with unique keys. Zero-initialise it ({0}) before use. */
typedef struct sg_arrays {
    size_t count, room;
    sg_array *items;
    size_t text_count, text_room;
    sg_array_text *texts; /* the __metadata__ of a safetensors file; other formats have none */
} sg_arrays;

/* Frees everything that the list owns and zeroes it. */
void sg_arrays_finish(sg_arrays *arrays);

/* Adds an array and takes over the memory of `tensor`, which is zeroed. On failure the caller keeps it. A
 * name that is there already is SG_BAD_USAGE. */
sg_status sg_arrays_add(sg_arrays *arrays, const char *name, sg_tensor *tensor, sg_error *error);
/* Adds a view: the memory behind `tensor` stays the caller's and must outlive the list. This is how weights
 * are saved without a copy. */
sg_status sg_arrays_add_view(sg_arrays *arrays, const char *name, const sg_tensor *tensor, sg_error *error);
/* The same for texts, which are copied. */
sg_status sg_arrays_add_texts(sg_arrays *arrays, const char *name, const char *const *texts, size_t count,
                              sg_error *error);
/* The array of that name, NULL when there is none. */
sg_tensor *sg_arrays_find(const sg_arrays *arrays, const char *name);

/* Sets a text (replacing an old one), and reads it (NULL when there is none). */
sg_status sg_arrays_set_text(sg_arrays *arrays, const char *key, const char *value, sg_error *error);
const char *sg_arrays_text(const sg_arrays *arrays, const char *key);

/* Reads a file by its extension into a zeroed list. A .npy file gives one array that carries the file's name
 * without directory and extension. "FILE.npz:KEY" and "FILE.safetensors:KEY" read one array only. Fails with
 * SG_IO_ERROR (no such file), SG_BAD_DATA (not what its name says, damaged, unknown type, no such key),
 * SG_BAD_USAGE (unknown extension), SG_OUT_OF_MEMORY; the list is then empty. */
sg_status sg_arrays_load(sg_arrays *arrays, const char *path, sg_error *error);

/* Writes all arrays by the file's extension. A .npy file holds exactly one array; NumPy has no bf16, so .npy
 * and .npz hold such arrays as f32. safetensors files are written with format "pt" among their texts. */
sg_status sg_arrays_save(const sg_arrays *arrays, const char *path, sg_error *error);

/* Reads one array: a .npy file, "FILE.npz:KEY", "FILE.safetensors:KEY", or a file that holds only one.
 * `tensor` is contiguous and owns its memory. */
sg_status sg_array_load(sg_tensor *tensor, const char *path, sg_error *error);

/* Reads names, types and shapes of a .safetensors file without its data (data == NULL in every tensor), and
 * its texts. All checks of the header are made. Types are those of the tensors that sg_arrays_load would
 * give. */
sg_status sg_arrays_peek(sg_arrays *arrays, const char *path, sg_error *error);

/* A file that must be known to be whole (a checkpoint) is sealed before it is saved: the text "crc32" becomes
 * the CRC-32 of every name, type, shape and byte, in order of the names. sg_arrays_verify computes it again
 * and fails with SG_BAD_CHECKPOINT when the text is missing or differs. */
sg_status sg_arrays_seal(sg_arrays *arrays, sg_error *error);
sg_status sg_arrays_verify(const sg_arrays *arrays, sg_error *error);
/* The same for a .safetensors file, of which one array at a time is read; fails as sg_arrays_load does, too.
 */
sg_status sg_arrays_verify_file(const char *path, sg_error *error);

SG_END_C

#endif
