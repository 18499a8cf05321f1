#include "simgraph/tensor.h"

#include "base/memory.h"
#include "tensor/convert.h"

#include <string.h>

void sg_contiguous_strides(const sg_shape *shape, int64_t stride[SG_MAX_RANK]) {
    int64_t step = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        stride[i] = step;
        if (shape->dim[i] > 0) step *= shape->dim[i];
    }
}

/* The stride of an axis of size 1, and all strides of an empty tensor, address nothing. */
bool sg_tensor_contiguous(const sg_tensor *tensor) {
    if (sg_tensor_elements(tensor) == 0) return true;
    int64_t step = 1;
    for (int i = tensor->shape.rank - 1; i >= 0; i--) {
        if (tensor->shape.dim[i] != 1 && tensor->stride[i] != step) return false;
        step *= tensor->shape.dim[i];
    }
    return true;
}

int64_t sg_tensor_elements(const sg_tensor *tensor) {
    return sg_shape_elements(&tensor->shape);
}

size_t sg_tensor_bytes(const sg_tensor *tensor) {
    return (size_t)sg_tensor_elements(tensor) * sg_type_size(tensor->type);
}

sg_status sg_tensor_init(sg_tensor *tensor, sg_type type, sg_shape shape, sg_error *error) {
    *tensor = (sg_tensor){0};
    sg_status status = sg_shape_check(&shape, error);
    if (status != SG_OK) return status;
    sg_tensor made = sg_tensor_view(type, shape, NULL);
    size_t bytes = sg_tensor_bytes(&made);
    if (!(made.data = made.owned = sg_aligned_alloc(bytes))) {
        char text[SG_SHAPE_TEXT];
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a tensor of %s %s (%zu bytes)",
                       sg_type_name(type), sg_shape_text(&shape, 0, text), bytes);
    }
    memset(made.data, 0, bytes);
    *tensor = made;
    return SG_OK;
}

sg_tensor sg_tensor_view(sg_type type, sg_shape shape, void *data) {
    sg_tensor tensor = {.type = type, .shape = shape, .data = data};
    sg_contiguous_strides(&shape, tensor.stride);
    return tensor;
}

void sg_tensor_finish(sg_tensor *tensor) {
    sg_aligned_free(tensor->owned);
    *tensor = (sg_tensor){0};
}

/* Address of element i in row-major order. */
static void *element(const sg_tensor *tensor, int64_t i) {
    int64_t offset = 0;
    for (int axis = tensor->shape.rank - 1; axis >= 0; axis--) {
        offset += i % tensor->shape.dim[axis] * tensor->stride[axis];
        i /= tensor->shape.dim[axis];
    }
    return (char *)tensor->data + offset * (int64_t)sg_type_size(tensor->type);
}

double sg_tensor_get(const sg_tensor *tensor, int64_t i) {
    double value;
    sg_convert_run(SG_F64, &value, 0, tensor->type, element(tensor, i), 0, 1);
    return value;
}

void sg_tensor_set(const sg_tensor *tensor, int64_t i, double value) {
    sg_convert_run(tensor->type, element(tensor, i), 0, SG_F64, &value, 0, 1);
}
