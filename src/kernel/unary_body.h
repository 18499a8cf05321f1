/* Body for each float type: elementwise functions of one array, and their gradients. */

#define UNARY(name)                                           \
    void FN(name)(int64_t n, const T *x, T *y) {              \
        MATH_LOOP                                             \
        for (int64_t i = 0; i < n; i++) y[i] = M(name)(x[i]); \
    }

UNARY(neg)
UNARY(abs)
UNARY(exp)
UNARY(log)
UNARY(sqrt)
UNARY(rsqrt)
UNARY(square)
UNARY(tanh)
UNARY(sigmoid)
UNARY(relu)
UNARY(gelu)
UNARY(gelu_tanh)
UNARY(silu)
UNARY(erf)
UNARY(sign)

#define GRADIENT(name)                                                         \
    void FN(name##_gradient)(int64_t n, const T *x, const T *dy, T *dx) {      \
        MATH_LOOP                                                              \
        for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * M(name##_slope)(x[i]); \
    }

void FN(relu_gradient)(int64_t n, const T *x, const T *dy, T *dx) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) {
        const T slope_one = dy[i]; /* read in any case, so that the loop has no branch */
        dx[i] = x[i] > 0 ? slope_one : 0;
    }
}
GRADIENT(gelu)
GRADIENT(gelu_tanh)
GRADIENT(silu)

#undef UNARY
#undef GRADIENT
