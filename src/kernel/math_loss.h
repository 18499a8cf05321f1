/* kernel/math_loss.h - the errors of losses and their slopes, of one element, in f64 without fused
 * operations, so that every variant gives the same bits. `p` is the parameter: beta of smooth_l1. */
#ifndef SG_KERNEL_MATH_LOSS_H
#define SG_KERNEL_MATH_LOSS_H

#include <math.h>

static inline double error_l1(double o, double t, double p) {
    (void)p;
    return __builtin_fabs(o - t);
}

static inline double slope_l1(double o, double t, double p) {
    (void)p;
    return (o > t ? 1.0 : 0.0) - (o < t ? 1.0 : 0.0);
}

static inline double error_mse(double o, double t, double p) {
    (void)p;
    return (o - t) * (o - t);
}

static inline double slope_mse(double o, double t, double p) {
    (void)p;
    return 2 * (o - t);
}

static inline double error_smooth_l1(double o, double t, double p) {
    double d = __builtin_fabs(o - t), square = d * d / (2 * p), linear = d - p / 2;
    return d < p ? square : linear;
}

static inline double slope_smooth_l1(double o, double t, double p) {
    double d = o - t, inner = d / p, outer = (d > 0 ? 1.0 : 0.0) - (d < 0 ? 1.0 : 0.0);
    return __builtin_fabs(d) < p ? inner : outer;
}

/* As PyTorch: logarithms are cut off at -100; NaN stays NaN. */
static inline double cut_log(double x) {
    double y = log(x);
    return y < -100 ? -100 : y;
}

static inline double error_bce(double o, double t, double p) {
    (void)p;
    return -t * cut_log(o) - (1 - t) * cut_log(1 - o);
}

/* The divisor is kept from 0, as PyTorch does. */
static inline double slope_bce(double o, double t, double p) {
    (void)p;
    double spread = o * (1 - o);
    return (o - t) / (spread < 1e-12 ? 1e-12 : spread);
}

/* -t log s(x) - (1 - t) log(1 - s(x)) without overflow, s the sigmoid. */
static inline double error_bce_logits(double o, double t, double p) {
    (void)p;
    return (o > 0 ? o : 0) - o * t + log1p(exp(-fabs(o)));
}

static inline double slope_bce_logits(double o, double t, double p) {
    (void)p;
    double small = exp(-fabs(o));
    return (o < 0 ? small : 1) / (1 + small) - t;
}

/* With respect to the target; those of the other losses are the negative slope. */
static inline double target_slope_l1(double o, double t, double p) {
    return -slope_l1(o, t, p);
}

static inline double target_slope_mse(double o, double t, double p) {
    return -slope_mse(o, t, p);
}

static inline double target_slope_smooth_l1(double o, double t, double p) {
    return -slope_smooth_l1(o, t, p);
}

static inline double target_slope_bce(double o, double t, double p) {
    (void)t;
    (void)p;
    return cut_log(1 - o) - cut_log(o);
}

static inline double target_slope_bce_logits(double o, double t, double p) {
    (void)t;
    (void)p;
    return -o;
}

#endif
