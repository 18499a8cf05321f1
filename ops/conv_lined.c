/* conv2d and the gradient of its weight by products of lines. */
#include "ops/conv_lined.h"

#include <string.h>

#include "base/checked.h"

static int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- the copy ---- */

/* Row or column `at` of a map among those with zeros in front: in which phase, and which of it. */
static float *place(const sg_conv_copy *c, float *to, int64_t row_phase, int64_t column) {
    return to + (row_phase * c->phases[1] + column % c->step[1]) * c->plane + column / c->step[1];
}

/* Every step-th of `count` elements, from the first on. */
static void take_every(int64_t step, int64_t count, const float *from, float *to) {
    if (step == 1)
        memcpy(to, from, sizeof(float) * (size_t)count);
    else
        for (int64_t j = 0; j < count; j += step) *to++ = from[j];
}

static void write_rows(const sg_conv_copy *c, const sg_loops *loops, const float *x,
                       const sg_lined_rows *at_x, float *to, int64_t phase, int64_t first) {
    const int64_t pad = c->pad[1], step = c->step[1];
    const sg_lined_rows at = {at_x->planes, at_x->rows, c->channel, c->row};
    to += first * c->row;
    if (step == 2 && c->phases[1] == 2) {
        loops->split_f32(c->used, x, at_x, place(c, to, phase, pad), place(c, to, phase, pad + 1), &at);
        return;
    }
    for (int64_t j = 0; j < lesser(step, c->used); j++) {
        if ((j + pad) % step >= c->phases[1]) continue;
        float *line = place(c, to, phase, j + pad);
        for (int64_t p = 0; p < at.planes; p++)
            for (int64_t r = 0; r < at.rows; r++)
                take_every(step, c->used - j, x + p * at_x->plane + r * at_x->row + j,
                           line + p * at.plane + r * at.row);
    }
}

void sg_conv_copy_write(const sg_conv_copy *c, const sg_loops *loops, int64_t channels, const float *map,
                        int64_t first_row, float *to) {
    memset(to, 0, sizeof(float) * (size_t)(channels * c->channel));
    if (c->used <= 0) return;
    for (int64_t phase = 0; phase < c->phases[0]; phase++) {
        /* Row r of the phase is row begin + r * step of the map. */
        const int64_t step = c->step[0], begin = first_row * step + phase - c->pad[0];
        const int64_t first = begin < 0 ? (-begin + step - 1) / step : 0, room = c->size[0] - 1 - begin;
        const int64_t end = room < 0 ? 0 : lesser(room / step + 1, c->rows);
        if (first >= end) continue;
        const sg_lined_rows at = {channels, end - first, c->size[0] * c->size[1], step * c->size[1]};
        write_rows(c, loops, map + (begin + first * step) * c->size[1], &at, to, phase, first);
    }
}

/* ---- the columns ---- */

static bool copied(const sg_conv *v) {
    for (int d = 0; d < 2; d++)
        if (!v->patches && (v->pad[d] || v->stride[d] > 1)) return true;
    return false;
}

static sg_conv_copy copy_of(const sg_conv *v, int64_t rows) {
    sg_conv_copy c = {.size = {v->height, v->width}};
    int64_t reach[2];
    for (int d = 0; d < 2; d++) {
        c.pad[d] = v->pad[d], c.step[d] = v->stride[d];
        reach[d] = (v->kernel[d] - 1) * v->dilation[d];
        c.phases[d] = lesser(c.step[d], reach[d] + 1);
    }
    c.rows = rows + reach[0] / c.step[0];
    c.row = v->columns + reach[1] / c.step[1];
    c.used = lesser(v->width, (v->columns - 1) * c.step[1] + reach[1] + 1 - c.pad[1]);
    c.plane = c.rows * c.row;
    c.channel = c.phases[0] * c.phases[1] * c.plane;
    return c;
}

static int64_t table_elements(const sg_conv *v) {
    const int64_t rows = v->panel_samples * v->panel_rows;
    int64_t lines = v->patches ? rows * v->columns : v->taps, runs = v->patches ? v->in * v->kernel[0] : rows;
    return sg_conv_offsets(lines) + sg_conv_offsets(runs) + sg_conv_offsets(v->panel_samples);
}

size_t sg_conv_lined_scratch(const sg_conv *v, sg_type type) {
    if (type != SG_F32 || v->planes || v->pixels == 0 || v->taps == 0) return 0;
    const sg_conv_copy c = copy_of(v, v->panel_rows);
    size_t bytes, tables = (size_t)table_elements(v) * sizeof(int64_t);
    bool fits = sg_size_mul((size_t)c.rows, (size_t)c.row, &bytes) &&
                sg_size_mul(bytes, (size_t)(c.phases[0] * c.phases[1]), &bytes) &&
                sg_size_mul(bytes, (size_t)(v->panel_samples * v->in), &bytes) &&
                sg_size_mul(bytes, sizeof(float), &bytes);
    if (!copied(v)) bytes = 0, fits = true;
    return fits && sg_size_add(bytes, tables, &bytes) ? bytes : SIZE_MAX;
}

typedef struct columns {
    sg_gemm_lines lines; /* `across` as for a gradient of the weight; conv2d's are the other way round */
    int64_t *places;     /* for the samples of the other operand */
} columns;

/* Lines are taps and runs are rows of outputs; for patches lines are pixels and runs are rows of the kernel.
 */
static columns columns_of(const sg_task *task, const sg_conv *v, const sg_conv_panel *panel, const float *x) {
    const bool copy = copied(v);
    const sg_conv_copy c = copy_of(v, panel->rows);
    const int64_t map = v->height * v->width, sample = v->groups * v->in * map;
    int64_t *line = task->scratch, *tap = line, *table = line;
    int64_t lines = v->patches ? panel->pixels : v->taps;
    int64_t runs = v->patches ? v->in * v->kernel[0] : panel->samples * panel->rows;
    int64_t *run = table + sg_conv_offsets(lines), *places = run + sg_conv_offsets(runs), *at = run;
    x += panel->sample * sample + panel->group * v->in * map;
    columns made = {{.across = !v->patches, .line = line, .at = run}, places};
    if (v->patches) {
        made.lines.data = x, made.lines.run = v->kernel[1];
        for (int64_t s = 0; s < panel->samples; s++)
            for (int64_t r = panel->row; r < panel->row + panel->rows; r++)
                for (int64_t q = 0; q < v->columns; q++)
                    *line++ = s * sample + r * v->kernel[0] * v->width + q * v->kernel[1];
        for (int64_t channel = 0; channel < v->in; channel++)
            for (int64_t i = 0; i < v->kernel[0]; i++) *run++ = channel * map + i * v->width;
        return made;
    }
    for (int64_t channel = 0; channel < v->in; channel++)
        for (int64_t i = 0; i < v->kernel[0]; i++)
            for (int64_t j = 0; j < v->kernel[1]; j++) {
                int64_t row = i * v->dilation[0], column = j * v->dilation[1];
                *tap++ = !copy ? channel * map + row * v->width + column
                               : channel * c.channel +
                                     (row % c.step[0] * c.phases[1] + column % c.step[1]) * c.plane +
                                     row / c.step[0] * c.row + column / c.step[1];
            }
    float *space = (float *)(places + sg_conv_offsets(panel->samples));
    for (int64_t s = 0; s < panel->samples; s++) {
        if (copy)
            sg_conv_copy_write(&c, task->loops, v->in, x + s * sample, panel->row,
                               space + s * v->in * c.channel);
        for (int64_t r = 0; r < panel->rows; r++)
            *at++ = copy ? s * v->in * c.channel + r * c.row : s * sample + (panel->row + r) * v->width;
    }
    made.lines.data = copy ? space : x, made.lines.run = v->columns;
    return made;
}

/* Where the outputs of a panel begin; and, as runs, where those of each sample do from there. */
static int64_t outputs_of(const sg_conv *v, const sg_conv_panel *panel, int64_t *places) {
    const int64_t sample = v->groups * v->out * v->pixels;
    for (int64_t s = 0; s < panel->samples; s++) places[s] = s * sample;
    return panel->sample * sample + panel->group * v->out * v->pixels + panel->row * v->columns;
}

void sg_conv_lined_run(const sg_task *task, sg_gemm_lined_function *multiply, const sg_conv *v,
                       const sg_conv_panel *panel, const float *x, const float *weight, const float *bias,
                       float *y) {
    columns made = columns_of(task, v, panel, x);
    made.lines.across = !made.lines.across;
    const sg_gemm_lined product = {
        .m = v->out,
        .n = panel->pixels,
        .k = v->taps,
        .a = {.data = weight + panel->group * v->out * v->taps, .across = true, .distance = v->taps},
        .b = made.lines,
        .c = y + outputs_of(v, panel, made.places),
        .ldc = v->pixels,
        .c_run = panel->rows * v->columns,
        .c_at = made.places,
        .row_bias = bias ? bias + panel->group * v->out : NULL};
    multiply(&product, task->products->space);
}

void sg_conv_lined_weight(const sg_task *task, sg_gemm_lined_function *multiply, const sg_conv *v,
                          const sg_conv_panel *panel, const float *x, const float *dy, float *dweight) {
    columns made = columns_of(task, v, panel, x);
    const sg_gemm_lined product = {.m = v->out,
                                   .n = v->taps,
                                   .k = panel->pixels,
                                   .a = {.data = dy + outputs_of(v, panel, made.places),
                                         .across = true,
                                         .distance = v->pixels,
                                         .run = panel->rows * v->columns,
                                         .at = made.places},
                                   .b = made.lines,
                                   .beta = 1,
                                   .c = dweight + panel->group * v->out * v->taps,
                                   .ldc = v->taps};
    multiply(&product, task->products->space);
}
