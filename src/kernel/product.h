/* kernel/product.h - matrix products: our own (kernel/gemm.h) for f32 and bf16, BLAS for f64 and where our
 * own are not wanted. The only place that calls BLAS.
 *
 * BLAS belongs to the process, not to a context: its number of threads, and whether it may be called by
 * several threads at once, are set and remembered once for all (see product.c). */
#ifndef SG_KERNEL_PRODUCT_H
#define SG_KERNEL_PRODUCT_H

#include "kernel/gemm.h"
#include "simgraph/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds out how this OpenBLAS was built and sets it to one thread a call. To be called before the first
 * product; again does no harm. serial   not safe for several callers: products then take turns behind one
 * lock pthread  any number of callers openmp   every calling thread is set to one OpenMP thread. A process
 * that forks after it has multiplied may hang in the child's first product: fork before the first context, or
 * use the pthread build. */
void sg_product_prepare(void);

/* Lets OpenBLAS take now the memory that `threads` callers at once will need, SG_PRODUCT_BYTES of address
 * space each: where it gets none later it looks for it for ever. SG_OUT_OF_MEMORY where a limit of the
 * process (ulimit -v) leaves no room. */
enum { SG_PRODUCT_BYTES = 129 << 20 };
sg_status sg_product_reserve(int threads, sg_error *error);

/* "OpenBLAS 0.3.21 SkylakeX (pthread)"; returns buffer. */
enum { SG_PRODUCT_NAME = 96 };
const char *sg_product_name(char buffer[SG_PRODUCT_NAME]);
/* The core that OpenBLAS runs kernels for: "SkylakeX". */
const char *sg_product_core(void);

/* The core that OpenBLAS should have chosen, for its variable OPENBLAS_CORETYPE, where its choice has no AVX2
 * kernels although this CPU runs them: a release knows the models of its day only and gives younger ones its
 * oldest kernels (0.3.21: "Prescott"), which are several times slower. NULL where the choice is good. */
const char *sg_product_better_core(bool avx2, bool avx512);

/* C = alpha * op(A) op(B) + beta * C, row-major; op(A) is m x k, op(B) is k x n, C is m x n; op transposes
 * where ta or tb is set. lda, ldb and ldc are the distances between the rows as stored, in elements; that of
 * a matrix with one row does not matter. With beta == 0, C is not read. Any size may be 0: k == 0 gives beta
 * * C. Sizes beyond BLAS's 32 bits are split; the order of the sum over k is BLAS's own. */
void sg_gemm_f32(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                 const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
void sg_gemm_f64(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                 int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc);

/* How a caller's products are made. */
typedef struct sg_products sg_products;
struct sg_products {
    const sg_gemm_variant *own; /* of f32; NULL: BLAS, which nothing rounds for */
    bool rounded;               /* round operands to bf16 */
    void *space;                /* of this caller alone: SG_GEMM_SPACE bytes */
};

/* C = alpha * op(A) op(B) + beta * C + bias in each row, as products says; bias, of n elements, may be NULL.
 */
void sg_multiply_f32(const sg_products *products, bool ta, bool tb, int64_t m, int64_t n, int64_t k,
                     float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                     float *c, int64_t ldc, const float *bias);
void sg_multiply_f64(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                     int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc,
                     const double *bias);

/* ---- the same matrix under many products ----
 *
 * Packing takes op(B) to the order in which products read it: SG_GEMM_WIDTH columns after SG_GEMM_WIDTH
 * columns, k floats for each, in the last group too. Only the products that packed it can read it. */

/* Columns first .. first + columns - 1 of op(B), n x k; `first` is a multiple of SG_GEMM_WIDTH and so is the
 * number of columns, unless they are the last. `to` is where the first of them goes, aligned to 64. */
void sg_pack_f32(const sg_products *products, bool tb, int64_t k, int64_t first, int64_t columns,
                 const float *b, int64_t ldb, float *to);
/* C = op(A) op(B) + bias in each row, with the bits of sg_multiply_f32 where the products are our own. */
void sg_multiply_packed_f32(const sg_products *products, bool ta, int64_t m, int64_t n, int64_t k,
                            const float *a, int64_t lda, const float *packed, float *c, int64_t ldc,
                            const float *bias);

/* The variant of our own products that a context takes: that of the name `wanted` ("avx2"), or with NULL or
 * "own" the best whose name begins with `cpu`. *out is NULL for "openblas", and for NULL where there is
 * nothing better than "generic". SG_BAD_USAGE for unknown names and what this CPU cannot run. */
sg_status sg_products_choose(const sg_gemm_variant **out, const char *wanted, const char *cpu,
                             sg_error *error);

#endif
