/* plan/pack.h - two ops that only plans hold: a matrix packed once, and products that read it so.
 *
 * What is in a packed matrix is the matter of the products that packed it (kernel/product.h), so neither op
 * can stand in a graph file, and neither has a gradient. */
#ifndef SG_PLAN_PACK_H
#define SG_PLAN_PACK_H

#include "simgraph/op.h"

/* b -> packed [n / 32, 32, k], for b of [k, n], or of [n, k] with `transpose`; f32, n a multiple of 32. */
extern const sg_op sg_op_pack;
/* x [..., k], packed [n / 32, 32, k], bias [n] (optional) -> y [..., n] = x b + bias; rank 2 or more. */
extern const sg_op sg_op_packed_affine;

#endif
