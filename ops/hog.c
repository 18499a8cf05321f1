/* hog: histograms of oriented gradients (Dalal and Triggs 2005), as the target of MaskFeat (Wei et al.,
 * "Masked Feature Prediction for Self-Supervised Visual Pre-Training", arXiv:2112.09133, and its code).
 *
 * In each channel, Sobel's filter gives the slopes (x: left minus right, y: upper minus lower, the border
 * mirrored). A pixel adds its slope's length to one of `bins` bins by the direction atan2(x, y), of which
 * opposite ones are the same; the bins of all pixels of a cell are scaled to length 1. With a window, pixels
 * count by a Gaussian of deviation window / 2 around the middle of each window. */
#include <math.h>

#include "base/checked.h"
#include "simgraph/op.h"

enum { CELL, BINS, WINDOW };

static const double PI = 3.14159265358979323846, SMALLEST = 1e-12; /* what a length of 0 is divided by */

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    char s[SG_SHAPE_TEXT];
    int64_t cell = c->attr[CELL].i, window = c->attr[WINDOW].i;
    if (c->in[0].type != SG_F32 && c->in[0].type != SG_F64)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "image must be f32 or f64, not %s",
                          sg_type_name(c->in[0].type));
    if (in->rank != 4)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0,
                          "image must be [samples, channels, rows, columns], not %s", sg_shape_words(in, s));
    for (int d = 2; d < 4; d++) {
        if (in->dim[d] < 2)
            return sg_fail_at(c->error, SG_BLAME_INPUT, 0,
                              "image %s needs 2 rows and 2 columns at least, for slopes",
                              sg_shape_words(in, s));
        if (in->dim[d] % cell)
            return sg_fail_at(c->error, SG_BLAME_ATTR, CELL, "cells of %lld do not divide %lld pixel%s",
                              (long long)cell, (long long)in->dim[d], sg_plural(in->dim[d]));
        if (window && in->dim[d] % window)
            return sg_fail_at(c->error, SG_BLAME_ATTR, WINDOW, "windows of %lld do not divide %lld pixel%s",
                              (long long)window, (long long)in->dim[d], sg_plural(in->dim[d]));
    }
    c->out[0].type = c->in[0].type;
    c->out[0].shape = (sg_shape){4, {in->dim[0], 0, in->dim[2] / cell, in->dim[3] / cell}};
    if (!sg_int_mul(in->dim[1], c->attr[BINS].i, &c->out[0].shape.dim[1]))
        return sg_fail_at(c->error, SG_BLAME_ATTR, BINS, "the result is too large");
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    d->scratch = (size_t)(sg_shape_elements(&s->out[0].shape) /
                              (in->dim[0] && in->dim[1] ? in->dim[0] * in->dim[1] : 1) +
                          s->attr[WINDOW].i + 1) *
                 sizeof(double);
    if (in->dim[0] < 1) return;
    d->items = in->dim[0];
    d->in[0] = d->out[0] = SG_OWN;
}

/* One channel of one sample. */
typedef struct plane {
    const sg_tensor *image;
    int64_t at, rows, columns; /* its first element */
} plane;

/* The element at (r, c), mirrored at the border, which is not repeated. */
static double pixel(const plane *p, int64_t r, int64_t c) {
    if (r < 0) r = 1;
    if (c < 0) c = 1;
    if (r == p->rows) r = p->rows - 2;
    if (c == p->columns) c = p->columns - 2;
    int64_t at = p->at + r * p->columns + c;
    return p->image->type == SG_F32 ? (double)((const float *)p->image->data)[at]
                                    : ((const double *)p->image->data)[at];
}

static void slopes(const plane *p, int64_t r, int64_t c, double *x, double *y) {
    double corners[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) corners[i][j] = pixel(p, r + 2 * i - 1, c + 2 * j - 1);
    *x = corners[0][0] + corners[1][0] - corners[0][1] - corners[1][1] +
         2 * (pixel(p, r, c - 1) - pixel(p, r, c + 1));
    *y = corners[0][0] + corners[0][1] - corners[1][0] - corners[1][1] +
         2 * (pixel(p, r - 1, c) - pixel(p, r + 1, c));
}

/* Angles -pi .. pi are bins from -bins to bins, of which those that differ by `bins` are one. */
static int64_t bin_of(double x, double y, int64_t bins) {
    int64_t bin = (int64_t)floor(atan2(x, y) / PI * (double)bins) % bins;
    return bin < 0 ? bin + bins : bin;
}

/* The Gaussian of one window along one axis, whose sum is 1. */
static void fill_weights(int64_t window, double *weight) {
    double sum = 0, deviation = (double)(window / 2 ? window / 2 : 1);
    for (int64_t i = 0; i < window; i++) {
        double n = ((double)i - (double)(window - 1) / 2) / deviation;
        weight[i] = exp(-0.5 * n * n);
        sum += weight[i];
    }
    for (int64_t i = 0; i < window; i++) weight[i] /= sum;
}

static void count(const plane *p, const sg_attr *attr, const double *weight, double *bin) {
    int64_t cell = attr[CELL].i, bins = attr[BINS].i, window = attr[WINDOW].i;
    int64_t down = p->rows / cell, across = p->columns / cell;
    for (int64_t i = 0; i < bins * down * across; i++) bin[i] = 0;
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t c = 0; c < p->columns; c++) {
            double x, y;
            slopes(p, r, c, &x, &y);
            double length = sqrt(x * x + y * y);
            if (!(length > 0)) continue;
            if (window) length *= weight[r % window] * weight[c % window];
            bin[(bin_of(x, y, bins) * down + r / cell) * across + c / cell] += length;
        }
}

static void run(const sg_task *task) {
    const sg_tensor *image = &task->in[0], *y = &task->out[0];
    int64_t channels = image->shape.dim[1], rows = image->shape.dim[2], columns = image->shape.dim[3];
    int64_t bins = task->attr[BINS].i, cells = y->shape.dim[2] * y->shape.dim[3],
            window = task->attr[WINDOW].i;
    double *bin = task->scratch, *weight = bin + bins * cells;
    if (!channels || !image->shape.dim[0]) return; /* nor is there scratch for them */
    fill_weights(window, weight);
    for (int64_t i = 0; i < image->shape.dim[0] * channels; i++) {
        plane p = {image, i * rows * columns, rows, columns};
        count(&p, task->attr, weight, bin);
        for (int64_t k = 0; k < cells; k++) {
            double squares = 0;
            for (int64_t b = 0; b < bins; b++) squares += bin[b * cells + k] * bin[b * cells + k];
            double scale = 1 / fmax(sqrt(squares), SMALLEST);
            for (int64_t b = 0; b < bins; b++) {
                int64_t at = (i * bins + b) * cells + k;
                if (y->type == SG_F32)
                    ((float *)y->data)[at] = (float)(bin[b * cells + k] * scale);
                else
                    ((double *)y->data)[at] = bin[b * cells + k] * scale;
            }
        }
    }
}

static double flops(const sg_signature *s) {
    return 40.0 * (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg plain[] = {SG_ARG_INT("cell", 4), {0}};
static const sg_arg windows[] = {SG_ARG_INT("cell", 8), SG_ARG_INT("window", 16), {0}};
static const sg_arg bins[] = {SG_ARG_INT("cell", 3), SG_ARG_INT("bins", 4), SG_ARG_INT("window", 3), {0}};
static const sg_arg small[] = {SG_ARG_INT("cell", 1), SG_ARG_INT("bins", 1), {0}};
static const sg_arg wide_window[] = {SG_ARG_INT("cell", 4), SG_ARG_INT("window", 5), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(REAL(2, 3, 8, 12)), .args = plain},
    {.name = "windows", SG_INPUTS(REAL(2, 3, 16, 32)), .args = windows},
    {.name = "bins", SG_INPUTS(REAL(3, 1, 9, 6)), .args = bins},
    {.name = "small", SG_INPUTS(REAL(1, 2, 2, 3)), .args = small},
    {.name = "flat",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 1, 4, 4), .low = 0.5, .high = 0.5}),
     .args = plain},
    {.name = "empty", SG_INPUTS(REAL(0, 3, 8, 8)), .args = plain},
    {.name = "no_channel", SG_INPUTS(REAL(2, 0, 8, 8)), .args = plain},
    {.name = "odd",
     SG_INPUTS(REAL(2, 3, 8, 10)),
     .args = plain,
     .message = "cells of 4 do not divide 10 pixels"},
    {.name = "odd_window",
     SG_INPUTS(REAL(2, 3, 8, 8)),
     .args = wide_window,
     .message = "windows of 5 do not divide 8 pixels"},
    {.name = "thin",
     SG_INPUTS(REAL(2, 3, 1, 8)),
     .args = small,
     .message = "image [2, 3, 1, 8] needs 2 rows and 2 columns at least, for slopes"},
    {.name = "line",
     SG_INPUTS(REAL(2, 8, 8)),
     .args = plain,
     .message = "image must be [samples, channels, rows, columns], not [2, 8, 8]"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(2, 3, 8, 8)}),
     .args = plain,
     .message = "image must be f32 or f64, not i32"},
    {.name = NULL},
};

const sg_op sg_op_hog = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "hog",
         .doc =
             "histograms of oriented gradients, the target of MaskFeat: in each cell and channel, how much "
             "slope there is in each direction, scaled to length 1",
         .attrs = SG_ATTRS(
             {.name = "cell",
              .type = SG_ATTR_INT,
              .fallback = "8",
              .doc = "pixels along the side of a cell",
              .min = 1,
              .max = 1e6},
             {.name = "bins",
              .type = SG_ATTR_INT,
              .fallback = "9",
              .doc = "directions; opposite ones are the same",
              .min = 1,
              .max = 1e4},
             {.name = "window",
              .type = SG_ATTR_INT,
              .fallback = "0",
              .doc = "pixels along the side of a window, in which those in the middle count more; 0: "
                     "all count the same; MaskFeat takes 16",
              .min = 0,
              .max = 1e6})},
    .family = "image",
    .in = {{"image", "[samples, channels, rows, columns]", SG_PORT_NO_GRADIENT}},
    .out = {{"y", "[samples, channels * bins, rows / cell, columns / cell], the bins of a channel together",
             0}},
    .flags = SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .flops = flops,
    .samples = samples,
};
