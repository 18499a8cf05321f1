/* simgraph/tensor.h - element types, shapes, strided tensors. */
#ifndef SIMGRAPH_TENSOR_H
#define SIMGRAPH_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simgraph/error.h"

SG_BEGIN_C

enum { SG_MAX_RANK = 8 };

/* Ordered by promotion: u8 < i32 < f32 < f64. SG_BF16 is a storage type: views and ops that move
 * elements without calculating take it (SG_OP_STORAGE), `cast` makes it and turns it into the others. */
typedef enum sg_type { SG_U8 = 0, SG_I32, SG_BF16, SG_F32, SG_F64, SG_TYPE_COUNT } sg_type;

size_t sg_type_size(sg_type type);      /* bytes of one element */
const char *sg_type_name(sg_type type); /* "f32" */
bool sg_type_from_name(const char *name, sg_type *type);
bool sg_type_is_float(sg_type type); /* f32, f64 or bf16 */
sg_type sg_type_promote(sg_type a, sg_type b);

/* Sizes in NumPy order (outermost first). Rank 0 is a scalar; a size may be 0. */
typedef struct sg_shape {
    int rank;
    int64_t dim[SG_MAX_RANK];
} sg_shape;

sg_shape sg_shape_of(int rank, const int64_t *dims);
#ifndef __cplusplus
#define SG_SHAPE(...) \
    sg_shape_of((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]){__VA_ARGS__})
#endif
bool sg_shape_equal(const sg_shape *a, const sg_shape *b);
/* Product of the sizes; the shape was checked before by sg_shape_check. */
int64_t sg_shape_elements(const sg_shape *shape);
/* Every size >= 0, rank in range and elements * size of any type below 2^62; otherwise a message. */
sg_status sg_shape_check(const sg_shape *shape, sg_error *error);
/* NumPy broadcasting of a and b; false when an axis differs and neither size is 1, or where there are too
 * many axes. */
bool sg_shape_broadcast(const sg_shape *a, const sg_shape *b, sg_shape *out);
/* "[128, 49, 64]"; returns buffer. With unit > 0, a size that is k * unit is written "batch" or "k*batch". */
enum { SG_SHAPE_TEXT = 192 };
const char *sg_shape_text(const sg_shape *shape, int64_t unit, char buffer[SG_SHAPE_TEXT]);

/* A view of memory: strides count elements and may be 0 (broadcast) or negative (reversed). */
typedef struct sg_tensor {
    sg_type type;
    sg_shape shape;
    int64_t stride[SG_MAX_RANK];
    void *data;
    void *owned; /* what sg_tensor_finish frees; NULL for a view of somebody else's memory */
} sg_tensor;

/* Row-major contiguous strides for a shape. */
void sg_contiguous_strides(const sg_shape *shape, int64_t stride[SG_MAX_RANK]);
bool sg_tensor_contiguous(const sg_tensor *tensor);
int64_t sg_tensor_elements(const sg_tensor *tensor);
size_t sg_tensor_bytes(const sg_tensor *tensor); /* elements * element size */

/* A contiguous tensor of zeros, 64-byte aligned. Fails with SG_OUT_OF_MEMORY or SG_BAD_GRAPH (sizes). */
sg_status sg_tensor_init(sg_tensor *tensor, sg_type type, sg_shape shape, sg_error *error);
/* A contiguous view of `data`, owning nothing. */
sg_tensor sg_tensor_view(sg_type type, sg_shape shape, void *data);
void sg_tensor_finish(sg_tensor *tensor); /* frees what it owns; harmless on a zeroed or finished one */

/* Copies src into dst (equal shapes, any strides), converting the type: float to int truncates toward zero
 * and saturates, NaN gives 0. SG_BAD_USAGE when the shapes differ. */
sg_status sg_tensor_copy(const sg_tensor *dst, const sg_tensor *src, sg_error *error);

/* Element `i` in row-major order, as a double. For tools and tests; slow. */
double sg_tensor_get(const sg_tensor *tensor, int64_t i);
void sg_tensor_set(const sg_tensor *tensor, int64_t i, double value);

SG_END_C

#endif
