/* Arithmetic of i32. It wraps: computed as unsigned, where that is defined. */
#include "kernel/families.h"
#include "kernel/sides.h"

static inline int32_t wrapped(uint32_t x) {
    return (int32_t)x;
}

#define ADD(a, b) wrapped((uint32_t)(a) + (uint32_t)(b))
#define SUB(a, b) wrapped((uint32_t)(a) - (uint32_t)(b))
#define MUL(a, b) wrapped((uint32_t)(a) * (uint32_t)(b))
#define MAXIMUM(a, b) ((a) > (b) ? (a) : (b))
#define MINIMUM(a, b) ((a) < (b) ? (a) : (b))

SG_SIDES_LOOPS(add_i32, ADD, int32_t, int32_t, SG_VECTOR_LOOP)
SG_SIDES_LOOPS(sub_i32, SUB, int32_t, int32_t, SG_VECTOR_LOOP)
SG_SIDES_LOOPS(mul_i32, MUL, int32_t, int32_t, SG_VECTOR_LOOP)
SG_SIDES_LOOPS(maximum_i32, MAXIMUM, int32_t, int32_t, SG_VECTOR_LOOP)
SG_SIDES_LOOPS(minimum_i32, MINIMUM, int32_t, int32_t, SG_VECTOR_LOOP)

/* In 64 bits, so that the smallest number divided by -1 is no trap. */
static inline int32_t floor_div(int32_t a, int32_t b) {
    if (b == 0) return 0;
    int64_t quotient = (int64_t)a / b, rest = (int64_t)a % b;
    return wrapped((uint32_t)(quotient - (rest != 0 && (rest < 0) != (b < 0))));
}

static inline int32_t mod(int32_t a, int32_t b) {
    if (b == 0) return 0;
    int64_t rest = (int64_t)a % b;
    return (int32_t)(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
}

static inline int32_t power(int32_t a, int32_t b) {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    uint32_t result = 1, square = (uint32_t)a;
    for (; b; b >>= 1, square *= square)
        if (b & 1) result *= square;
    return wrapped(result);
}

SG_SIDES_LOOPS(floor_div_i32, floor_div, int32_t, int32_t, )
SG_SIDES_LOOPS(mod_i32, mod, int32_t, int32_t, )
SG_SIDES_LOOPS(pow_i32, power, int32_t, int32_t, )

#define UNARY(name, result)                                           \
    void SG_FN(name##_i32)(int64_t n, const int32_t *x, int32_t *y) { \
        SG_VECTOR_LOOP                                                \
        for (int64_t i = 0; i < n; i++) y[i] = result;                \
    }

UNARY(neg, wrapped(0u - (uint32_t)x[i]))
UNARY(abs, x[i] < 0 ? wrapped(0u - (uint32_t)x[i]) : x[i])
UNARY(square, MUL(x[i], x[i]))
UNARY(relu, x[i] > 0 ? x[i] : 0)
UNARY(sign, (x[i] > 0) - (x[i] < 0))
