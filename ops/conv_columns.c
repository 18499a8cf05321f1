/* Columns and outputs of convolutions: copying between maps and matrices. */
#include <string.h>

#include "kernel/loops.h"
#include "ops/conv.h"

/* Output columns [from, to) of a row see input column at + step * index; the others see padding. */
typedef struct span {
    int64_t from, to, at;
} span;

static span span_of(const sg_conv *v, int64_t tap) {
    int64_t at = tap * v->dilation[1] - v->pad[1], step = v->stride[1], room = v->width - 1 - at;
    span s = {.from = at < 0 ? (-at + step - 1) / step : 0, .to = room < 0 ? 0 : room / step + 1, .at = at};
    if (s.to > v->columns) s.to = v->columns;
    if (s.from > s.to) s.from = s.to;
    return s;
}

/* Where the planes of a group begin in a map of so many channels a group. */
static char *planes(const sg_conv *v, sg_type type, const void *map, int64_t sample, int64_t group,
                    int64_t channels, int64_t plane) {
    return (char *)map + (size_t)((sample * v->groups + group) * channels * plane) * sg_type_size(type);
}

static bool stands_in_x(const sg_conv *v, const sg_conv_panel *panel) {
    return v->plain && panel->samples == 1;
}

/* ---- columns as [taps, pixels] ---- */

static void read_row(size_t size, int64_t count, int64_t step, const char *from, char *to) {
    if (step == 1)
        memcpy(to, from, (size_t)count * size);
    else if (size == 4)
        for (int64_t i = 0; i < count; i++) ((uint32_t *)to)[i] = ((const uint32_t *)from)[i * step];
    else
        for (int64_t i = 0; i < count; i++) ((uint64_t *)to)[i] = ((const uint64_t *)from)[i * step];
}

static void add_row(const sg_loops *loops, sg_type type, int64_t count, int64_t step, const void *from,
                    void *to) {
    if (type == SG_F32) {
        if (step == 1)
            loops->accumulate_f32(count, from, to);
        else
            for (int64_t i = 0; i < count; i++) ((float *)to)[i * step] += ((const float *)from)[i];
    } else {
        if (step == 1)
            loops->accumulate_f64(count, from, to);
        else
            for (int64_t i = 0; i < count; i++) ((double *)to)[i * step] += ((const double *)from)[i];
    }
}

/* Tap by tap: reads x into columns, or with `loops` adds columns to x. */
static void walk_taps(const sg_conv *v, const sg_loops *loops, sg_type type, const sg_conv_panel *panel,
                      void *x, char *columns) {
    size_t size = sg_type_size(type), row_bytes = (size_t)v->columns * size;
    for (int64_t c = 0; c < v->in; c++)
        for (int64_t i = 0; i < v->kernel[0]; i++)
            for (int64_t j = 0; j < v->kernel[1]; j++) {
                span s = span_of(v, j);
                for (int64_t sample = panel->sample; sample < panel->sample + panel->samples; sample++) {
                    char *plane = planes(v, type, x, sample, panel->group, v->in, v->height * v->width) +
                                  (size_t)(c * v->height * v->width) * size;
                    for (int64_t row = panel->row; row < panel->row + panel->rows;
                         row++, columns += row_bytes) {
                        int64_t y = row * v->stride[0] + i * v->dilation[0] - v->pad[0];
                        bool inside = y >= 0 && y < v->height && s.from < s.to;
                        char *line = columns + (size_t)s.from * size;
                        char *seen =
                            inside ? plane + (y * v->width + s.at + s.from * v->stride[1]) * (int64_t)size
                                   : NULL;
                        if (loops) {
                            if (inside) add_row(loops, type, s.to - s.from, v->stride[1], line, seen);
                            continue;
                        }
                        if (!inside) {
                            memset(columns, 0, row_bytes);
                            continue;
                        }
                        memset(columns, 0, (size_t)s.from * size);
                        read_row(size, s.to - s.from, v->stride[1], seen, line);
                        memset(columns + (size_t)s.to * size, 0, (size_t)(v->columns - s.to) * size);
                    }
                }
            }
}

/* ---- columns as [pixels, taps]: each pixel's patch, a few runs of the input ---- */

#define ADD_RUN(T) \
    for (int64_t k = 0; k < v->kernel[1]; k++) ((T *)seen)[k] += ((const T *)patch)[k]

/* Reads x into columns, or with `add` adds columns to x. */
static void walk_patches(const sg_conv *v, sg_type type, const sg_conv_panel *panel, void *x, char *columns,
                         bool add) {
    size_t size = sg_type_size(type), run = (size_t)v->kernel[1] * size;
    int64_t lines = v->in * v->kernel[0];
    for (int64_t sample = panel->sample; sample < panel->sample + panel->samples; sample++) {
        char *map = planes(v, type, x, sample, panel->group, v->in, v->height * v->width);
        for (int64_t row = panel->row; row < panel->row + panel->rows; row++) {
            for (int64_t line = 0; line < lines; line++) {
                int64_t c = line / v->kernel[0], y = row * v->kernel[0] + line % v->kernel[0];
                char *seen = map + (size_t)((c * v->height + y) * v->width) * size;
                char *patch = columns + (size_t)line * run;
                for (int64_t p = 0; p < v->columns; p++, seen += run, patch += (size_t)lines * run) {
                    if (!add)
                        memcpy(patch, seen, run);
                    else if (type == SG_F32)
                        ADD_RUN(float);
                    else
                        ADD_RUN(double);
                }
            }
            columns += (size_t)(v->columns * lines) * run;
        }
    }
}

sg_matrix sg_conv_columns_space(const sg_conv *v, sg_type type, const sg_conv_panel *panel, void *x,
                                void *space) {
    if (stands_in_x(v, panel))
        return (sg_matrix){planes(v, type, x, panel->sample, panel->group, v->in, v->pixels), v->pixels};
    return (sg_matrix){space, v->patches ? v->taps : panel->pixels};
}

sg_matrix sg_conv_columns(const sg_conv *v, sg_type type, const sg_conv_panel *panel, void *x, void *space) {
    sg_matrix columns = sg_conv_columns_space(v, type, panel, x, space);
    if (stands_in_x(v, panel)) return columns;
    if (v->patches)
        walk_patches(v, type, panel, x, columns.data, false);
    else
        walk_taps(v, NULL, type, panel, x, columns.data);
    return columns;
}

void sg_conv_add_columns(const sg_conv *v, const sg_loops *loops, sg_type type, const sg_conv_panel *panel,
                         const sg_matrix *columns, void *dx) {
    if (stands_in_x(v, panel)) return;
    if (v->patches)
        walk_patches(v, type, panel, dx, columns->data, true);
    else
        walk_taps(v, loops, type, panel, dx, columns->data);
}

/* ---- outputs ---- */

sg_matrix sg_conv_outputs(const sg_conv *v, sg_type type, const sg_conv_panel *panel, void *y, void *space) {
    if (panel->samples > 1) return (sg_matrix){space, panel->pixels};
    char *data = planes(v, type, y, panel->sample, panel->group, v->out, v->pixels);
    return (sg_matrix){data + (size_t)(panel->row * v->columns) * sg_type_size(type), v->pixels};
}

/* Several samples side by side: whole maps. */
static void copy_outputs(const sg_conv *v, sg_type type, const sg_conv_panel *panel, void *y,
                         const sg_matrix *outputs, bool put) {
    if (panel->samples == 1) return;
    size_t size = sg_type_size(type), bytes = (size_t)v->pixels * size;
    for (int64_t s = 0; s < panel->samples; s++) {
        char *map = planes(v, type, y, panel->sample + s, panel->group, v->out, v->pixels);
        for (int64_t o = 0; o < v->out; o++, map += bytes) {
            char *part = (char *)outputs->data + (size_t)(o * outputs->distance + s * v->pixels) * size;
            memcpy(put ? map : part, put ? part : map, bytes);
        }
    }
}

void sg_conv_get_outputs(const sg_conv *v, sg_type type, const sg_conv_panel *panel, const void *y,
                         const sg_matrix *outputs) {
    copy_outputs(v, type, panel, (void *)y, outputs, false);
}

void sg_conv_put_outputs(const sg_conv *v, sg_type type, const sg_conv_panel *panel, const sg_matrix *outputs,
                         void *y) {
    copy_outputs(v, type, panel, y, outputs, true);
}
