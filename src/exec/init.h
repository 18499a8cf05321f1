/* Initialisers: how weights start. Each file line `const sg_init sg_init_<name>` enters the registry. */
#ifndef SG_EXEC_INIT_H
#define SG_EXEC_INIT_H

#include "simgraph/schema.h"

typedef struct sg_init {
    sg_schema schema; /* first: the registry holds schemas */
    /* Element `index` of the stream named by `purpose`. Depends on nothing else. */
    double (*element)(const sg_attr *attr, uint64_t seed, uint64_t purpose, uint64_t index);
} sg_init;

#endif
