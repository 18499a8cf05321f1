/* Initialisers: how weights start. Each file line `const sg_init sg_init_<name>` enters the registry. */
#ifndef SG_EXEC_INIT_H
#define SG_EXEC_INIT_H

#include "simgraph/schema.h"
#include "simgraph/tensor.h"

/* What the elements of one weight are drawn from. */
typedef struct sg_init_stream {
    const sg_attr *attr;
    const sg_shape *shape;
    uint64_t seed, purpose;
} sg_init_stream;

typedef struct sg_init {
    sg_schema schema; /* first: the registry holds schemas */
    /* Element `index` of the stream. Depends on nothing else. */
    double (*element)(const sg_init_stream *from, uint64_t index);
} sg_init;

#endif
