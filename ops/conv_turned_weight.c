/* The gradient of conv2d's weight over turned maps.
 *
 * For one tap, dweight [out, in] is a product over pixels and samples. Both maps are turned to [rows,
 * columns, samples, channels], those of `rows` some channels at a time. */
#include <string.h>

#include "ops/conv_turned.h"
#include "ops/conv_turned_map.h"

/* One of the two maps: its channels, and where its pixels stand. */
typedef struct side {
    int64_t channels, pixels, positions;
    bool is_x;
} side;

typedef struct sides {
    side rows, lanes;
} sides;

static sides sides_of(const turned *t) {
    const sg_conv *v = t->v;
    const side x = {v->in, v->height * v->width, v->height * t->phases * t->width, true};
    const side y = {v->out, v->pixels, v->pixels, false};
    return v->in < SG_GEMM_LANES && v->out > v->in ? (sides){x, y} : (sides){y, x};
}

static int64_t position_of(const turned *t, const side *s, int64_t row, int64_t column) {
    if (!s->is_x) return row * t->to[1] + column;
    column += t->lead;
    return (row * t->phases + column % t->phases) * t->width + column / t->phases;
}

static int64_t group_sums(const turned *t) {
    const sides s = sides_of(t);
    return t->v->kernel[0] * t->v->kernel[1] * s.rows.channels * rounded_up(s.lanes.channels);
}

int64_t sg_conv_turned_sums(const sg_conv *v) {
    const turned t = turned_of(v, false);
    return v->groups * group_sums(&t);
}

/* ---- scratch ---- */

typedef struct parts {
    int64_t map, panel;                               /* floats */
    int64_t row_places, lane_places, taps, stretches; /* offsets */
} parts;

static bool parts_of(const turned *t, int64_t samples, parts *p, size_t *bytes) {
    const sides s = sides_of(t);
    const int64_t area = t->v->kernel[0] * t->v->kernel[1];
    int64_t floats = 0, offsets = 0;
    *p = (parts){.row_places = s.rows.pixels,
                 .lane_places = s.lanes.pixels,
                 .taps = area + 1,
                 .stretches = area * t->to[0]};
    const int64_t blocks = (s.lanes.channels + 2 * SG_GEMM_LANES - 1) / (2 * SG_GEMM_LANES);
    bool fits = sg_int_mul(blocks * 2 * SG_GEMM_LANES * s.lanes.positions, samples, &p->map) &&
                sg_int_mul(SG_GEMM_HIGH * s.rows.positions, samples, &p->panel);
    if (!fits) return false;
    p->panel = rounded_up(p->panel);
    return sg_int_add(p->map, p->panel, &floats) &&
           sg_int_add(p->row_places + p->lane_places, p->taps, &offsets) &&
           scratch_bytes(floats, offsets, p->stretches, 0, bytes);
}

size_t sg_conv_turned_weight_scratch(const sg_conv *v, sg_type type, int64_t batch) {
    const int64_t samples = sg_conv_turned_weight_samples(v, type, batch);
    if (!samples) return 0;
    const turned t = turned_of(v, false);
    size_t bytes = SIZE_MAX;
    parts p;
    return parts_of(&t, samples, &p, &bytes) ? bytes : SIZE_MAX;
}

/* ---- the run ---- */

typedef struct work {
    const sg_gemm_turned *products;
    turned t;
    sides s;
    int64_t samples, units, wide; /* units of the samples; columns of a block of lanes */
    float *map, *panel;
    int64_t *row_place, *lane_place, *tap; /* first stretch of each tap, and the end of the last */
    sg_gemm_stretch *stretch;
} work;

/* Columns of results whose tap k is inside the map: a range. */
static int64_t columns_inside(const turned *t, int64_t k, int64_t *first) {
    int64_t end = 0, at;
    *first = 0;
    for (int64_t q = t->to[1]; q-- > 0;)
        if (inside(t, 1, q, k, &at)) {
            if (!end) end = q + 1;
            *first = q;
        }
    return end - *first;
}

static void make_stretches(work *w) {
    const turned *t = &w->t;
    const int64_t block = w->units * w->wide;
    int64_t count = 0, at[2], first;
    for (int64_t tap = 0; tap < t->v->kernel[0] * t->v->kernel[1]; tap++) {
        const int64_t i = tap / t->v->kernel[1], j = tap % t->v->kernel[1];
        const int64_t columns = columns_inside(t, j, &first);
        w->tap[tap] = count;
        for (int64_t row = 0; row < t->to[0] && columns; row++) {
            if (!inside(t, 0, row, i, &at[0])) continue;
            sees(t, 1, first, j, &at[1]);
            const side *rows = &w->s.rows, *lanes = &w->s.lanes;
            const int64_t a =
                rows->is_x ? position_of(t, rows, at[0], at[1]) : position_of(t, rows, row, first);
            const int64_t b =
                lanes->is_x ? position_of(t, lanes, at[0], at[1]) : position_of(t, lanes, row, first);
            w->stretch[count++] = (sg_gemm_stretch){a * w->units, b * block, columns * w->units};
        }
        w->tap[tap + 1] = count;
    }
}

static void set_places(const work *w, const side *s, int64_t apart, int64_t *place) {
    const int64_t columns = s->is_x ? w->t.from[1] : w->t.to[1], rows = s->pixels / columns;
    const int64_t row = position_of(&w->t, s, 1, 0) - position_of(&w->t, s, 0, 0), unit = w->units * apart;
    for (int64_t c = 0; c < columns; c++) {
        const int64_t at = position_of(&w->t, s, 0, c);
        for (int64_t r = 0; r < rows; r++) place[r * columns + c] = (r * row + at) * unit;
    }
}

/* Channels of all samples, `apart` numbers a unit. */
static void turn_channels(const work *w, const side *s, int64_t channels, const float *from, int64_t sample,
                          const int64_t *place, int64_t apart, float *to) {
    for (int64_t u = 0, i = 0; u < w->units; u++, i += w->products->unit)
        w->products->turn(channels, s->pixels, i + 1 < w->samples ? sample : 0, s->pixels, from + i * sample,
                          place, to + u * apart);
}

static void run_group(work *w, const float *rows_from, int64_t rows_sample, const float *lanes_from,
                      int64_t lanes_sample, float *sums) {
    const side *rows = &w->s.rows, *lanes = &w->s.lanes;
    const int64_t area = w->t.v->kernel[0] * w->t.v->kernel[1], distance = rounded_up(lanes->channels);
    const int64_t block = lanes->positions * w->units * w->wide;
    const int64_t high = sg_conv_panel_rows(w->products, rows->channels);
    for (int64_t l = 0; l < lanes->channels; l += w->wide)
        turn_channels(w, lanes, lesser(w->wide, lanes->channels - l), lanes_from + l * lanes->pixels,
                      lanes_sample, w->lane_place, w->wide, w->map + l / w->wide * block);
    for (int64_t r = 0; r < rows->channels; r += high) {
        const int64_t count = lesser(high, rows->channels - r);
        set_places(w, rows, count, w->row_place);
        turn_channels(w, rows, count, rows_from + r * rows->pixels, rows_sample, w->row_place, count,
                      w->panel);
        for (int64_t l = 0; l < lanes->channels; l += w->wide)
            for (int64_t tap = 0; tap < area; tap++) {
                const sg_gemm_stretches product = {.rows = count,
                                                   .columns = lesser(w->wide, lanes->channels - l),
                                                   .stretch = w->stretch + w->tap[tap],
                                                   .stretches = w->tap[tap + 1] - w->tap[tap],
                                                   .a = w->panel,
                                                   .b = w->map + l / w->wide * block,
                                                   .step = w->wide,
                                                   .beta = 1,
                                                   .c = sums + (tap * rows->channels + r) * distance + l,
                                                   .ldc = distance};
                if (product.stretches) w->products->multiply(&product);
            }
    }
}

void sg_conv_turned_weight(const sg_gemm_turned *products, const sg_conv *v, int64_t most, const float *x,
                           const float *dy, float *sums, void *scratch) {
    const turned t = turned_of(v, false);
    const int64_t x_group = v->in * v->height * v->width, y_group = v->out * v->pixels;
    size_t bytes;
    parts p;
    if (v->batch < 1 || !parts_of(&t, most, &p, &bytes)) return;
    work w = {.products = products, .t = t, .s = sides_of(&t), .wide = 2 * products->lanes, .map = scratch};
    w.panel = w.map + p.map;
    w.row_place = (int64_t *)(w.panel + p.panel);
    w.lane_place = w.row_place + p.row_places;
    w.tap = w.lane_place + p.lane_places;
    w.stretch = (sg_gemm_stretch *)(w.tap + p.taps);
    const int64_t pieces = (v->batch + most - 1) / most;
    for (int64_t piece = 0, first = 0, end; piece < pieces; piece++, first = end) {
        end = v->batch * (piece + 1) / pieces;
        if (end - first != w.samples) {
            w.samples = end - first;
            w.units = (w.samples + products->unit - 1) / products->unit;
            make_stretches(&w);
            set_places(&w, &w.s.lanes, w.wide, w.lane_place);
        }
        for (int64_t g = 0; g < v->groups; g++) {
            const float *from_x = x + (first * v->groups + g) * x_group,
                        *from_y = dy + (first * v->groups + g) * y_group;
            const bool is_x = w.s.rows.is_x;
            run_group(&w, is_x ? from_x : from_y, v->groups * (is_x ? x_group : y_group),
                      is_x ? from_y : from_x, v->groups * (is_x ? y_group : x_group),
                      sums + g * group_sums(&t));
        }
    }
}

void sg_conv_turned_weight_write(const sg_gemm_turned *products, const sg_conv *v, const float *sums,
                                 float *dweight) {
    const turned t = turned_of(v, false);
    const sides s = sides_of(&t);
    const int64_t area = v->kernel[0] * v->kernel[1], distance = rounded_up(s.lanes.channels);
    const int64_t row = (s.rows.is_x ? 1 : v->in) * area, lane = (s.rows.is_x ? v->in : 1) * area;
    int64_t place[SG_CONV_MOST_TAPS];
    for (int64_t k = 0; k < area; k++) place[k] = k * s.rows.channels * distance;
    for (int64_t g = 0; g < v->groups; g++, sums += group_sums(&t), dweight += v->out * v->taps)
        for (int64_t r = 0; r < s.rows.channels; r++)
            for (int64_t l = 0; l < s.lanes.channels; l += products->lanes)
                products->back(lesser(products->lanes, s.lanes.channels - l), lane, area,
                               sums + r * distance + l, place, dweight + r * row + l * lane);
}
