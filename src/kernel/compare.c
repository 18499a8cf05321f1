/* Comparisons and logic: results are i32 0 or 1. */
#include "kernel/families.h"
#include "kernel/sides.h"

#define EQ(a, b) ((a) == (b))
#define NE(a, b) ((a) != (b))
#define LT(a, b) ((a) < (b))
#define LE(a, b) ((a) <= (b))
#define GT(a, b) ((a) > (b))
#define GE(a, b) ((a) >= (b))

#define COMPARE(T, type)                                      \
    SG_SIDES_LOOPS(eq_##type, EQ, T, int32_t, SG_VECTOR_LOOP) \
    SG_SIDES_LOOPS(ne_##type, NE, T, int32_t, SG_VECTOR_LOOP) \
    SG_SIDES_LOOPS(lt_##type, LT, T, int32_t, SG_VECTOR_LOOP) \
    SG_SIDES_LOOPS(le_##type, LE, T, int32_t, SG_VECTOR_LOOP) \
    SG_SIDES_LOOPS(gt_##type, GT, T, int32_t, SG_VECTOR_LOOP) \
    SG_SIDES_LOOPS(ge_##type, GE, T, int32_t, SG_VECTOR_LOOP)

COMPARE(float, f32)
COMPARE(double, f64)
COMPARE(int32_t, i32)
COMPARE(uint8_t, u8)

#define AND(a, b) (((a) != 0) & ((b) != 0))
#define OR(a, b) (((a) != 0) | ((b) != 0))
#define XOR(a, b) (((a) != 0) ^ ((b) != 0))

SG_SIDES_LOOPS(logic_and_i32, AND, int32_t, int32_t, SG_VECTOR_LOOP)
SG_SIDES_LOOPS(logic_or_i32, OR, int32_t, int32_t, SG_VECTOR_LOOP)
SG_SIDES_LOOPS(logic_xor_i32, XOR, int32_t, int32_t, SG_VECTOR_LOOP)

void SG_FN(logic_not_i32)(int64_t n, const int32_t *x, int32_t *y) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) y[i] = x[i] == 0;
}
