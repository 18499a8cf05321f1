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
    char product[SG_PRODUCT_NAME];
};

#endif
