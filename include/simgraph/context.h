/* simgraph/context.h - what an engine owns: worker pool, product path, inner loops. There are no other
 * globals. */
#ifndef SIMGRAPH_CONTEXT_H
#define SIMGRAPH_CONTEXT_H

#include "simgraph/error.h"
#include "simgraph/tensor.h"
#include <stddef.h>

SG_BEGIN_C

typedef struct sg_context sg_context;

typedef struct sg_context_options {
    size_t size;     /* sizeof(sg_context_options) */
    int threads;     /* workers, the caller's thread included; 0: one per CPU that this process may use */
    const char *cpu; /* inner loops: "generic", "avx2", "avx512"; NULL: the best that this CPU runs */
    const char
        *product; /* f32 matrix products: "openblas", "own", or a variant of our own: "generic", "avx2",
                     "avx512", "avx512_bf16"; NULL: the best for cpu, "openblas" where that is "generic" */
} sg_context_options;

/* Creates the pool and sets OpenBLAS to one thread a call for the whole process (results then do not depend
 * on the number of workers). With an OpenMP build of OpenBLAS, a process that forks after its first product
 * may hang in the child's first one: fork before. Fails with SG_OUT_OF_MEMORY, SG_FAILURE where the system
 * refuses so many threads, or SG_BAD_USAGE for threads below 0 or above 1024, or an unknown or unsupported
 * cpu or product. */
sg_status sg_context_create(sg_context **out, const sg_context_options *options, sg_error *error);
void sg_context_destroy(sg_context *context);

int sg_context_threads(const sg_context *context);
const char *sg_context_cpu(const sg_context *context); /* "avx512" */
/* "own avx512; f64: OpenBLAS 0.3.21 SkylakeX (pthread)", or OpenBLAS alone */
const char *sg_context_product(const sg_context *context);

/* The products that are made of that precision: SG_F32 "own avx512", SG_BF16 (operands that are rounded to
 * it) "own avx512_bf16", SG_F64 "OpenBLAS 0.3.21 SkylakeX (pthread)". */
const char *sg_context_product_of(const sg_context *context, sg_type type);

/* Where OpenBLAS runs kernels far below what this CPU can do (it does not know the model), the name of better
 * ones, else NULL. OpenBLAS chooses once, while it is loaded: set the variable OPENBLAS_CORETYPE to the name
 * and start the program again, as `simgraph` does by itself when the variable is not set. */
const char *sg_context_better_core(void);

const char *sg_version(void); /* "0.1.0" */

SG_END_C

#endif
