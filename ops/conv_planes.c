/* Convolutions that keep channels apart (depthwise ones), plane by plane. As products they would be of one
 * row each.
 *
 * The input of a plane is written out with its padding, W = width + 2 * pad elements a row, and the output in
 * the same order: element (r, c) at r * stride * W + c * stride. Then y[i] = sum over taps of weight[t] * x[i
 * + offset[t]], with offset = ky * dilation * W + kx * dilation, for all i in one go; what lies between the
 * outputs is dropped, or is 0 where the outputs are read. */
#include <string.h>

#include "base/checked.h"
#include "kernel/loops.h"
#include "ops/conv.h"

/* Larger planes and strides waste more than products do. */
enum { MOST_ELEMENTS = 1 << 22, MOST_WASTE = 4 };

static int64_t row_elements(const sg_conv *v) {
    return v->width + 2 * v->pad[1];
}

void sg_conv_choose_planes(sg_conv *v) {
    int64_t rows, columns;
    v->planes = v->in == 1 && v->out == 1 && v->taps > 1 && v->pixels > 0 &&
                v->stride[0] * v->stride[1] <= MOST_WASTE &&
                sg_int_pad(v->height, v->pad[0], v->pad[0], &rows) &&
                sg_int_pad(v->width, v->pad[1], v->pad[1], &columns) &&
                sg_int_mul(rows, columns, &v->padded) && v->padded <= MOST_ELEMENTS;
    v->reach = v->planes ? (v->kernel[0] - 1) * v->dilation[0] * row_elements(v) +
                               (v->kernel[1] - 1) * v->dilation[1]
                         : 0;
}

/* Up to the last output, in the order of the input. */
static int64_t span_elements(const sg_conv *v) {
    return (v->rows - 1) * v->stride[0] * row_elements(v) + (v->columns - 1) * v->stride[1] + 1;
}

static int64_t rounded(int64_t n) {
    return (n + SG_PLANE - 1) / SG_PLANE * SG_PLANE;
}

/* Of one plane: whole blocks, and what taps see beyond the last. */
static int64_t plane_elements(const sg_conv *v) {
    return rounded(v->padded) + rounded(v->reach);
}

size_t sg_conv_planes_scratch(const sg_conv *v, sg_type type) {
    return (size_t)v->taps * sizeof(int64_t) + 2 * (size_t)plane_elements(v) * sg_type_size(type);
}

typedef struct spaces {
    int64_t *offset;
    char *first, *second;
} spaces;

static spaces spaces_of(const sg_conv *v, sg_type type, void *scratch) {
    spaces s = {.offset = scratch, .first = (char *)scratch + (size_t)v->taps * sizeof(int64_t)};
    s.second = s.first + (size_t)plane_elements(v) * sg_type_size(type);
    for (int64_t t = 0; t < v->taps; t++)
        s.offset[t] = t / v->kernel[1] * v->dilation[0] * row_elements(v) + t % v->kernel[1] * v->dilation[1];
    return s;
}

/* `count` elements, `step` apart in one of the two. */
static void copy_row(size_t size, int64_t count, const char *from, int64_t from_step, char *to,
                     int64_t to_step) {
    if (from_step == 1 && to_step == 1)
        memcpy(to, from, (size_t)count * size);
    else if (size == 4)
        for (int64_t i = 0; i < count; i++) ((float *)to)[i * to_step] = ((const float *)from)[i * from_step];
    else
        for (int64_t i = 0; i < count; i++)
            ((double *)to)[i * to_step] = ((const double *)from)[i * from_step];
}

static void write_out(const sg_conv *v, size_t size, const char *x, char *plane) {
    int64_t row = row_elements(v);
    memset(plane, 0, (size_t)plane_elements(v) * size);
    for (int64_t r = 0; r < v->height; r++)
        copy_row(size, v->width, x + (size_t)(r * v->width) * size, 1,
                 plane + (size_t)((r + v->pad[0]) * row + v->pad[1]) * size, 1);
}

/* Does some tap of some output see row, or column, `at` of the input? */
static bool is_seen(const sg_conv *v, int d, int64_t at) {
    const int64_t outputs = d ? v->columns : v->rows;
    at += v->pad[d];
    if (v->dilation[d] == 1 && v->kernel[d] >= v->stride[d])
        return at < (outputs - 1) * v->stride[d] + v->kernel[d];
    for (int64_t k = 0; k < v->kernel[d] && at >= 0; k++, at -= v->dilation[d])
        if (at % v->stride[d] == 0 && at / v->stride[d] < outputs) return true;
    return false;
}

/* The input without what no tap sees. There a 0 between the outputs would meet what may be infinite, and give
 * NaN. */
static void write_seen(const sg_conv *v, size_t size, const char *x, char *plane) {
    const int64_t row = row_elements(v);
    write_out(v, size, x, plane);
    if (v->stride[0] == 1 && v->stride[1] == 1) return;
    plane += (size_t)(v->pad[0] * row + v->pad[1]) * size;
    for (int64_t r = 0; r < v->height; r++)
        if (!is_seen(v, 0, r)) memset(plane + (size_t)(r * row) * size, 0, (size_t)v->width * size);
    for (int64_t q = 0; q < v->width; q++) {
        if (is_seen(v, 1, q)) continue;
        for (int64_t r = 0; r < v->height; r++) memset(plane + (size_t)(r * row + q) * size, 0, size);
    }
}

static void take_back(const sg_conv *v, size_t size, const char *plane, char *x) {
    int64_t row = row_elements(v);
    for (int64_t r = 0; r < v->height; r++)
        copy_row(size, v->width, plane + (size_t)((r + v->pad[0]) * row + v->pad[1]) * size, 1,
                 x + (size_t)(r * v->width) * size, 1);
}

/* The outputs where they stand among the elements of the input, which begins `margin` elements into the
 * plane. */
static void write_outputs(const sg_conv *v, size_t size, const char *y, int64_t margin, char *plane) {
    memset(plane, 0, (size_t)plane_elements(v) * size);
    for (int64_t r = 0; r < v->rows; r++)
        copy_row(size, v->columns, y + (size_t)(r * v->columns) * size, 1,
                 plane + (size_t)(margin + r * v->stride[0] * row_elements(v)) * size, v->stride[1]);
}

static void correlate(const sg_conv *v, const sg_loops *loops, sg_type type, const spaces *s, int64_t n,
                      const void *weight, double start) {
    if (type == SG_F32)
        loops->correlate_f32(rounded(n), v->taps, s->offset, weight, (const float *)s->first, (float)start,
                             (float *)s->second);
    else
        loops->correlate_f64(rounded(n), v->taps, s->offset, weight, (const double *)s->first, start,
                             (double *)s->second);
}

void sg_conv_plane(const sg_conv *v, const sg_loops *loops, sg_type type, const void *x, const void *weight,
                   double start, void *y, void *scratch) {
    size_t size = sg_type_size(type);
    spaces s = spaces_of(v, type, scratch);
    write_out(v, size, x, s.first);
    correlate(v, loops, type, &s, span_elements(v), weight, start);
    for (int64_t r = 0; r < v->rows; r++)
        copy_row(size, v->columns, s.second + (size_t)(r * v->stride[0] * row_elements(v)) * size,
                 v->stride[1], (char *)y + (size_t)(r * v->columns) * size, 1);
}

/* x[i] = start + the sum over taps of weight[t] * y[i - offset[t]]: with y `reach` elements into its plane,
 * offsets are counted from the last tap. */
void sg_conv_plane_transposed(const sg_conv *v, const sg_loops *loops, sg_type type, const void *y,
                              const void *weight, double start, void *x, void *scratch) {
    size_t size = sg_type_size(type);
    spaces s = spaces_of(v, type, scratch);
    for (int64_t t = 0; t < v->taps; t++) s.offset[t] = v->reach - s.offset[t];
    write_outputs(v, size, y, v->reach, s.first);
    correlate(v, loops, type, &s, v->padded, weight, start);
    take_back(v, size, s.second, x);
}

void sg_conv_plane_weight(const sg_conv *v, const sg_loops *loops, sg_type type, const void *x, const void *y,
                          void *dweight, void *scratch) {
    size_t size = sg_type_size(type);
    spaces s = spaces_of(v, type, scratch);
    write_seen(v, size, x, s.first);
    write_outputs(v, size, y, 0, s.second);
    if (type == SG_F32)
        loops->correlate_taps_f32(rounded(span_elements(v)), v->taps, s.offset, (const float *)s.first,
                                  (const float *)s.second, dweight);
    else
        loops->correlate_taps_f64(rounded(span_elements(v)), v->taps, s.offset, (const double *)s.first,
                                  (const double *)s.second, dweight);
}
