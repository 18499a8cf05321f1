/* harmonic_fill: hidden pixels solve the discrete Laplace equation, so that each is the mean of its
 * neighbours (those inside the image), with the visible pixels given. A baseline for masked image models.
 *
 * Gauss and Seidel's method with over-relaxation, in f64, starting from the mean of the visible pixels. */
#include "ops/fill.h"

#include <math.h>

enum { IMAGE = SG_FILL_IMAGE };
enum { ITERATIONS, TOLERANCE };

static const double RELAXATION = 1.5;

static void domain(const sg_signature *s, sg_domain *d) {
    sg_fill_domain(s, d, sizeof(double) + 1);
}

/* Fills the hidden pixels with the mean of the visible ones; false when there is nothing to solve: all or
 * nothing is visible. */
static bool begin(int64_t pixels, const unsigned char *hidden, double *u) {
    double sum = 0;
    int64_t visible = 0;
    for (int64_t p = 0; p < pixels; p++)
        if (!hidden[p]) {
            sum += u[p];
            visible++;
        }
    for (int64_t p = 0; p < pixels; p++)
        if (hidden[p]) u[p] = visible ? sum / (double)visible : 0;
    return visible > 0 && visible < pixels;
}

/* One sweep; the largest change. */
static double sweep(int64_t rows, int64_t columns, const unsigned char *hidden, double *u) {
    double most = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            int64_t p = r * columns + c;
            if (!hidden[p]) continue;
            double sum = 0;
            int neighbours = 0;
            if (r > 0) sum += u[p - columns], neighbours++;
            if (r + 1 < rows) sum += u[p + columns], neighbours++;
            if (c > 0) sum += u[p - 1], neighbours++;
            if (c + 1 < columns) sum += u[p + 1], neighbours++;
            double change = RELAXATION * (sum / neighbours - u[p]);
            u[p] += change;
            if (!(fabs(change) <= most)) most = fabs(change);
        }
    return most;
}

static void solve(const sg_task *task, int64_t rows, int64_t columns, const unsigned char *hidden,
                  double *u) {
    if (!begin(rows * columns, hidden, u)) return;
    for (int64_t i = 0; i < task->attr[ITERATIONS].i; i++) {
        double change = sweep(rows, columns, hidden, u);
        if (!(change >= task->attr[TOLERANCE].f)) return; /* NaN, too: it will not get better */
    }
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[IMAGE], *y = &task->out[0];
    int64_t channels = x->shape.dim[1], rows = x->shape.dim[2], columns = x->shape.dim[3],
            pixels = rows * columns;
    double *u = task->scratch;
    unsigned char *hidden = (unsigned char *)(u + pixels);
    for (int64_t i = 0; i < x->shape.dim[0] && pixels; i++) {
        sg_fill_read_mask(task, i, hidden);
        for (int64_t c = 0; c < channels; c++) {
            int64_t plane = (i * channels + c) * pixels;
            for (int64_t p = 0; p < pixels; p++)
                u[p] = x->type == SG_F32 ? (double)((const float *)x->data)[plane + p]
                                         : ((const double *)x->data)[plane + p];
            solve(task, rows, columns, hidden, u);
            for (int64_t p = 0; p < pixels; p++) {
                if (x->type == SG_F32)
                    ((float *)y->data)[plane + p] = (float)u[p];
                else
                    ((double *)y->data)[plane + p] = u[p];
            }
        }
    }
}

static double flops(const sg_signature *s) {
    return 8.0 * 50 * (double)sg_shape_elements(&s->in[IMAGE].shape); /* of a usual number of sweeps */
}

/* Solved to the end, so that the result can be held against a linear solver. */
static const sg_arg exact[] = {SG_ARG_FLOAT("tolerance", 1e-14), SG_ARG_INT("iterations", 100000), {0}};
static const sg_arg none[] = {SG_ARG_INT("iterations", 0), {0}};
static const sg_arg less[] = {SG_ARG_INT("iterations", -1), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define BITS(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 1 }
static const sg_sample samples[] = {
    {.name = "cells", SG_INPUTS(REAL(2, 3, 8, 8), BITS(2, 4, 4)), .args = exact},
    {.name = "pixels", SG_INPUTS(REAL(3, 1, 9, 7), BITS(3, 9, 7)), .args = exact},
    {.name = "stopped", SG_INPUTS(REAL(2, 1, 6, 6), BITS(2, 3, 3)), .args = none},
    {.name = "hidden",
     SG_INPUTS(REAL(2, 1, 4, 4), {.type = SG_I32, .shape = SG_DIMS(2, 1, 1), .low = 1, .high = 1})},
    {.name = "one", SG_INPUTS(REAL(1, 1, 1, 1), BITS(1, 1, 1))},
    {.name = "empty", SG_INPUTS(REAL(0, 1, 4, 4), BITS(0, 2, 2))},
    {.name = "integers",
     SG_INPUTS(BITS(2, 1, 8, 8), BITS(2, 4, 4)),
     .message = "image must be f32 or f64, not i32"},
    {.name = "less",
     SG_INPUTS(REAL(2, 1, 8, 8), BITS(2, 4, 4)),
     .args = less,
     .message = "iterations is -1, but must lie between 0 and 1e+09"},
    {.name = NULL},
};

const sg_op sg_op_harmonic_fill = {
    .schema = {.kind = SG_KIND_OP,
               .name = "harmonic_fill",
               .doc =
                   "the image with its hidden pixels interpolated so that each is the mean of its neighbours",
               .attrs = SG_ATTRS({.name = "iterations",
                                  .type = SG_ATTR_INT,
                                  .fallback = "1000",
                                  .doc = "sweeps at most",
                                  .min = 0,
                                  .max = 1e9},
                                 {.name = "tolerance",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "1e-4",
                                  .doc = "ends when no pixel changes by more",
                                  .min = 0,
                                  .max = 1e9})},
    .family = "image",
    .in = {SG_FILL_INPUTS},
    .out = {{"y", "the filled image; 0 where nothing is visible", 0}},
    .infer = sg_fill_infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .flops = flops,
    .samples = samples,
};
