/* Stretches of bytes, and tensors made from them. */
#include "base/checked.h"
#include "format/formats.h"

#include <stdlib.h>
#include <string.h>

sg_status sg_bytes_get(const sg_bytes *bytes, uint64_t offset, void *data, size_t size, sg_error *error) {
    if (offset > bytes->size || size > bytes->size - offset)
        return sg_fail(error, SG_BAD_DATA, "%s is cut short", bytes->name);
    if (bytes->file) return sg_file_reader_get(bytes->file, bytes->offset + offset, data, size, error);
    if (size > 0) memcpy(data, bytes->memory + bytes->offset + offset, size);
    return SG_OK;
}

sg_status sg_bytes_tensor(const sg_bytes *bytes, uint64_t offset, const sg_foreign *foreign, sg_shape shape,
                          sg_tensor *tensor, sg_error *error) {
    size_t size, count;
    *tensor = (sg_tensor){0};
    sg_status status = sg_shape_check(&shape, error);
    if (status != SG_OK) return status;
    int64_t elements = sg_shape_elements(&shape);
    if (!sg_int_to_size(elements, &count) || !sg_size_mul(count, foreign->size, &size) ||
        offset > bytes->size || size > bytes->size - offset)
        return sg_fail(error, SG_BAD_DATA, "%s is cut short", bytes->name);
    status = sg_tensor_init(tensor, foreign->type, shape, error);
    if (status != SG_OK) return status;
    if (foreign->same) {
        status = sg_bytes_get(bytes, offset, tensor->data, size, error);
    } else {
        void *raw = malloc(size ? size : 1);
        if (!raw)
            status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading %s", bytes->name);
        else
            status = sg_bytes_get(bytes, offset, raw, size, error);
        if (status == SG_OK) {
            status = sg_foreign_convert(foreign, tensor->data, raw, elements, error);
            if (status != SG_OK) sg_fail_prefix(error, "%s", bytes->name);
        }
        free(raw);
    }
    if (status != SG_OK) sg_tensor_finish(tensor);
    return status;
}

sg_status sg_dense_copy(sg_tensor *dense, const sg_tensor *tensor, sg_type type, sg_error *error) {
    if (tensor->type == type && sg_tensor_contiguous(tensor)) {
        *dense = sg_tensor_view(type, tensor->shape, tensor->data);
        return SG_OK;
    }
    sg_status status = sg_tensor_init(dense, type, tensor->shape, error);
    if (status == SG_OK) status = sg_tensor_copy(dense, tensor, error);
    if (status != SG_OK) sg_tensor_finish(dense);
    return status;
}
