/* bf16 and f32. */
#include "kernel/families.h"
#include "tensor/convert.h"

void SG_FN(narrow)(int64_t n, const float *x, uint16_t *y) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) y[i] = sg_bf16_of_f32(x[i]);
}

void SG_FN(widen)(int64_t n, const uint16_t *x, float *y) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) y[i] = sg_f32_of_bf16(x[i]);
}
