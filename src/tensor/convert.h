/* tensor/convert.h - runs of elements from one type to another. */
#ifndef SG_TENSOR_CONVERT_H
#define SG_TENSOR_CONVERT_H

#include <string.h>

#include "simgraph/tensor.h"

static inline float sg_f32_of_bf16(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    float y;
    memcpy(&y, &bits, sizeof y);
    return y;
}

static inline uint16_t sg_bf16_of_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16; /* to nearest, ties to even */
    uint32_t nan = (bits >> 16) | 0x40; /* quiet: rounding could turn it into infinity */
    return (uint16_t)(x == x ? rounded : nan);
}

/* dst[k * dst_step] = src[k * src_step] for k = 0 .. count - 1, in that order; steps in elements. Integers
 * that do not fit the smaller type saturate; floats truncate toward zero, then saturate; NaN gives 0. f64
 * goes to bf16 by way of f32, each time rounded to nearest even. */
void sg_convert_run(sg_type dst_type, void *dst, int64_t dst_step, sg_type src_type, const void *src,
                    int64_t src_step, int64_t count);

#endif
