/* Body for each float type: losses between an output and a target. What has weight 0 counts as 0, whatever
 * it holds; the error is chosen, not the term, as GCC 12 forgets lanes of a sum whose terms are chosen. */
#include "kernel/math_loss.h"

#define LOSS(name, PRAGMA)                                                                                   \
    static inline double FN(name##_term)(T output, T target, T weight, double parameter) {                   \
        const double error = error_##name(output, target, parameter);                                        \
        return (weight != 0 ? error : 0.0) * (double)weight;                                                 \
    }                                                                                                        \
    double FN(name##_loss)(int64_t n, double parameter, const T *output, const T *target, const T *weight) { \
        double sum;                                                                                          \
        if (weight)                                                                                          \
            SG_SUM_LANES(sum, n, FN(name##_term)(output[i], target[i], weight[i], parameter));               \
        else                                                                                                 \
            SG_SUM_LANES(sum, n, error_##name(output[i], target[i], parameter));                             \
        return sum;                                                                                          \
    }                                                                                                        \
    SLOPE(name, name##_by_output, slope_##name, PRAGMA)                                                      \
    SLOPE(name, name##_by_target, target_slope_##name, PRAGMA)

#define SLOPE(name, function, slope, PRAGMA)                                                              \
    void FN(function)(int64_t n, double parameter, double factor, const T *output, const T *target,       \
                      const T *weight, T *dx) {                                                           \
        if (weight) {                                                                                     \
            PRAGMA                                                                                        \
            for (int64_t i = 0; i < n; i++) {                                                             \
                const double s = slope(output[i], target[i], parameter) * (double)weight[i] * factor;     \
                dx[i] = weight[i] != 0 ? (T)s : (T)0;                                                     \
            }                                                                                             \
        } else {                                                                                          \
            PRAGMA                                                                                        \
            for (int64_t i = 0; i < n; i++) dx[i] = (T)(slope(output[i], target[i], parameter) * factor); \
        }                                                                                                 \
    }

LOSS(l1, SG_VECTOR_LOOP)
LOSS(mse, SG_VECTOR_LOOP)
LOSS(smooth_l1, SG_VECTOR_LOOP)
LOSS(bce, )
LOSS(bce_logits, )

#undef LOSS
#undef SLOPE
