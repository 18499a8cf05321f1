/* Walking strided operands of one shape together.
 *
 *     sg_walk walk;
 *     sg_walk_init(&walk, &shape, 2, (const sg_tensor *[]){x, y});
 *     do {
 *         ... walk.inner elements from walk.at[k], walk.step[k] elements apart ...
 *     } while (sg_walk_next(&walk));
 *
 * An operand of lower rank or with axes of size 1 is broadcast. Axes that all operands cross in one even
 * stride are joined, so that contiguous operands are one run. */
#ifndef SG_KERNEL_WALK_H
#define SG_KERNEL_WALK_H

#include "simgraph/tensor.h"

enum { SG_WALK_OPERANDS = 5 };

typedef struct sg_walk {
    int operands;
    int64_t inner;                  /* elements of the innermost run; 0 when there is nothing to do */
    int64_t step[SG_WALK_OPERANDS]; /* elements between them */
    char *at[SG_WALK_OPERANDS];
    int rank; /* outer axes */
    int64_t dim[SG_MAX_RANK], index[SG_MAX_RANK];
    int64_t bytes[SG_WALK_OPERANDS][SG_MAX_RANK]; /* per outer axis */
} sg_walk;

/* An operand with NULL data walks along without memory. */
void sg_walk_init(sg_walk *walk, const sg_shape *shape, int operands, const sg_tensor *const *operand);
bool sg_walk_next(sg_walk *walk);

#endif
