/* Arithmetic of two float operands. */
#include "kernel/families.h"
#include "kernel/math_f32.h"
#include "kernel/math_f64.h"
#include "kernel/sides.h"

#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define DIV(a, b) ((a) / (b))
/* The first operand where it is NaN; where only the second is, the comparison fails and gives it. */
#define MAXIMUM(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define MINIMUM(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))

#define ARITHMETIC(T, type)                                       \
    SG_SIDES_LOOPS(add_##type, ADD, T, T, SG_VECTOR_LOOP)         \
    SG_SIDES_LOOPS(sub_##type, SUB, T, T, SG_VECTOR_LOOP)         \
    SG_SIDES_LOOPS(mul_##type, MUL, T, T, SG_VECTOR_LOOP)         \
    SG_SIDES_LOOPS(div_##type, DIV, T, T, SG_VECTOR_LOOP)         \
    SG_SIDES_LOOPS(maximum_##type, MAXIMUM, T, T, SG_VECTOR_LOOP) \
    SG_SIDES_LOOPS(minimum_##type, MINIMUM, T, T, SG_VECTOR_LOOP)

ARITHMETIC(float, f32)
ARITHMETIC(double, f64)

/* Python's // and %: the remainder is exact and has the sign of b, the quotient is the whole number that goes
 * with it. Division by 0 gives what / gives, and the remainder NaN. */
#define FLOORED(T, type, c_fmod, c_floor, c_copysign)          \
    static T mod_of_##type(T a, T b) {                         \
        T rest = c_fmod(a, b);                                 \
        if (rest == 0) return c_copysign(0, b);                \
        return (rest < 0) != (b < 0) ? rest + b : rest;        \
    }                                                          \
    static T floor_div_of_##type(T a, T b) {                   \
        if (b == 0) return a / b;                              \
        T rest = c_fmod(a, b), quotient = (a - rest) / b;      \
        if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1; \
        if (quotient == 0) return c_copysign(0, a / b);        \
        T whole = c_floor(quotient);                           \
        return quotient - whole > (T)0.5 ? whole + 1 : whole;  \
    }                                                          \
    SG_SIDES_LOOPS(mod_##type, mod_of_##type, T, T, )          \
    SG_SIDES_LOOPS(floor_div_##type, floor_div_of_##type, T, T, )

FLOORED(float, f32, fmodf, floorf, copysignf)
FLOORED(double, f64, fmod, floor, copysign)

/* Powers: the rare arguments with rules of their own go to the C library, one by one. */
enum { BLOCK = 256 };

static inline int is_plain(float a, float b) {
    return a > 0.0f && a < INFINITY && abs_f32(b) < INFINITY;
}

static inline float any_pow(float a, float b) {
    return is_plain(a, b) ? pow_f32(a, b) : powf(a, b);
}

#define POW_LOOP(sides, A, B)                                                              \
    void SG_FN(pow_f32_##sides)(int64_t n, const float *a, const float *b, float *y) {     \
        const float a0 = n > 0 ? *a : 0, b0 = n > 0 ? *b : 0;                              \
        (void)a0;                                                                          \
        (void)b0;                                                                          \
        for (int64_t start = 0; start < n; start += BLOCK) {                               \
            int64_t end = n - start < BLOCK ? n : start + BLOCK;                           \
            int rare = 0;                                                                  \
            for (int64_t i = start; i < end; i++) rare |= !is_plain(A, B);                 \
            if (rare)                                                                      \
                for (int64_t i = start; i < end; i++) y[i] = any_pow(A, B);                \
            else                                                                           \
                SG_VECTOR_LOOP for (int64_t i = start; i < end; i++) y[i] = pow_f32(A, B); \
        }                                                                                  \
    }
POW_LOOP(aa, a[i], b[i])
POW_LOOP(sa, a0, b[i])
POW_LOOP(as, a[i], b0)
SG_SIDES_LOOPS(pow_f64, pow, double, double, )
