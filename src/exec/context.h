/* exec/context.h - what is inside an sg_context, for the executor. */
#ifndef SG_EXEC_CONTEXT_H
#define SG_EXEC_CONTEXT_H

#include "simgraph/context.h"

#include "base/workers.h"
#include "kernel/loops.h"
#include "kernel/product.h"

struct sg_context {
    sg_workers *workers;
    const sg_loops *loops;
    const sg_gemm_variant *own;      /* NULL: f32 products are BLAS's too */
    const sg_gemm_variant *rounding; /* that of products whose operands are rounded to bf16 */
    sg_products *products[2];        /* one a worker: operands as they are; rounded to bf16 */
    void *product_space;
    char product[SG_PRODUCT_NAME + 32];        /* as checkpoints have it */
    char products_of[3][SG_PRODUCT_NAME + 32]; /* f32, bf16, f64 */
};

#endif
