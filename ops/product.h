/* Products in either float type through one call. */
#ifndef SG_OPS_PRODUCT_H
#define SG_OPS_PRODUCT_H

#include "kernel/product.h"
#include "simgraph/op.h"

/* C = alpha * op(A) op(B) + beta * C + bias in each row: sg_multiply_f32 and sg_multiply_f64
 * (kernel/product.h), by type. */
static inline void sg_gemm_bias(const sg_task *task, sg_type type, bool ta, bool tb, int64_t m, int64_t n,
                                int64_t k, double alpha, const void *a, int64_t lda, const void *b,
                                int64_t ldb, double beta, void *c, int64_t ldc, const void *bias) {
    if (type == SG_F32)
        sg_multiply_f32(task->products, ta, tb, m, n, k, (float)alpha, a, lda, b, ldb, (float)beta, c, ldc,
                        bias);
    else
        sg_multiply_f64(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias);
}

static inline void sg_gemm(const sg_task *task, sg_type type, bool ta, bool tb, int64_t m, int64_t n,
                           int64_t k, double alpha, const void *a, int64_t lda, const void *b, int64_t ldb,
                           double beta, void *c, int64_t ldc) {
    sg_gemm_bias(task, type, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, NULL);
}

/* Elements over the size of the last axis; 0 for an empty one. */
static inline int64_t sg_row_count(const sg_shape *shape) {
    int64_t rows = 1;
    for (int d = 0; d + 1 < shape->rank; d++) rows *= shape->dim[d];
    return rows;
}

/* The distance of the rows of the last two axes. */
static inline int64_t sg_row_distance(const sg_tensor *t) {
    return t->stride[t->shape.rank - 2];
}

/* Do the rows of t follow each other at one distance over all leading axes, as BLAS takes them? */
static inline bool sg_even_rows(const sg_tensor *t) {
    const sg_shape *shape = &t->shape;
    int64_t distance = sg_row_distance(t), next = distance * shape->dim[shape->rank - 2];
    for (int d = shape->rank - 3; d >= 0; d--) {
        if (shape->dim[d] == 1) continue;
        if (t->stride[d] != next || distance < shape->dim[shape->rank - 1]) return false;
        next *= shape->dim[d];
    }
    return true;
}

#endif
