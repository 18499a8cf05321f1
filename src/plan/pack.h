/* plan/pack.h - ops that only plans hold: a matrix packed once, and products that read it so. Those of
 * convolutions are in ops/conv_turned.h.
 *
 * What is in a packed matrix is the matter of the products that packed it (kernel/product.h), so none of
 * these ops can stand in a graph file, and none has a gradient. */
#ifndef SG_PLAN_PACK_H
#define SG_PLAN_PACK_H

#include "simgraph/op.h"

/* b -> packed [n / 32, 32, k], for b of [..., n], k rows in all, or of [n, k] with `transpose`; f32, n a
 * multiple of 32. */
extern const sg_op sg_pack_op;
/* x [..., k], packed [n / 32, 32, k], bias [n] (optional) -> y [..., n] = x b + bias; rank 2 or more. */
extern const sg_op sg_packed_affine_op;
/* packed [in / 32, 32, rows], dy [..., out] -> dweight [out, in], dbias [out]: affine_grad in tiles of
 * dweight. */
extern const sg_op sg_packed_affine_grad_op;

/* Does the op pack? */
bool sg_is_pack(const sg_op *op);

#endif
