/* conv2d and its transpose over turned maps. */
#include "ops/conv_turned.h"
#include "ops/conv_turned_map.h"

#include <string.h>

#include "base/checked.h"

/* The scratch for a turned map and some channels of results, which are to stay in the second cache; more
 * samples than that many gain nothing. */
enum { TURNED_BYTES = 1 << 19, MOST_SAMPLES = 32 };

/* ---- scratch ---- */

/* Neighbouring columns of a row of results, of one remainder: their lanes, and where these begin. */
typedef struct span {
    int64_t lanes, at;
    int64_t stretch, stretches;
} span;

typedef struct parts {
    int64_t panel, map, result;                     /* floats */
    int64_t taps, in_places, out_places, stretches; /* offsets */
    int64_t spans;
} parts;

/* For `samples` at once; false where that is too much to count. */
static bool parts_of(const turned *t, int64_t samples, parts *p, size_t *bytes) {
    const int64_t area = t->v->kernel[0] * t->v->kernel[1];
    const int64_t row_spans = t->out_phases * lesser(columns_of(t, 0), 2 * t->v->kernel[1] + 1);
    int64_t floats = 0, offsets = 0;
    *p = (parts){.taps = area, .in_places = t->from[0] * t->from[1], .out_places = t->to[0] * t->to[1]};
    bool fits =
        sg_int_mul(area * SG_GEMM_HIGH, t->inner, &p->panel) &&
        sg_int_mul(t->from[0] * t->inner, t->phases * t->width * samples, &p->map) &&
        sg_int_mul(t->to[0] * row_spans, area, &p->stretches) &&
        sg_int_mul(t->to[0] * SG_GEMM_HIGH, t->to[1] * samples + row_spans * SG_GEMM_LANES, &p->result);
    if (!fits) return false;
    p->spans = t->to[0] * row_spans;
    p->panel = rounded_up(p->panel);
    /* Whole vectors are read behind the last. */
    p->map = rounded_up(p->map) + 2 * SG_GEMM_LANES;
    p->result = rounded_up(p->result) + SG_GEMM_LANES;
    fits = sg_int_add(p->panel, p->map, &floats) && sg_int_add(floats, p->result, &floats) &&
           sg_int_mul(floats, sizeof(float), &floats) &&
           sg_int_add(p->taps + p->in_places, p->out_places, &offsets) &&
           sg_int_mul(offsets, sizeof(int64_t), &offsets) && sg_int_add(floats, offsets, &floats) &&
           sg_int_add(floats, p->stretches * (int64_t)sizeof(sg_gemm_stretch), &floats) &&
           sg_int_add(floats, p->spans * (int64_t)sizeof(span), &floats);
    *bytes = (size_t)floats;
    return fits;
}

int64_t sg_conv_turned_samples(const sg_conv *v, sg_type type, int64_t batch, bool transposed) {
    const int64_t area = v->kernel[0] * v->kernel[1];
    if (type != SG_F32 || batch < 2 || v->planes || v->patches || v->pixels == 0 || v->taps == 0 ||
        v->out == 0 || v->height * v->width > TURNED_BYTES || area < 2 || area > SG_CONV_MOST_TAPS)
        return 0;
    const turned t = turned_of(v, transposed);
    int64_t map, result, bytes;
    bool fits = sg_int_mul(t.inner * t.from[0], t.phases * t.width, &map) &&
                sg_int_mul(SG_GEMM_HIGH * t.to[0], t.to[1], &result) && sg_int_add(map, result, &bytes) &&
                sg_int_mul(bytes, sizeof(float), &bytes);
    int64_t samples = fits ? lesser(lesser(TURNED_BYTES / bytes, MOST_SAMPLES), batch) : 0;
    if (samples > SG_GEMM_LANES) samples = samples / SG_GEMM_LANES * SG_GEMM_LANES;
    return samples * columns_of(&t, t.out_phases - 1) < SG_GEMM_LANES ? 0 : samples;
}

size_t sg_conv_turned_scratch(const sg_conv *v, sg_type type, int64_t batch, bool transposed) {
    const int64_t samples = sg_conv_turned_samples(v, type, batch, transposed);
    if (!samples) return 0;
    const turned t = turned_of(v, transposed);
    size_t bytes = SIZE_MAX;
    parts p;
    return parts_of(&t, samples, &p, &bytes) ? bytes : SIZE_MAX;
}

/* ---- spans and stretches ---- */

typedef struct work {
    const sg_gemm_turned *products;
    turned t;
    int64_t samples, units, channel, row; /* units of the channels read; elements of a channel and of a row */
    float *panel, *map, *result;
    int64_t *tap, *in_place, *out_place, spans, lanes; /* lanes of all spans */
    sg_gemm_stretch *stretch;
    span *span;
} work;

static int64_t column_of(const work *w, int64_t at) {
    const turned *t = &w->t;
    return (at + t->lead) % t->phases * w->units * w->channel + (at + t->lead) / t->phases * w->samples;
}

/* Which taps see the map from column `p`, as bits. */
static uint64_t seen_from(const turned *t, int64_t p) {
    uint64_t seen = 0;
    int64_t at;
    for (int64_t k = 0; k < t->v->kernel[1]; k++)
        if (inside(t, 1, p, k, &at)) seen |= UINT64_C(1) << k;
    return seen;
}

/* Stretches of a row's span, whose columns see the taps `seen`. */
static int64_t add_stretches(const work *w, int64_t row, int64_t column, uint64_t seen, sg_gemm_stretch *to) {
    const turned *t = &w->t;
    int64_t count = 0, at[2];
    for (int64_t i = 0; i < t->v->kernel[0]; i++) {
        if (!inside(t, 0, row, i, &at[0])) continue;
        for (int64_t j = 0; j < t->v->kernel[1]; j++)
            if (seen >> j & 1 && sees(t, 1, column, j, &at[1]))
                to[count++] = (sg_gemm_stretch){(i * t->v->kernel[1] + j) * w->units,
                                                at[0] * w->row + column_of(w, at[1]), w->units};
    }
    return count;
}

/* Where whole vectors are of one column, columns that see the same taps; else whole rows, which see zeros. */
static void make_spans(work *w) {
    const turned *t = &w->t;
    const bool apart = w->samples % w->products->lanes == 0;
    int64_t stretches = 0, at = 0;
    w->spans = 0;
    for (int64_t row = 0; row < t->to[0]; row++)
        for (int64_t phase = 0; phase < t->out_phases; phase++)
            for (int64_t first = 0, end, columns = columns_of(t, phase); first < columns; first = end) {
                const int64_t column = phase + first * t->out_phases;
                uint64_t seen = seen_from(t, column);
                for (end = first + 1; end < columns; end++) {
                    const uint64_t next = seen_from(t, phase + end * t->out_phases);
                    if (apart && next != seen) break;
                    seen |= next;
                }
                const int64_t count = add_stretches(w, row, column, seen, w->stretch + stretches);
                w->span[w->spans++] = (span){(end - first) * w->samples, at, stretches, count};
                stretches += count;
                for (int64_t q = first; q < end; q++)
                    w->out_place[row * t->to[1] + phase + q * t->out_phases] = at + (q - first) * w->samples;
                at += rounded_up((end - first) * w->samples);
            }
    w->lanes = at;
}

/* ---- the run ---- */

static work work_of(const sg_task *task, const sg_gemm_turned *products, const turned *t, const parts *p) {
    work w = {.products = products, .t = *t, .panel = task->scratch};
    w.map = w.panel + p->panel;
    w.result = w.map + p->map;
    w.tap = (int64_t *)(w.result + p->result);
    w.in_place = w.tap + p->taps;
    w.out_place = w.in_place + p->in_places;
    w.stretch = (sg_gemm_stretch *)(w.out_place + p->out_places);
    w.span = (span *)(w.stretch + p->stretches);
    w.units = (t->inner + products->unit - 1) / products->unit;
    return w;
}

static void set_samples(work *w, int64_t samples) {
    const turned *t = &w->t;
    w->samples = samples;
    w->channel = t->width * samples;
    w->row = t->phases * w->units * w->channel;
    for (int64_t r = 0; r < t->from[0]; r++)
        for (int64_t c = 0; c < t->from[1]; c++)
            w->in_place[r * t->from[1] + c] = r * w->row + column_of(w, c);
}

static void turn_map(const work *w, const float *from, int64_t sample) {
    const turned *t = &w->t;
    const int64_t pixels = t->from[0] * t->from[1], unit = w->products->unit;
    if (w->samples % w->products->lanes) memset(w->map, 0, sizeof(float) * (size_t)(t->from[0] * w->row));
    for (int64_t u = 0; u < w->units; u++, from += unit * pixels) {
        const int64_t partner = (u + 1) * unit <= t->inner ? pixels : 0;
        for (int64_t s = 0; s < w->samples; s += w->products->lanes)
            w->products->turn(lesser(w->products->lanes, w->samples - s), sample, partner, pixels,
                              from + s * sample, w->in_place, w->map + u * w->channel + s);
    }
}

/* Rows first .. first + rows - 1 of the weights as a panel of units, tap by tap. */
static void turn_weight(const work *w, const float *weight, int64_t first, int64_t rows) {
    const turned *t = &w->t;
    const int64_t area = t->v->kernel[0] * t->v->kernel[1], unit = w->products->unit;
    const int64_t line = (t->transposed ? 1 : t->v->in) * area, inner = (t->transposed ? t->v->in : 1) * area;
    for (int64_t k = 0; k < area; k++) w->tap[k] = k * w->units * rows;
    for (int64_t u = 0; u < w->units; u++)
        w->products->turn(rows, line, (u + 1) * unit <= t->inner ? inner : 0, area,
                          weight + first * line + u * unit * inner, w->tap, w->panel + u * rows);
}

static void run_group(work *w, const float *from, int64_t from_sample, const float *weight, const float *bias,
                      float *to, int64_t to_sample) {
    const turned *t = &w->t;
    const int64_t panels = (t->channels + w->products->rows - 1) / w->products->rows;
    const int64_t high = (t->channels + panels - 1) / panels;
    const int64_t pixels = t->to[0] * t->to[1];
    turn_map(w, from, from_sample);
    for (int64_t r = 0; r < t->channels; r += high) {
        const int64_t rows = lesser(high, t->channels - r);
        turn_weight(w, weight, r, rows);
        for (const span *s = w->span; s < w->span + w->spans; s++) {
            const sg_gemm_stretches product = {.rows = rows,
                                               .columns = s->lanes,
                                               .stretch = w->stretch + s->stretch,
                                               .stretches = s->stretches,
                                               .a = w->panel,
                                               .b = w->map,
                                               .step = w->channel,
                                               .c = w->result + s->at,
                                               .ldc = w->lanes,
                                               .row_bias = bias ? bias + r : NULL};
            w->products->multiply(&product);
        }
        for (int64_t i = 0; i < rows; i++)
            for (int64_t first = 0; first < w->samples; first += w->products->lanes)
                w->products->back(lesser(w->products->lanes, w->samples - first), to_sample, pixels,
                                  w->result + i * w->lanes + first, w->out_place,
                                  to + (r + i) * pixels + first * to_sample);
    }
}

void sg_conv_turned_run(const sg_task *task, const sg_gemm_turned *products, const sg_conv *v, int64_t most,
                        bool transposed, const float *from, const float *weight, const float *bias,
                        float *to) {
    const turned t = turned_of(v, transposed);
    const int64_t in_channel = t.from[0] * t.from[1], out_channel = t.to[0] * t.to[1];
    const int64_t in_sample = v->groups * t.inner * in_channel,
                  out_sample = v->groups * t.channels * out_channel;
    size_t bytes;
    parts p;
    if (v->batch < 1 || !parts_of(&t, most, &p, &bytes)) return;
    work w = work_of(task, products, &t, &p);
    const int64_t pieces = (v->batch + most - 1) / most;
    for (int64_t piece = 0, first = 0, end; piece < pieces; piece++, first = end) {
        end = v->batch * (piece + 1) / pieces;
        if (end - first != w.samples) {
            set_samples(&w, end - first);
            make_spans(&w);
        }
        for (int64_t g = 0; g < v->groups; g++)
            run_group(&w, from + first * in_sample + g * t.inner * in_channel, in_sample,
                      weight + g * v->out * v->taps, bias ? bias + g * t.channels : NULL,
                      to + first * out_sample + g * t.channels * out_channel, out_sample);
    }
}
