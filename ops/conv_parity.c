/* The transpose of a convolution by products of lines.
 *
 * With stride s, the pixels of x of one remainder by s see one and the same part of the taps, at outputs that
 * are neighbours where they are: s * s convolutions of stride 1 over y with zeros around it, none of which
 * adds to what another has written. (Shi and others, "Is the deconvolution layer the same as a convolutional
 * layer?", arXiv:1609.07009.) */
#include "ops/conv_lined.h"

#include <string.h>

#include "base/checked.h"

/* Pixels of one remainder that are made at once. */
enum { STRIP_PIXELS = 512 };

/* Rows, or columns, of x of one remainder: how many; tap k sees row i + shift of y. */
static int64_t pixels_of(const sg_conv *v, int d, int64_t phase) {
    const int64_t size = d ? v->width : v->height;
    return phase < size ? (size - 1 - phase) / v->stride[d] + 1 : 0;
}

static bool sees(const sg_conv *v, int d, int64_t phase, int64_t k, int64_t *shift) {
    const int64_t distance = phase + v->pad[d] - k * v->dilation[d];
    *shift = distance / v->stride[d];
    return distance % v->stride[d] == 0;
}

static int64_t phases_of(const sg_conv *v, int d) {
    const int64_t size = d ? v->width : v->height;
    return v->stride[d] < size ? v->stride[d] : size;
}

/* y with the zeros that are seen around it: as far as the last tap sees from the first pixel, and the first
 * tap from the last pixel. With a stride larger than x there may be no such taps, and zeros that none sees.
 */
static sg_conv_copy copy_of(const sg_conv *v) {
    sg_conv_copy c = {.size = {v->rows, v->columns}, .step = {1, 1}, .phases = {1, 1}, .used = v->columns};
    int64_t sizes[2];
    for (int d = 0; d < 2; d++) {
        const int64_t pixels = d ? v->width : v->height, reach = (v->kernel[d] - 1) * v->dilation[d];
        c.pad[d] = reach > v->pad[d] ? (reach - v->pad[d]) / v->stride[d] : 0;
        const int64_t end = (pixels - 1 + v->pad[d]) / v->stride[d] + 1;
        sizes[d] = c.pad[d] + (end > c.size[d] ? end : c.size[d]);
    }
    c.rows = sizes[0], c.row = sizes[1];
    c.plane = c.channel = c.rows * c.row;
    return c;
}

static bool copied(const sg_conv_copy *c) {
    return c->rows > c->size[0] || c->row > c->size[1];
}

/* Rows of one remainder at a time. */
static int64_t strip_of(const sg_conv *v) {
    const int64_t width = v->panel_samples * pixels_of(v, 1, 0), rows = STRIP_PIXELS / (width ? width : 1);
    return rows > 1 ? rows : 1;
}

static bool direct(const sg_conv *v) {
    return v->stride[0] == 1 && v->stride[1] == 1;
}

/* The scratch: floats first. */
typedef struct parts {
    int64_t copy, weight, result; /* elements; of the result, those of one remainder of the columns */
    int64_t lines, runs;
} parts;

static bool parts_of(const sg_conv *v, const sg_conv_copy *c, parts *p, size_t *bytes) {
    const int64_t area = v->kernel[0] * v->kernel[1], width = pixels_of(v, 1, 0);
    /* For panels of fewer samples too, whose strips are higher. */
    int64_t samples = v->panel_samples, line = samples * width,
            most = line > STRIP_PIXELS ? line : STRIP_PIXELS;
    int64_t results, floats, offsets;
    *p = (parts){.runs = sg_conv_offsets(samples + STRIP_PIXELS)};
    bool fits = sg_int_mul(samples * v->out, c->rows, &p->copy) && sg_int_mul(p->copy, c->row, &p->copy) &&
                sg_int_mul(v->out * v->in, area, &p->weight) && sg_int_mul(v->in, most, &p->result) &&
                sg_int_mul(v->out, area, &p->lines);
    if (!fits) return false;
    p->lines = sg_conv_offsets(p->lines);
    p->copy = copied(c) ? (p->copy + 15) / 16 * 16 : 0;
    p->weight = area > 1 ? (p->weight + 15) / 16 * 16 : 0;
    p->result = direct(v) ? 0 : (p->result + 15) / 16 * 16;
    fits = sg_int_mul(p->result, phases_of(v, 1), &results) && sg_int_add(p->copy, p->weight, &floats) &&
           sg_int_add(floats, results, &floats) && sg_int_mul(2, p->lines, &offsets) &&
           sg_int_add(offsets, p->runs + sg_conv_offsets(samples), &offsets) &&
           sg_int_mul(floats, sizeof(float), &floats) && sg_int_mul(offsets, sizeof(int64_t), &offsets) &&
           sg_int_add(floats, offsets, &floats);
    *bytes = fits ? (size_t)floats : SIZE_MAX;
    return fits;
}

size_t sg_conv_parity_scratch(const sg_conv *v, sg_type type) {
    if (type != SG_F32 || v->planes || v->patches || v->pixels == 0 || v->taps == 0) return 0;
    const sg_conv_copy c = copy_of(v);
    size_t bytes = SIZE_MAX;
    parts p;
    return parts_of(v, &c, &p, &bytes) ? bytes : SIZE_MAX;
}

/* The first tap that may see that remainder, and how far it is to the next that may. */
static int64_t first_tap(const sg_conv *v, int d, int64_t phase) {
    return v->dilation[d] == 1 ? (phase + v->pad[d]) % v->stride[d] : 0;
}

static int64_t tap_step(const sg_conv *v, int d) {
    return v->dilation[d] == 1 ? v->stride[d] : 1;
}

/* Lines of both operands: taps, and within them channels of y. How many. */
static int64_t make_lines(const sg_conv *v, const sg_conv_copy *c, const int64_t phase[2], int64_t *a,
                          int64_t *b) {
    int64_t count = 0, shift[2];
    for (int64_t i = first_tap(v, 0, phase[0]); i < v->kernel[0]; i += tap_step(v, 0)) {
        if (!sees(v, 0, phase[0], i, &shift[0])) continue;
        for (int64_t j = first_tap(v, 1, phase[1]); j < v->kernel[1]; j += tap_step(v, 1)) {
            if (!sees(v, 1, phase[1], j, &shift[1])) continue;
            const int64_t tap = i * v->kernel[1] + j;
            for (int64_t o = 0; o < v->out; o++, count++) {
                a[count] = (tap * v->out + o) * v->in;
                b[count] = o * c->plane + (shift[0] + c->pad[0]) * c->row + shift[1] + c->pad[1];
            }
        }
    }
    return count;
}

/* Results of all remainders of the columns, `distance` apart, to rows of x: rows first .. of each channel's.
 */
static void put_rows(const sg_loops *loops, const sg_conv *v, const sg_lined_rows *at, int64_t first,
                     int64_t distance, const float *result, float *x, int64_t x_row) {
    const int64_t map = v->height * v->width, step = v->stride[1];
    const sg_lined_rows at_x = {at->planes, at->rows, map, x_row};
    if (step == 2 && v->width > 1) {
        sg_lined_rows even = *at, odd = *at;
        even.row = pixels_of(v, 1, 0), odd.row = pixels_of(v, 1, 1);
        even.plane = at->plane * even.row, odd.plane = at->plane * odd.row;
        loops->weave_f32(v->width, result + first * even.row, &even, result + distance + first * odd.row,
                         &odd, x, &at_x);
        return;
    }
    for (int64_t phase = 0; phase < phases_of(v, 1); phase++, result += distance) {
        const int64_t width = pixels_of(v, 1, phase);
        for (int64_t p = 0; p < at->planes; p++)
            for (int64_t r = 0; r < at->rows; r++)
                for (int64_t q = 0; q < width; q++)
                    x[p * map + r * x_row + phase + q * step] =
                        result[(p * at->plane + first + r) * width + q];
    }
}

static void fill_rows(const sg_loops *loops, const sg_conv *v, int64_t count, const float *bias, float *to) {
    for (int64_t i = 0; i < v->in; i++) loops->fill_f32(count, bias ? bias[i] : 0, to + i * count);
}

void sg_conv_parity_run(const sg_task *task, sg_gemm_lined_function *multiply, const sg_conv *v,
                        const sg_conv_panel *panel, const float *y, const float *weight, const float *bias,
                        float *x) {
    const sg_conv_copy c = copy_of(v);
    const int64_t map = v->height * v->width, x_sample = v->groups * v->in * map;
    const int64_t area = v->kernel[0] * v->kernel[1], strip = strip_of(v);
    int64_t y_sample = v->groups * v->out * v->pixels;
    parts p;
    size_t bytes;
    if (!parts_of(v, &c, &p, &bytes)) return;
    float *copy = task->scratch, *turned = copy + p.copy, *result = turned + p.weight;
    int64_t *a_line = (int64_t *)(result + p.result * phases_of(v, 1)), *b_line = a_line + p.lines,
            *run = b_line + p.lines, *place = run + p.runs;
    y += panel->sample * y_sample + panel->group * v->out * v->pixels;
    x += panel->sample * x_sample + panel->group * v->in * map;
    weight += panel->group * v->out * v->taps;
    bias = bias ? bias + panel->group * v->in : NULL;
    if (area > 1) {
        task->loops->transpose_f32(v->out * v->in, area, weight, area, turned, v->out * v->in);
        weight = turned;
    }
    if (copied(&c)) {
        for (int64_t s = 0; s < panel->samples; s++)
            sg_conv_copy_write(&c, task->loops, v->out, y + s * y_sample, 0, copy + s * v->out * c.channel);
        y = copy, y_sample = v->out * c.channel;
    }
    for (int64_t s = 0; s < panel->samples; s++) place[s] = s * x_sample;
    for (int64_t row = 0; row < phases_of(v, 0); row++) {
        const int64_t all = pixels_of(v, 0, row);
        for (int64_t first = 0; first < all; first += strip) {
            const int64_t rows = first + strip < all ? strip : all - first;
            float *to = x + (row + first * v->stride[0]) * v->width;
            for (int64_t s = 0; s < panel->samples; s++)
                for (int64_t r = 0; r < rows; r++) run[s * rows + r] = s * y_sample + (first + r) * c.row;
            for (int64_t column = 0; column < phases_of(v, 1); column++) {
                const int64_t width = pixels_of(v, 1, column), pixels = panel->samples * rows * width;
                sg_gemm_lined product = {.m = v->in,
                                         .n = pixels,
                                         .k = make_lines(v, &c, (int64_t[]){row, column}, a_line, b_line),
                                         .a = {.data = weight, .line = a_line},
                                         .b = {.data = y, .line = b_line, .run = width, .at = run},
                                         .c = result + column * p.result,
                                         .ldc = pixels,
                                         .row_bias = bias};
                if (direct(v))
                    product.c = to, product.ldc = map, product.c_run = rows * width, product.c_at = place;
                if (product.k)
                    multiply(&product, task->products->space);
                else
                    fill_rows(task->loops, v, pixels, bias, product.c);
            }
            if (direct(v)) continue;
            /* Rows of the result are [channels, samples, rows]. */
            for (int64_t s = 0; s < panel->samples; s++) {
                const sg_lined_rows at = {v->in, rows, panel->samples * rows, 0};
                put_rows(task->loops, v, &at, s * rows, p.result, result, to + place[s],
                         v->stride[0] * v->width);
            }
        }
    }
}
