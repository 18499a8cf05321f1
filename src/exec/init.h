/* Initialisers: how weights start. Each file line `const sg_init sg_init_<name>` enters the registry. */
#ifndef SG_EXEC_INIT_H
#define SG_EXEC_INIT_H

#include "kernel/loops.h"
#include "simgraph/schema.h"
#include "simgraph/tensor.h"

/* What the elements of one weight are drawn from. */
typedef struct sg_init_stream {
    const sg_attr *attr;
    const sg_shape *shape;
    uint64_t seed, purpose;
    const sg_loops *loops; /* every variant draws the same bits */
} sg_init_stream;

enum { SG_INIT_PIECE = 1024 }; /* most elements that are filled at once */

typedef struct sg_init {
    sg_schema schema; /* first: the registry holds schemas */
    /* Elements first .. first + count - 1 of the stream, first a multiple of 4. Each depends on its index
     * alone. NULL: zeros. */
    void (*fill)(const sg_init_stream *from, uint64_t first, int64_t count, double *out);
} sg_init;

#endif
