/* kernel/families.h - what the sources of a variant define, for its table. */
#ifndef SG_KERNEL_FAMILIES_H
#define SG_KERNEL_FAMILIES_H

#include "kernel/variant.h"

/* clang-format off */
#define SG_EACH_UNARY(X) \
    X(NEG, neg) X(ABS, abs) X(EXP, exp) X(LOG, log) X(SQRT, sqrt) X(RSQRT, rsqrt) X(SQUARE, square) \
    X(TANH, tanh) X(SIGMOID, sigmoid) X(RELU, relu) X(GELU, gelu) X(GELU_TANH, gelu_tanh) X(SILU, silu) \
    X(ERF, erf) X(SIGN, sign) X(SIN, sin) X(COS, cos)
/* clang-format on */
#define SG_EACH_UNARY_I32(X) X(NEG, neg) X(ABS, abs) X(SQUARE, square) X(RELU, relu) X(SIGN, sign)
#define SG_EACH_GRADIENT(X) X(RELU, relu) X(GELU, gelu) X(GELU_TANH, gelu_tanh) X(SILU, silu)
#define SG_EACH_LOSS(X) X(L1, l1) X(MSE, mse) X(SMOOTH_L1, smooth_l1) X(BCE, bce) X(BCE_LOGITS, bce_logits)
#define SG_EACH_BINARY_I32(X) \
    X(ADD, add)               \
    X(SUB, sub)               \
    X(MUL, mul) X(POW, pow) X(MAXIMUM, maximum) X(MINIMUM, minimum) X(FLOOR_DIV, floor_div) X(MOD, mod)
#define SG_EACH_BINARY(X) SG_EACH_BINARY_I32(X) X(DIV, div)
#define SG_EACH_COMPARE(X) X(EQ, eq) X(NE, ne) X(LT, lt) X(LE, le) X(GT, gt) X(GE, ge)
#define SG_EACH_LOGIC(X) X(AND, and) X(OR, or) X(XOR, xor)

#define UNARY(N, name)                                           \
    void SG_FN(name##_f32)(int64_t n, const float *x, float *y); \
    void SG_FN(name##_f64)(int64_t n, const double *x, double *y);
#define UNARY_I32(N, name) void SG_FN(name##_i32)(int64_t n, const int32_t *x, int32_t *y);
#define GRADIENT(N, name)                                                                   \
    void SG_FN(name##_gradient_f32)(int64_t n, const float *x, const float *dy, float *dx); \
    void SG_FN(name##_gradient_f64)(int64_t n, const double *x, const double *dy, double *dx);
#define LOSS_OF(name, type, T)                                                                       \
    double SG_FN(name##_loss_##type)(int64_t n, double parameter, const T *output, const T *target,  \
                                     const T *weight);                                               \
    void SG_FN(name##_by_output_##type)(int64_t n, double parameter, double factor, const T *output, \
                                        const T *target, const T *weight, T *dx);                    \
    void SG_FN(name##_by_target_##type)(int64_t n, double parameter, double factor, const T *output, \
                                        const T *target, const T *weight, T *dx);
#define LOSS(N, name) LOSS_OF(name, f32, float) LOSS_OF(name, f64, double)
#define SIDES(name, T, R)                                           \
    void SG_FN(name##_aa)(int64_t n, const T *a, const T *b, R *y); \
    void SG_FN(name##_sa)(int64_t n, const T *a, const T *b, R *y); \
    void SG_FN(name##_as)(int64_t n, const T *a, const T *b, R *y);
#define BINARY(N, name) SIDES(name##_f32, float, float) SIDES(name##_f64, double, double)
#define BINARY_I32(N, name) SIDES(name##_i32, int32_t, int32_t)
#define COMPARE(N, name)              \
    SIDES(name##_f32, float, int32_t) \
    SIDES(name##_f64, double, int32_t) SIDES(name##_i32, int32_t, int32_t) SIDES(name##_u8, uint8_t, int32_t)
#define LOGIC(N, name) SIDES(logic_##name##_i32, int32_t, int32_t)

SG_EACH_UNARY(UNARY)
SG_EACH_UNARY_I32(UNARY_I32)
SG_EACH_GRADIENT(GRADIENT)
SG_EACH_LOSS(LOSS)
SG_EACH_BINARY(BINARY)
SG_EACH_BINARY_I32(BINARY_I32)
SG_EACH_COMPARE(COMPARE)
SG_EACH_LOGIC(LOGIC)
void SG_FN(logic_not_i32)(int64_t n, const int32_t *x, int32_t *y);

#define ANY_TYPE(type, T)                                                                \
    void SG_FN(where_##type)(int64_t n, const int32_t *c, const T *a, const T *b, T *y); \
    void SG_FN(fill_##type)(int64_t n, T value, T * y);
#define FLOAT_TYPE(type, T)                                                                              \
    void SG_FN(accumulate_##type)(int64_t n, const T *x, T *y);                                          \
    void SG_FN(axpy_##type)(int64_t n, T a, const T *x, T *y);                                           \
    void SG_FN(scale_##type)(int64_t n, T a, const T *x, T *y);                                          \
    void SG_FN(accumulate_wide_##type)(int64_t n, const T *x, double *y);                                \
    double SG_FN(sum_##type)(int64_t n, const T *x);                                                     \
    double SG_FN(dot_##type)(int64_t n, const T *x, const T *y);                                         \
    T SG_FN(max_##type)(int64_t n, const T *x);                                                          \
    T SG_FN(min_##type)(int64_t n, const T *x);                                                          \
    bool SG_FN(all_finite_##type)(int64_t n, const T *x);                                                \
    void SG_FN(add_bias_##type)(int64_t rows, int64_t n, const T *x, const T *bias, T *y);               \
    void SG_FN(sum_rows_##type)(int64_t rows, int64_t n, const T *x, T *y);                              \
    void SG_FN(softmax_##type)(int64_t rows, int64_t n, const T *x, T *y);                               \
    void SG_FN(log_softmax_##type)(int64_t rows, int64_t n, const T *x, T *y);                           \
    void SG_FN(softmax_gradient_##type)(int64_t rows, int64_t n, const T *y, const T *dy, T *dx);        \
    void SG_FN(log_softmax_gradient_##type)(int64_t rows, int64_t n, const T *y, const T *dy, T *dx);    \
    void SG_FN(layer_norm_##type)(int64_t rows, int64_t n, const T *x, const T *weight, const T *bias,   \
                                  double eps, T *y, T *mean, T *rstd);                                   \
    void SG_FN(layer_norm_gradient_##type)(int64_t rows, int64_t n, const T *x, const T *weight,         \
                                           const T *mean, const T *rstd, const T *dy, T *dx, T *dweight, \
                                           T *dbias);                                                    \
    void SG_FN(correlate_##type)(int64_t n, int64_t taps, const int64_t *offset, const T *w, const T *x, \
                                 T start, T *y);                                                         \
    void SG_FN(correlate_taps_##type)(int64_t n, int64_t taps, const int64_t *offset, const T *x,        \
                                      const T *dy, T *dw);                                               \
    void SG_FN(adamw_##type)(int64_t n, const sg_adamw *step, T *p, const T *g, T *m, T *v);             \
    void SG_FN(sgd_##type)(int64_t n, const sg_sgd *step, T *p, const T *g, T *buf);

ANY_TYPE(f32, float)
ANY_TYPE(f64, double)
ANY_TYPE(i32, int32_t)
FLOAT_TYPE(f32, float)
FLOAT_TYPE(f64, double)

void SG_FN(draw_words)(uint64_t seed, uint32_t first_quad, int64_t quads, uint32_t sample, uint32_t epoch,
                       uint64_t purpose, uint32_t *out);
void SG_FN(normal)(int64_t pairs, const uint32_t *words, double *out);

void SG_FN(narrow)(int64_t n, const float *x, uint16_t *y);
void SG_FN(widen)(int64_t n, const uint16_t *x, float *y);
void SG_FN(transpose_f32)(int64_t rows, int64_t columns, const float *x, int64_t x_row, float *y,
                          int64_t y_row);
void SG_FN(split_f32)(int64_t columns, const float *x, const sg_lined_rows *at_x, float *even, float *odd,
                      const sg_lined_rows *at);
void SG_FN(weave_f32)(int64_t columns, const float *even, const sg_lined_rows *at_even, const float *odd,
                      const sg_lined_rows *at_odd, float *x, const sg_lined_rows *at_x);

#undef UNARY
#undef UNARY_I32
#undef GRADIENT
#undef LOSS
#undef LOSS_OF
#undef SIDES
#undef BINARY
#undef BINARY_I32
#undef COMPARE
#undef LOGIC
#undef ANY_TYPE
#undef FLOAT_TYPE

#endif
