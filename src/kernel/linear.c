#define SG_BODY "kernel/linear_body.h"
#include "kernel/each_float.h"

#define ANY_TYPE(T, type)                                                                 \
    void SG_FN(fill_##type)(int64_t n, T value, T * y) {                                  \
        for (int64_t i = 0; i < n; i++) y[i] = value;                                     \
    }                                                                                     \
    void SG_FN(where_##type)(int64_t n, const int32_t *c, const T *a, const T *b, T *y) { \
        SG_VECTOR_LOOP                                                                    \
        for (int64_t i = 0; i < n; i++) y[i] = c[i] ? a[i] : b[i];                        \
    }

ANY_TYPE(float, f32)
ANY_TYPE(double, f64)
ANY_TYPE(int32_t, i32)
