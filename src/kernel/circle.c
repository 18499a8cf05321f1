/* Sine and cosine. */
#include "kernel/families.h"
#include "kernel/math_f32.h"
#include "kernel/math_f64.h"

enum { BLOCK = 256 };

/* Large arguments, infinity and NaN go to the C library, one by one; blocks without them are vectors. Which
 * way an element goes depends on that element alone. */
#define CIRCLE(name, library)                                                                    \
    static inline float any_##name(float x) {                                                    \
        return abs_f32(x) <= CIRCLE_LIMIT_F32 ? name##_f32(x) : (float)library((double)x);       \
    }                                                                                            \
    void SG_FN(name##_f32)(int64_t n, const float *x, float *y) {                                \
        for (int64_t start = 0; start < n; start += BLOCK) {                                     \
            int64_t end = n - start < BLOCK ? n : start + BLOCK;                                 \
            int large = 0;                                                                       \
            for (int64_t i = start; i < end; i++) large |= !(abs_f32(x[i]) <= CIRCLE_LIMIT_F32); \
            if (large)                                                                           \
                for (int64_t i = start; i < end; i++) y[i] = any_##name(x[i]);                   \
            else                                                                                 \
                SG_VECTOR_LOOP for (int64_t i = start; i < end; i++) y[i] = name##_f32(x[i]);    \
        }                                                                                        \
    }                                                                                            \
    void SG_FN(name##_f64)(int64_t n, const double *x, double *y) {                              \
        for (int64_t i = 0; i < n; i++) y[i] = name##_f64(x[i]);                                 \
    }

CIRCLE(sin, sin)
CIRCLE(cos, cos)
