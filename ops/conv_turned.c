/* conv2d and its transpose over turned maps. */
#include "ops/conv_turned.h"
#include "ops/conv_turned_map.h"

#include <string.h>

#include "kernel/loops.h"

/* The scratch for a turned map and some channels of results, which are to stay in the second cache; more
 * samples than that many gain nothing. */
enum { TURNED_BYTES = 1 << 19, MOST_SAMPLES = 32 };

/* The larger maps are, the fewer samples a task has: a block is made of some 256 pixels. Maps of FEW_PIXELS
 * come by four samples or more out of MANY_SAMPLES, and those of MOST_PIXELS by two out of FEW_SAMPLES. With
 * fewer, lanes stay empty. */
enum { FEW_PIXELS = 64, MOST_PIXELS = 256, FEW_SAMPLES = 8, MANY_SAMPLES = 16 };

/* Rows that fill vectors by themselves stay as they are, each sample with a map of its own: not turned, but
 * for their remainders. */
static bool apart(const turned *t) {
    const int64_t columns = columns_of(t, 0);
    return t->phases <= 2 && t->out_phases <= 2 && t->to[1] == columns * t->out_phases &&
           columns % SG_GEMM_LANES == 0 && t->from[0] * t->from[1] <= SG_GEMM_HIGH * t->to[0] * t->to[1];
}

/* ---- scratch ---- */

/* Neighbouring columns of a row of results, of one remainder: their lanes, and where these begin. */
typedef struct span {
    int64_t lanes, at;
    int64_t stretch, stretches;
} span;

typedef struct parts {
    int64_t panel, map, result;                        /* floats */
    int64_t in_places, out_places, columns, stretches; /* offsets */
    int64_t spans;
} parts;

/* For `samples` at once; false where that is too much to count. */
static bool parts_of(const turned *t, int64_t samples, parts *p, size_t *bytes) {
    const int64_t area = t->v->kernel[0] * t->v->kernel[1];
    const int64_t row_spans = t->out_phases * lesser(columns_of(t, 0), 2 * t->v->kernel[1] + 1);
    int64_t floats = 0, offsets = 0;
    *p = (parts){.in_places = t->from[0] * t->from[1],
                 .out_places = t->to[0] * t->to[1],
                 .columns = t->to[1] * (t->v->kernel[1] + 1)};
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
    return sg_int_add(p->panel, p->map, &floats) && sg_int_add(floats, p->result, &floats) &&
           sg_int_add(p->in_places + p->out_places, p->columns, &offsets) &&
           scratch_bytes(floats, offsets, p->stretches, p->spans * (int64_t)sizeof(span), bytes);
}

/* As many as the scratch has room for. */
static int64_t samples_of(const turned *t, int64_t batch) {
    int64_t map, result, bytes;
    bool fits = sg_int_mul(t->inner * t->from[0], t->phases * t->width, &map) &&
                sg_int_mul(SG_GEMM_HIGH * t->to[0], t->to[1], &result) && sg_int_add(map, result, &bytes) &&
                sg_int_mul(bytes, sizeof(float), &bytes);
    return fits ? lesser(lesser(TURNED_BYTES / bytes, MOST_SAMPLES), batch) : 0;
}

static bool possible(const sg_conv *v, sg_type type, int64_t batch) {
    const int64_t area = v->kernel[0] * v->kernel[1];
    return type == SG_F32 && batch > 1 && !v->planes && !v->patches && v->pixels > 0 && v->taps > 0 &&
           v->out > 0 && v->height * v->width > 0 && v->height * v->width <= TURNED_BYTES && area > 1 &&
           area <= SG_CONV_MOST_TAPS;
}

int64_t sg_conv_turned_samples(const sg_conv *v, sg_type type, int64_t batch, bool transposed) {
    if (!possible(v, type, batch)) return 0;
    const turned t = turned_of(v, transposed);
    const int64_t samples = samples_of(&t, batch);
    if (apart(&t)) {
        const bool alone = columns_of(&t, 0) % (2 * SG_GEMM_LANES) == 0;
        return alone || (v->pixels <= MOST_PIXELS && batch >= FEW_SAMPLES) ? samples : 0;
    }
    if (v->pixels > FEW_PIXELS || batch < MANY_SAMPLES) return 0;
    if (samples * columns_of(&t, t.out_phases - 1) < SG_GEMM_LANES) return 0;
    return samples > SG_GEMM_LANES ? samples / SG_GEMM_LANES * SG_GEMM_LANES : samples;
}

int64_t sg_conv_turned_weight_samples(const sg_conv *v, sg_type type, int64_t batch) {
    if (!possible(v, type, batch) || v->pixels > MOST_PIXELS || batch < FEW_SAMPLES) return 0;
    const turned t = turned_of(v, false);
    const int64_t samples = samples_of(&t, batch);
    return samples > SG_GEMM_LANES ? samples / SG_GEMM_LANES * SG_GEMM_LANES : samples;
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
    int64_t samples, maps;       /* side by side in a map, and how many maps */
    int64_t units, channel, row; /* units of the channels read; elements of a channel and of a row */
    float *panel, *map, *result;
    int64_t *in_place, *out_place, *column, spans, lanes; /* lanes of all spans */
    sg_gemm_stretch *stretch;
    span *span;
} work;

static int64_t column_of(const work *w, int64_t at) {
    const turned *t = &w->t;
    return (at + t->lead) % t->phases * w->units * w->channel + (at + t->lead) / t->phases * w->samples;
}

/* For each column of results: where each tap sees it in a row of the map, and as bits which taps see no zero
 * there. */
static void find_columns(const work *w) {
    const turned *t = &w->t;
    const int64_t taps = t->v->kernel[1];
    for (int64_t p = 0; p < t->to[1]; p++) {
        int64_t *column = w->column + p * (taps + 1), at;
        column[taps] = 0;
        for (int64_t k = 0; k < taps; k++) {
            column[k] = sees(t, 1, p, k, &at) ? column_of(w, at) : 0;
            if (inside(t, 1, p, k, &at)) column[taps] |= (int64_t)(UINT64_C(1) << k);
        }
    }
}

/* For a row's span: taps, and where row 0 of the map has what the first column sees. */
static int64_t add_stretches(const work *w, int64_t row, const int64_t *column, int64_t seen,
                             sg_gemm_stretch *to) {
    const turned *t = &w->t;
    const int64_t taps = t->v->kernel[1];
    int64_t count = 0, at;
    for (int64_t i = 0; i < t->v->kernel[0]; i++) {
        if (!inside(t, 0, row, i, &at)) continue;
        for (int64_t j = 0; j < taps; j++)
            if ((uint64_t)seen >> j & 1)
                to[count++] = (sg_gemm_stretch){(i * taps + j) * w->units, at * w->row + column[j], w->units};
    }
    return count;
}

/* Where whole vectors are of one column, columns that see the same taps; else whole rows, which see zeros. */
static void make_spans(work *w) {
    const turned *t = &w->t;
    const bool single = w->samples % w->products->lanes == 0;
    const int64_t taps = t->v->kernel[1];
    int64_t stretches = 0, at = 0;
    w->spans = 0;
    find_columns(w);
    for (int64_t row = 0; row < t->to[0]; row++)
        for (int64_t phase = 0; phase < t->out_phases; phase++)
            for (int64_t first = 0, end, columns = columns_of(t, phase); first < columns; first = end) {
                const int64_t *column = w->column + (phase + first * t->out_phases) * (taps + 1);
                int64_t seen = column[taps];
                for (end = first + 1; end < columns; end++) {
                    const int64_t next = w->column[(phase + end * t->out_phases) * (taps + 1) + taps];
                    if (single && next != seen) break;
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
    w.in_place = (int64_t *)(w.result + p->result);
    w.out_place = w.in_place + p->in_places;
    w.column = w.out_place + p->out_places;
    w.stretch = (sg_gemm_stretch *)(w.column + p->columns);
    w.span = (span *)(w.stretch + p->stretches);
    w.units = (t->inner + products->unit - 1) / products->unit;
    return w;
}

static void set_samples(work *w, int64_t samples) {
    const turned *t = &w->t;
    w->samples = samples;
    w->channel = t->width * samples;
    w->row = t->phases * w->units * w->channel;
    if (apart(t)) return;
    for (int64_t c = 0; c < t->from[1]; c++) {
        const int64_t column = column_of(w, c);
        for (int64_t r = 0; r < t->from[0]; r++) w->in_place[r * t->from[1] + c] = r * w->row + column;
    }
}

/* One sample, its rows as they are or dealt out to two. */
static void deal_map(const work *w, const sg_loops *loops, const float *from, float *map) {
    const turned *t = &w->t;
    const int64_t rows = t->from[0], columns = t->from[1], pixels = rows * columns, unit = w->products->unit;
    const bool rounds = w->products->rounds;
    for (int64_t u = 0; u < w->units; u++, from += unit * pixels) {
        const int64_t partner = (u + 1) * unit <= t->inner ? pixels : 0;
        float *to = map + u * w->channel;
        if (t->phases == 1) {
            w->products->join(rows, columns, partner, from, columns, to + column_of(w, 0), w->row);
            continue;
        }
        const sg_lined_rows at = {1, rows, 0, columns}, at_map = {1, rows, 0, w->row};
        if (rounds) w->products->join(1, pixels, partner, from, 0, w->result, 0);
        loops->split_f32(columns, rounds ? w->result : from, &at, to + column_of(w, 0), to + column_of(w, 1),
                         &at_map);
    }
}

static void make_maps(const work *w, const sg_loops *loops, const float *from, int64_t sample) {
    const turned *t = &w->t;
    const int64_t pixels = t->from[0] * t->from[1], unit = w->products->unit, map = t->from[0] * w->row;
    if (w->samples % w->products->lanes) memset(w->map, 0, sizeof(float) * (size_t)(w->maps * map));
    if (apart(t)) {
        for (int64_t s = 0; s < w->maps; s++) deal_map(w, loops, from + s * sample, w->map + s * map);
        return;
    }
    for (int64_t u = 0; u < w->units; u++, from += unit * pixels) {
        const int64_t partner = (u + 1) * unit <= t->inner ? pixels : 0;
        w->products->turn(w->samples, sample, partner, pixels, from, w->in_place, w->map + u * w->channel);
    }
}

/* Rows of results; `c` is where they begin, `distance` apart. With c_next those of the next map, too. */
static void multiply(const work *w, const float *panel, const float *map, int64_t rows, const float *bias,
                     float *c, int64_t distance, int64_t c_next) {
    for (const span *s = w->span; s < w->span + w->spans; s++) {
        const sg_gemm_stretches product = {.rows = rows,
                                           .columns = s->lanes,
                                           .stretch = w->stretch + s->stretch,
                                           .stretches = s->stretches,
                                           .a = panel,
                                           .b = map,
                                           .step = w->channel,
                                           .next = c_next ? w->t.from[0] * w->row : 0,
                                           .c = c + s->at,
                                           .c_next = c_next,
                                           .ldc = distance,
                                           .row_bias = bias};
        w->products->multiply(&product);
    }
}

/* For each map: the results are where they belong, or but to be woven, or to be turned back. */
static void make_results(const work *w, const sg_loops *loops, const float *panel, int64_t rows,
                         const float *bias, float *to, int64_t sample) {
    const turned *t = &w->t;
    const int64_t pixels = t->to[0] * t->to[1], most = w->products->lanes, columns = columns_of(t, 0);
    if (!apart(t)) {
        multiply(w, panel, w->map, rows, bias, w->result, w->lanes, 0);
        for (int64_t i = 0; i < rows; i++)
            for (int64_t s = 0; s < w->samples; s += most)
                w->products->back(lesser(most, w->samples - s), sample, pixels, w->result + i * w->lanes + s,
                                  w->out_place, to + i * pixels + s * sample);
        return;
    }
    const sg_lined_rows at = {rows, t->to[0], w->lanes, 2 * columns},
                        at_to = {rows, t->to[0], pixels, t->to[1]};
    /* Rows of one vector: those of two samples at once, so that a tile is as wide as it can be. */
    const int64_t together = columns % (2 * SG_GEMM_LANES) ? 2 : 1;
    for (int64_t s = 0, count; s < w->maps; s += count, to += count * sample) {
        const bool direct = t->out_phases == 1;
        const int64_t distance = direct ? pixels : w->lanes, c_next = direct ? sample : rows * w->lanes;
        count = lesser(together, w->maps - s);
        multiply(w, panel, w->map + s * t->from[0] * w->row, rows, bias, direct ? to : w->result, distance,
                 count == 2 ? c_next : 0);
        for (int64_t i = 0; i < count && !direct; i++) {
            const float *result = w->result + i * c_next;
            loops->weave_f32(t->to[1], result, &at, result + columns, &at, to + i * sample, &at_to);
        }
    }
}

static void run_group(const work *w, const sg_loops *loops, const float *from, int64_t from_sample,
                      const float *weight, bool packed, const float *bias, float *to, int64_t to_sample) {
    const turned *t = &w->t;
    const int64_t high = sg_conv_panel_rows(w->products, t->channels),
                  area = t->v->kernel[0] * t->v->kernel[1];
    make_maps(w, loops, from, from_sample);
    for (int64_t r = 0; r < t->channels; r += high) {
        const int64_t rows = lesser(high, t->channels - r);
        const float *panel = packed ? weight + r * area * w->units : w->panel;
        if (!packed)
            sg_conv_turn_weight(w->products, t->v, t->transposed, weight, r, rows, 0, w->units, w->panel);
        make_results(w, loops, panel, rows, bias ? bias + r : NULL, to + r * t->to[0] * t->to[1], to_sample);
    }
}

void sg_conv_turned_run(const sg_task *task, const sg_gemm_turned *products, const sg_conv *v, int64_t most,
                        bool transposed, const float *from, const float *weight, bool packed,
                        const float *bias, float *to) {
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
        w.maps = apart(&t) ? end - first : 1;
        if (w.samples != (end - first) / w.maps) {
            set_samples(&w, (end - first) / w.maps);
            make_spans(&w);
        }
        for (int64_t g = 0; g < v->groups; g++)
            run_group(&w, task->loops, from + first * in_sample + g * t.inner * in_channel, in_sample,
                      weight + g * v->out * v->taps, packed, bias ? bias + g * t.channels : NULL,
                      to + first * out_sample + g * t.channels * out_channel, out_sample);
    }
}
