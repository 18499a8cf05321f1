/* kernel/loops.h - the inner loops. One table a CPU variant, made from the same sources, chosen when a
 * context is created. A kernel of an op walks its items and calls these for the innermost, contiguous part.
 *
 * Rules that hold for every entry:
 * - n and rows may be 0: then no array is read or written, but an operand that is one element may be read.
 * Matrices are dense, row-major, rows x n; rows == 1 is a single row.
 * - An output may be the very same array as an input (y == x); otherwise they must not overlap.
 * - The value of an element does not depend on its place: vector body, tail, alignment and n give the same
 * bits. Reductions of a row add it into 16 partial sums and join those in a fixed tree; which sum takes an
 * element depends on its place and the row's length (kernel/lanes.h), so the bits depend on the row alone.
 * - NaN and infinity behave as IEEE arithmetic and C's mathematics say; where there is a choice it is stated.
 * - f32 functions are within 2 units in the last place or 2e-7 of the true value, but gelu_tanh within 3.5e-7
 * of it, gelu within 3.5e-7 of it plus 1e-7, the slope of gelu within 2e-7 of it plus 2e-7. f64 ones use the
 * C library.
 * Entries that make no sense for a type are NULL, as stated. */
#ifndef SG_KERNEL_LOOPS_H
#define SG_KERNEL_LOOPS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum sg_unary {
    SG_UNARY_NEG = 0, /* also i32 (wraps) */
    SG_UNARY_ABS,     /* also i32 (wraps) */
    SG_UNARY_EXP,
    SG_UNARY_LOG,
    SG_UNARY_SQRT,
    SG_UNARY_RSQRT,  /* 1 / sqrt(x) */
    SG_UNARY_SQUARE, /* also i32 (wraps) */
    SG_UNARY_TANH,
    SG_UNARY_SIGMOID,
    SG_UNARY_RELU,      /* also i32; NaN stays NaN */
    SG_UNARY_GELU,      /* x * (1 + erf(x / sqrt 2)) / 2 */
    SG_UNARY_GELU_TANH, /* x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2 */
    SG_UNARY_SILU,      /* x * sigmoid(x) */
    SG_UNARY_ERF,
    SG_UNARY_SIGN, /* -1, 0, 1; also i32; NaN stays NaN */
    SG_UNARY_SIN,
    SG_UNARY_COS,
    SG_UNARY_COUNT
} sg_unary;

/* dx = dy * f'(x) */
typedef enum sg_unary_gradient {
    SG_GRADIENT_RELU = 0, /* 0 where x is not above 0, even where dy is not finite */
    SG_GRADIENT_GELU,
    SG_GRADIENT_GELU_TANH,
    SG_GRADIENT_SILU,
    SG_UNARY_GRADIENT_COUNT
} sg_unary_gradient;

/* Errors e(output, target) of an element; the ops of these names say what they are. */
typedef enum sg_loss {
    SG_LOSS_L1 = 0,
    SG_LOSS_MSE,
    SG_LOSS_SMOOTH_L1, /* the parameter is beta */
    SG_LOSS_BCE,
    SG_LOSS_BCE_LOGITS,
    SG_LOSS_COUNT
} sg_loss;

typedef enum sg_binary {
    SG_BINARY_ADD = 0, /* integers wrap */
    SG_BINARY_SUB,
    SG_BINARY_MUL,
    SG_BINARY_DIV,       /* NULL for i32 */
    SG_BINARY_POW,       /* C's pow; integers wrap, a negative exponent gives the quotient rounded to zero */
    SG_BINARY_MAXIMUM,   /* NaN if either is */
    SG_BINARY_MINIMUM,   /* NaN if either is */
    SG_BINARY_FLOOR_DIV, /* Python's //; integers by 0 give 0 */
    SG_BINARY_MOD,       /* Python's %: the sign of b; integers by 0 give 0 */
    SG_BINARY_COUNT
} sg_binary;

typedef enum sg_compare {
    SG_COMPARE_EQ = 0,
    SG_COMPARE_NE,
    SG_COMPARE_LT,
    SG_COMPARE_LE,
    SG_COMPARE_GT,
    SG_COMPARE_GE,
    SG_COMPARE_COUNT
} sg_compare;

/* Anything but 0 counts as true; results are 0 or 1. */
typedef enum sg_logic { SG_LOGIC_AND = 0, SG_LOGIC_OR, SG_LOGIC_XOR, SG_LOGIC_COUNT } sg_logic;

/* Which operands are arrays of n elements and which point to one element that is used n times. */
typedef enum sg_sides { SG_ARRAY_ARRAY = 0, SG_SCALAR_ARRAY, SG_ARRAY_SCALAR, SG_SIDES_COUNT } sg_sides;

/* One step of AdamW (Loshchilov and Hutter 2019), in PyTorch's order of operations:
 *   g *= clip; p *= 1 - rate * decay; m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g;
 *   p -= rate * correction1 * m / (sqrt(v) / sqrt(1 / correction2) + eps) */
typedef struct sg_adamw {
    double rate, beta1, beta2, eps, decay;
    double correction1, correction2; /* 1 / (1 - beta1^t), 1 / (1 - beta2^t), t counting steps from 1 */
    double clip;                     /* factor on the gradient; 1: none */
} sg_adamw;

/* One step of SGD with momentum as in PyTorch (no dampening):
 *   g = g * clip + decay * p; buf = momentum * buf + g; p -= rate * (nesterov ? g + momentum * buf : buf)
 * With momentum == 0 buf is not touched and may be NULL. */
typedef struct sg_sgd {
    double rate, momentum, decay;
    double clip;
    bool nesterov;
} sg_sgd;

/* Rows of planes: how many, and the elements from one to the next. */
typedef struct sg_lined_rows {
    int64_t planes, rows;
    int64_t plane, row;
} sg_lined_rows;

/* What `correlate` computes at once. */
enum { SG_PLANE = 64 };

#define SG_LOOPS_OF_TYPE(T, type)                                                                            \
    void (*unary_##type[SG_UNARY_COUNT])(int64_t n, const T *x, T *y);                                       \
    void (*binary_##type[SG_BINARY_COUNT][SG_SIDES_COUNT])(int64_t n, const T *a, const T *b, T *y);         \
    void (*compare_##type[SG_COMPARE_COUNT][SG_SIDES_COUNT])(int64_t n, const T *a, const T *b, int32_t *y); \
    /* y = c ? a : b, element by element */                                                                  \
    void (*where_##type)(int64_t n, const int32_t *c, const T *a, const T *b, T *y);                         \
    void (*fill_##type)(int64_t n, T value, T * y)

#define SG_LOOPS_OF_FLOAT(T, type)                                                                           \
    SG_LOOPS_OF_TYPE(T, type);                                                                               \
    void (*unary_gradient_##type[SG_UNARY_GRADIENT_COUNT])(int64_t n, const T *x, const T *dy, T *dx);       \
    /* sum(weight * e), added in f64; dx = factor * weight * the slope of e by [0] the output, [1] the       \
     * target. weight may be NULL: 1 everywhere; what has weight 0 counts as 0, even where it is NaN. All in \
     * f64 without fused operations: every variant gives the same bits. */                                   \
    double (*loss_##type[SG_LOSS_COUNT])(int64_t n, double parameter, const T *output, const T *target,      \
                                         const T *weight);                                                   \
    void (*loss_gradient_##type[SG_LOSS_COUNT][2])(int64_t n, double parameter, double factor,               \
                                                   const T *output, const T *target, const T *weight,        \
                                                   T *dx);                                                   \
    /* y += x; y += a * x (fused where the CPU can); y = a * x */                                            \
    void (*accumulate_##type)(int64_t n, const T *x, T *y);                                                  \
    void (*axpy_##type)(int64_t n, T a, const T *x, T *y);                                                   \
    void (*scale_##type)(int64_t n, T a, const T *x, T *y);                                                  \
    /* y += x, y in f64 */                                                                                   \
    void (*accumulate_wide_##type)(int64_t n, const T *x, double *y);                                        \
    /* Of one row, added in f64; 0 for n == 0. */                                                            \
    double (*sum_##type)(int64_t n, const T *x);                                                             \
    double (*dot_##type)(int64_t n, const T *x, const T *y);                                                 \
    /* NaN when there is one; -infinity and infinity for n == 0 */                                           \
    T (*max_##type)(int64_t n, const T *x);                                                                  \
    T (*min_##type)(int64_t n, const T *x);                                                                  \
    bool (*all_finite_##type)(int64_t n, const T *x);                                                        \
    /* y[r][j] = x[r][j] + bias[j];  y[j] += sum over r of x[r][j], in the order of the rows */              \
    void (*add_bias_##type)(int64_t rows, int64_t n, const T *x, const T *bias, T *y);                       \
    void (*sum_rows_##type)(int64_t rows, int64_t n, const T *x, T *y);                                      \
    /* Along each row. The gradients take the outputs y:  softmax: dx = y * (dy - sum(y * dy));              \
     * log_softmax: dx = dy - exp(y) * sum(dy). A row of -infinity gives NaN. */                             \
    void (*softmax_##type)(int64_t rows, int64_t n, const T *x, T *y);                                       \
    void (*log_softmax_##type)(int64_t rows, int64_t n, const T *x, T *y);                                   \
    void (*softmax_gradient_##type)(int64_t rows, int64_t n, const T *y, const T *dy, T *dx);                \
    void (*log_softmax_gradient_##type)(int64_t rows, int64_t n, const T *y, const T *dy, T *dx);            \
    /* y = (x - mean) * rstd * weight + bias along each row, rstd = 1 / sqrt(variance + eps), the variance   \
     * divided by n. weight, bias (n each), mean, rstd (rows each) and y may be NULL. */                     \
    void (*layer_norm_##type)(int64_t rows, int64_t n, const T *x, const T *weight, const T *bias,           \
                              double eps, T *y, T *mean, T *rstd);                                           \
    /* dx is written, dweight and dbias are added to, in the order of the rows; weight, dx, dweight and      \
     * dbias may be NULL. dx may be dy or x. */                                                              \
    void (*layer_norm_gradient_##type)(int64_t rows, int64_t n, const T *x, const T *weight, const T *mean,  \
                                       const T *rstd, const T *dy, T *dx, T *dweight, T *dbias);             \
    /* y[i] = start + the sum over taps t of w[t] * x[i + offset[t]], in the order of the taps; dw[t] += the \
     * sum over i of dy[i] * x[i + offset[t]]. n is a multiple of SG_PLANE: what is of no use is computed    \
     * too. */                                                                                               \
    void (*correlate_##type)(int64_t n, int64_t taps, const int64_t *offset, const T *w, const T *x,         \
                             T start, T *y);                                                                 \
    void (*correlate_taps_##type)(int64_t n, int64_t taps, const int64_t *offset, const T *x, const T *dy,   \
                                  T *dw);                                                                    \
    void (*adamw_##type)(int64_t n, const sg_adamw *step, T *p, const T *g, T *m, T *v);                     \
    void (*sgd_##type)(int64_t n, const sg_sgd *step, T *p, const T *g, T *buf)

typedef struct sg_loops {
    const char *name; /* "generic", "avx2", "avx512" */
    SG_LOOPS_OF_FLOAT(float, f32);
    SG_LOOPS_OF_FLOAT(double, f64);
    SG_LOOPS_OF_TYPE(int32_t, i32); /* unary: NULL where sg_unary does not say i32 */
    void (*compare_u8[SG_COMPARE_COUNT][SG_SIDES_COUNT])(int64_t n, const uint8_t *a, const uint8_t *b,
                                                         int32_t *y);
    void (*logic_i32[SG_LOGIC_COUNT][SG_SIDES_COUNT])(int64_t n, const int32_t *a, const int32_t *b,
                                                      int32_t *y);
    void (*logic_not_i32)(int64_t n, const int32_t *x, int32_t *y);
    /* f32 to bf16, to nearest even, and back; x and y do not overlap. */
    void (*narrow)(int64_t n, const float *x, uint16_t *y);
    void (*widen)(int64_t n, const uint16_t *x, float *y);
    /* y[j][i] = x[i][j] for rows x columns of x; distances between rows in elements. */
    void (*transpose_f32)(int64_t rows, int64_t columns, const float *x, int64_t x_row, float *y,
                          int64_t y_row);
    /* Columns 0, 2, 4 .. of x to `even` and 1, 3, 5 .. to `odd`, and the inverse, for `columns` columns of x,
     * in `rows` rows of each of `planes` planes. */
    void (*split_f32)(int64_t columns, const float *x, const sg_lined_rows *at_x, float *even, float *odd,
                      const sg_lined_rows *at);
    void (*weave_f32)(int64_t columns, const float *even, const sg_lined_rows *at_even, const float *odd,
                      const sg_lined_rows *at_odd, float *x, const sg_lined_rows *at_x);
    /* sg_philox_draw for quads first_quad .. first_quad + quads - 1, four words each, one after the other. */
    void (*draw_words)(uint64_t seed, uint32_t first_quad, int64_t quads, uint32_t sample, uint32_t epoch,
                       uint64_t purpose, uint32_t *out);
    /* Two independent standard normal numbers from each pair of words (Box and Muller 1958), computed in f64
     * to about 1e-15: the first word gives the radius, which is at most sqrt(2 * 33 * ln 2) = 6.76, the
     * second the angle. Every variant gives the same bits, whatever the C library. */
    void (*normal)(int64_t pairs, const uint32_t *words, double *out);
} sg_loops;

/* The variants of this build, best last; NULL past the end. */
const sg_loops *sg_loops_at(int index);
/* Does this machine's CPU run it? */
bool sg_loops_supported(const sg_loops *loops);
/* The best that this CPU runs. */
const sg_loops *sg_loops_best(void);
/* By name; NULL when the build has none of that name. */
const sg_loops *sg_loops_find(const char *name);

#endif
