/* kernel/math_f64.h - mathematics of one f64, by the C library. */
#ifndef SG_KERNEL_MATH_F64_H
#define SG_KERNEL_MATH_F64_H

#include "kernel/math_f32.h" /* GELU_A, GELU_B */

#include <math.h>

static inline double madd_f64(double a, double b, double c) {
#ifdef __FMA__
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

/* Integers in the order of the numbers, -0 below 0. NaN lies beyond the infinities. */
typedef int64_t key_f64;

static inline key_f64 key_of_f64(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (int64_t)(bits ^ ((uint64_t) - (int64_t)(bits >> 63) >> 1));
}

static inline double of_key_f64(key_f64 key) {
    uint64_t bits = (uint64_t)key;
    bits ^= (uint64_t) - (int64_t)(bits >> 63) >> 1;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline double neg_f64(double x) {
    return -x;
}

static inline double abs_f64(double x) {
    return __builtin_fabs(x);
}

static inline double exp_f64(double x) {
    return exp(x);
}

static inline double log_f64(double x) {
    return log(x);
}

static inline double sqrt_f64(double x) {
    return __builtin_sqrt(x);
}

static inline double rsqrt_f64(double x) {
    return 1.0 / __builtin_sqrt(x);
}

static inline double square_f64(double x) {
    return x * x;
}

static inline double tanh_f64(double x) {
    return tanh(x);
}

static inline double erf_f64(double x) {
    return erf(x);
}

static inline double sin_f64(double x) {
    return sin(x);
}

static inline double cos_f64(double x) {
    return cos(x);
}

static inline double sign_f64(double x) {
    return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x;
}

static inline double relu_f64(double x) {
    return x < 0 ? 0 : x;
}

static inline double sigmoid_f64(double x) {
    double z = exp(-fabs(x));
    return (x < 0 ? z : 1) / (1 + z);
}

/* Infinity times 0 would be NaN: beyond +-800 the limits hold. */
static inline double bounded_f64(double x) {
    return x < -800 ? -800 : x > 800 ? 800 : x;
}

static inline double silu_f64(double x) {
    return (x > 0 ? x : bounded_f64(x)) * sigmoid_f64(x);
}

static inline double silu_slope_f64(double x) {
    double s = sigmoid_f64(x);
    return s + bounded_f64(x) * s * sigmoid_f64(-x);
}

static inline double gelu_tanh_f64(double x) {
    return (x > 0 ? x : bounded_f64(x)) * sigmoid_f64(x * (GELU_A + GELU_B * x * x));
}

static inline double gelu_tanh_slope_f64(double x) {
    double fit = bounded_f64(x), v = fit * (GELU_A + GELU_B * fit * fit), s = sigmoid_f64(v);
    return s + fit * (GELU_A + 3 * GELU_B * fit * fit) * s * sigmoid_f64(-v);
}

static inline double gelu_f64(double x) {
    return (x > 0 ? x : bounded_f64(x)) * 0.5 * erfc(x * -0.70710678118654752);
}

static inline double gelu_slope_f64(double x) {
    double fit = bounded_f64(x);
    return 0.5 * erfc(x * -0.70710678118654752) + fit * 0.39894228040143268 * exp(-0.5 * fit * fit);
}

#endif
