/* tensor/convert.h - runs of elements from one type to another. */
#ifndef SG_TENSOR_CONVERT_H
#define SG_TENSOR_CONVERT_H

#include "simgraph/tensor.h"

/* dst[k * dst_step] = src[k * src_step] for k = 0 .. count - 1, in that order; steps in elements. Integers
 * that do not fit the smaller type saturate; floats truncate toward zero, then saturate; NaN gives 0. f64
 * goes to bf16 by way of f32, each time rounded to nearest even. */
void sg_convert_run(sg_type dst_type, void *dst, int64_t dst_step, sg_type src_type, const void *src,
                    int64_t src_step, int64_t count);

#endif
