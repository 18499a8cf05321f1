/* conv2d and its transpose over turned maps. */
#include "ops/conv_turned.h"
#include "ops/conv_turned_map.h"

#include <string.h>

#include "kernel/loops.h"

/* The scratch for a turned map and some channels of results, which are to stay in the second cache; more
 * samples than that many gain nothing. */
enum { TURNED_BYTES = 1 << 19, MOST_SAMPLES = 32 };

/* The larger maps are, the fewer samples a task has. Maps of FEW_PIXELS come by four samples or more out of
 * MANY_SAMPLES, else by about a quarter of the batch: with fewer, lanes stay empty. */
enum { FEW_PIXELS = 64, MANY_SAMPLES = 16 };
/* The gradient of a weight is for maps of MOST_PIXELS, which come by two samples out of FEW_SAMPLES. */
enum { MOST_PIXELS = 256, FEW_SAMPLES = 8 };
/* Maps of more pixels go by panels. */
enum { MOST_MAP = 1 << 19 };
/* A strip's first rows and last ones are seen by its neighbours as well: with fewer than these, or than half
 * of what a row sees, most is copied several times. */
enum { LEAST_ROWS = 4 };
/* Where the rows of results find what they see is noted for all of them. */
enum { MOST_ROWS = 4096 };

/* Rows that fill vectors by themselves, or nearly so, stay as they are, each sample with a map of its own:
 * not turned, but for their remainders. */
static bool apart(const turned *t) {
    const int64_t columns = columns_of(t, 0), lanes = rounded_up(columns);
    return t->phases <= 2 && t->out_phases <= 2 && t->to[1] == columns * t->out_phases &&
           lanes - columns <= lanes / 5 && t->from[0] * t->from[1] <= SG_GEMM_HIGH * t->to[0] * t->to[1];
}

/* Rows of one vector, or three: where there are two maps those of both at once, so that a tile is as wide as
 * it can be. */
static bool in_pairs(const turned *t) {
    const int64_t lanes = rounded_up(columns_of(t, 0));
    return lanes % (2 * SG_GEMM_LANES) && lanes < 4 * SG_GEMM_LANES;
}

/* Do products write such rows where they belong? */
static bool direct(const turned *t) {
    return t->out_phases == 1 && t->to[1] % SG_GEMM_LANES == 0;
}

/* ---- strips ----
 *
 * Of maps apart so many rows of results are made at once that what they see stays in the second cache. */

/* Rows that `rows` rows of results see, at most. */
static int64_t rows_seen(const turned *t, int64_t rows) {
    const int64_t stride = t->v->stride[0], reach = (t->v->kernel[0] - 1) * t->v->dilation[0];
    if (rows == t->to[0]) return t->from[0];
    return lesser(t->transposed ? (rows + reach) / stride + 1 : (rows - 1) * stride + reach + 1, t->from[0]);
}

/* Rows of results of a strip, all strips being as even as can be; 0: that would be too few. */
static int64_t strip_of(const turned *t) {
    const int64_t rows = t->to[0], seen = rows_seen(t, 1),
                  stride = t->transposed ? 1 : lesser(t->v->stride[0], t->from[0]);
    int64_t map, result, row, fixed, most = TURNED_BYTES / (int64_t)sizeof(float);
    if (!apart(t)) return rows;
    if (rows > MOST_ROWS || !sg_int_mul(t->inner, t->phases * t->width, &map) || map > most) return 0;
    result = SG_GEMM_HIGH * t->out_phases * rounded_up(columns_of(t, 0));
    if (rows_seen(t, rows) * map + rows * result <= most) return rows;
    row = stride * map + result, fixed = seen * map;
    const int64_t least = lesser(greater(LEAST_ROWS, seen / (2 * stride)), rows);
    if (fixed + least * row > most) return 0;
    const int64_t strips = (rows - 1) / ((most - fixed) / row) + 1;
    return (rows - 1) / strips + 1;
}

/* ---- scratch ---- */

/* Neighbouring columns of a row of results, of one remainder: their lanes, and where these begin. Stretches
 * begin in row `from` of what is read. */
typedef struct span {
    int64_t lanes, at, from;
    int64_t stretch, stretches;
} span;

typedef struct parts {
    int64_t panel, map, result;                        /* floats */
    int64_t in_places, out_places, columns, stretches; /* offsets */
    int64_t spans;
} parts;

/* For `samples` at once; false where that is too much to count. */
static bool parts_of(const turned *t, int64_t samples, parts *p, size_t *bytes) {
    const int64_t area = t->v->kernel[0] * t->v->kernel[1], strip = strip_of(t), columns = columns_of(t, 0);
    const bool whole = apart(t); /* rows are one span of each remainder; results are of up to two samples */
    const int64_t row_spans = t->out_phases * (whole ? 1 : lesser(columns, 2 * t->v->kernel[1] + 1));
    const int64_t lanes = whole ? lesser(samples, 2) * row_spans * rounded_up(columns)
                                : t->to[1] * samples + row_spans * SG_GEMM_LANES;
    int64_t floats = 0, offsets = 0;
    *p = (parts){.in_places = whole ? 0 : t->from[0] * t->from[1],
                 .out_places = whole ? 0 : t->to[0] * t->to[1],
                 .columns = t->to[1] * (t->v->kernel[1] + 1)};
    bool fits = sg_int_mul(area * SG_GEMM_HIGH, t->inner, &p->panel) &&
                sg_int_mul(rows_seen(t, strip) * t->inner, t->phases * t->width * samples, &p->map) &&
                sg_int_mul(t->to[0] * row_spans, area, &p->stretches) &&
                sg_int_mul(strip * SG_GEMM_HIGH, lanes, &p->result);
    if (!fits) return false;
    p->result = greater(p->result, rows_seen(t, strip) * t->from[1]); /* deal_map rounds there */
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
           v->out > 0 && v->height * v->width > 0 && v->height * v->width <= MOST_MAP && area > 1 &&
           area <= SG_CONV_MOST_TAPS;
}

int64_t sg_conv_turned_samples(const sg_conv *v, sg_type type, int64_t batch, bool transposed) {
    if (!possible(v, type, batch)) return 0;
    const turned t = turned_of(v, transposed);
    const int64_t samples = samples_of(&t, batch);
    if (apart(&t)) return strip_of(&t) ? greater(samples, 1) : 0;
    if (v->pixels > FEW_PIXELS) return 0;
    if (batch < MANY_SAMPLES && (batch + 3) / 4 * columns_of(&t, 0) < SG_GEMM_LANES / 2) return 0;
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
    int64_t samples, maps;                /* side by side in a map, and how many maps */
    int64_t units, channel, row;          /* units of the channels read; elements of a channel and of a row */
    int64_t strip, map_size;              /* rows of results at once; from a map to the next */
    int64_t first, rows, from, from_rows; /* of them now, and of what they see */
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

/* The rows from .. end - 1 of what is read that a row of results sees; none: both are 0. */
static void rows_of(const turned *t, int64_t row, int64_t *from, int64_t *end) {
    int64_t at;
    *from = *end = 0;
    for (int64_t i = 0; i < t->v->kernel[0]; i++) {
        if (!inside(t, 0, row, i, &at)) continue;
        *from = *end ? lesser(*from, at) : at;
        *end = greater(*end, at + 1);
    }
}

/* For a row's span: taps, and where the map has what the first column sees, behind row `from` of it. */
static int64_t add_stretches(const work *w, int64_t row, int64_t from, const int64_t *column, int64_t seen,
                             sg_gemm_stretch *to) {
    const turned *t = &w->t;
    const int64_t taps = t->v->kernel[1];
    int64_t count = 0, at;
    for (int64_t i = 0; i < t->v->kernel[0]; i++) {
        if (!inside(t, 0, row, i, &at)) continue;
        for (int64_t j = 0; j < taps; j++)
            if ((uint64_t)seen >> j & 1)
                to[count++] =
                    (sg_gemm_stretch){(i * taps + j) * w->units, (at - from) * w->row + column[j], w->units};
    }
    return count;
}

/* Where whole vectors are of one column, columns that see the same taps; else whole rows, which see zeros. */
static void make_spans(work *w) {
    const turned *t = &w->t;
    const bool single = w->samples % w->products->lanes == 0;
    const int64_t taps = t->v->kernel[1];
    int64_t stretches = 0, at = 0, from, row_end;
    w->spans = 0;
    find_columns(w);
    for (int64_t row = 0; row < t->to[0]; row++) {
        rows_of(t, row, &from, &row_end);
        for (int64_t phase = 0; phase < t->out_phases; phase++)
            for (int64_t first = 0, end, columns = columns_of(t, phase); first < columns; first = end) {
                const int64_t *column = w->column + (phase + first * t->out_phases) * (taps + 1);
                int64_t seen = column[taps];
                for (end = first + 1; end < columns; end++) {
                    const int64_t next = w->column[(phase + end * t->out_phases) * (taps + 1) + taps];
                    if (single && next != seen) break;
                    seen |= next;
                }
                const int64_t count = add_stretches(w, row, from, column, seen, w->stretch + stretches);
                w->span[w->spans++] = (span){(end - first) * w->samples, at, from, stretches, count};
                stretches += count;
                for (int64_t q = first; q < end && !apart(t); q++)
                    w->out_place[row * t->to[1] + phase + q * t->out_phases] = at + (q - first) * w->samples;
                at += rounded_up((end - first) * w->samples);
            }
    }
    w->lanes = w->strip == t->to[0] ? at : at / t->to[0] * w->strip;
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
    w.strip = strip_of(t);
    return w;
}

/* Side by side in each of `maps` maps. */
static void set_samples(work *w, int64_t samples, int64_t maps) {
    const turned *t = &w->t;
    w->samples = samples;
    w->channel = t->width * samples;
    w->row = t->phases * w->units * w->channel;
    w->map_size = rows_seen(t, w->strip) * w->row;
    /* What fills rows stays 0: the columns of a map stand in the same places each time. */
    if (samples % w->products->lanes) memset(w->map, 0, sizeof(float) * (size_t)(maps * w->map_size));
    if (apart(t)) return;
    for (int64_t c = 0; c < t->from[1]; c++) {
        const int64_t column = column_of(w, c);
        for (int64_t r = 0; r < t->from[0]; r++) w->in_place[r * t->from[1] + c] = r * w->row + column;
    }
}

/* From row w->first of results on. */
static void set_strip(work *w, int64_t first) {
    const turned *t = &w->t;
    int64_t from, end, row_end;
    w->first = first, w->rows = lesser(w->strip, t->to[0] - first);
    w->from = 0, w->from_rows = t->from[0];
    if (w->strip == t->to[0]) return;
    rows_of(t, first, &w->from, &end);
    for (int64_t row = first + 1; row < first + w->rows; row++) {
        rows_of(t, row, &from, &row_end);
        if (row_end) w->from = end ? lesser(w->from, from) : from, end = greater(end, row_end);
    }
    w->from_rows = end - w->from;
}

/* One sample, its rows as they are or dealt out to two. */
static void deal_map(const work *w, const sg_loops *loops, const float *from, float *map) {
    const turned *t = &w->t;
    const int64_t rows = w->from_rows, columns = t->from[1], pixels = t->from[0] * columns,
                  unit = w->products->unit;
    const bool rounds = w->products->rounds;
    from += w->from * columns;
    for (int64_t u = 0; u < w->units; u++, from += unit * pixels) {
        const int64_t partner = (u + 1) * unit <= t->inner ? pixels : 0;
        float *to = map + u * w->channel;
        if (t->phases == 1) {
            w->products->join(rows, columns, partner, from, columns, to + column_of(w, 0), w->row);
            continue;
        }
        const sg_lined_rows at = {1, rows, 0, columns}, at_map = {1, rows, 0, w->row};
        if (rounds) w->products->join(1, rows * columns, partner, from, 0, w->result, 0);
        loops->split_f32(columns, rounds ? w->result : from, &at, to + column_of(w, 0), to + column_of(w, 1),
                         &at_map);
    }
}

static void make_maps(const work *w, const sg_loops *loops, const float *from, int64_t sample) {
    const turned *t = &w->t;
    const int64_t pixels = t->from[0] * t->from[1], unit = w->products->unit;
    if (apart(t)) {
        for (int64_t s = 0; s < w->maps; s++) deal_map(w, loops, from + s * sample, w->map + s * w->map_size);
        return;
    }
    for (int64_t u = 0; u < w->units; u++, from += unit * pixels) {
        const int64_t partner = (u + 1) * unit <= t->inner ? pixels : 0;
        w->products->turn(w->samples, sample, partner, pixels, from, w->in_place, w->map + u * w->channel);
    }
}

/* Channels of results; `c` is where the strip's begin, `distance` apart. With c_next those of the next map,
 * too. */
static void multiply(const work *w, const float *panel, const float *map, int64_t rows, const float *bias,
                     float *c, int64_t distance, int64_t c_next) {
    const int64_t row_spans = w->spans / w->t.to[0]; /* where there are several strips */
    const bool whole = w->strip == w->t.to[0];
    const span *begin = whole ? w->span : w->span + w->first * row_spans,
               *end = whole ? w->span + w->spans : begin + w->rows * row_spans;
    for (const span *s = begin; s < end; s++) {
        const sg_gemm_stretches product = {.rows = rows,
                                           .columns = s->lanes,
                                           .stretch = w->stretch + s->stretch,
                                           .stretches = s->stretches,
                                           .a = panel,
                                           .b = map + (s->stretches ? s->from - w->from : 0) * w->row,
                                           .step = w->channel,
                                           .next = c_next ? w->map_size : 0,
                                           .c = c + s->at - begin->at,
                                           .c_next = c_next,
                                           .ldc = distance,
                                           .row_bias = bias};
        w->products->multiply(&product);
    }
}

/* Rows without what fills their last vector. */
static void copy_rows(const work *w, int64_t rows, const float *result, float *to) {
    const int64_t columns = w->t.to[1], lanes = rounded_up(columns), pixels = w->t.to[0] * columns;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t r = 0; r < w->rows; r++)
            memcpy(to + i * pixels + r * columns, result + i * w->lanes + r * lanes,
                   sizeof(float) * (size_t)columns);
}

/* For each map: the results are where they belong, or but to be woven, or to be turned back. */
static void make_results(const work *w, const sg_loops *loops, const float *panel, int64_t rows,
                         const float *bias, float *to, int64_t sample) {
    const turned *t = &w->t;
    const int64_t pixels = t->to[0] * t->to[1], most = w->products->lanes,
                  lanes = rounded_up(columns_of(t, 0));
    if (!apart(t)) {
        multiply(w, panel, w->map, rows, bias, w->result, w->lanes, 0);
        for (int64_t i = 0; i < rows; i++)
            for (int64_t s = 0; s < w->samples; s += most)
                w->products->back(lesser(most, w->samples - s), sample, pixels, w->result + i * w->lanes + s,
                                  w->out_place, to + i * pixels + s * sample);
        return;
    }
    const sg_lined_rows at = {rows, w->rows, w->lanes, 2 * lanes}, at_to = {rows, w->rows, pixels, t->to[1]};
    const int64_t together = in_pairs(t) ? 2 : 1;
    to += w->first * t->to[1];
    for (int64_t s = 0, count; s < w->maps; s += count, to += count * sample) {
        const int64_t distance = direct(t) ? pixels : w->lanes, c_next = direct(t) ? sample : rows * w->lanes;
        count = lesser(together, w->maps - s);
        multiply(w, panel, w->map + s * w->map_size, rows, bias, direct(t) ? to : w->result, distance,
                 count == 2 ? c_next : 0);
        for (int64_t i = 0; i < count && !direct(t); i++) {
            const float *result = w->result + i * c_next;
            if (t->out_phases == 1)
                copy_rows(w, rows, result, to + i * sample);
            else
                loops->weave_f32(t->to[1], result, &at, result + lanes, &at, to + i * sample, &at_to);
        }
    }
}

static void run_group(work *w, const sg_loops *loops, const float *from, int64_t from_sample,
                      const float *weight, bool packed, const float *bias, float *to, int64_t to_sample) {
    const turned *t = &w->t;
    const int64_t high = sg_conv_panel_rows(w->products, t->channels),
                  area = t->v->kernel[0] * t->v->kernel[1];
    for (int64_t first = 0; first < t->to[0]; first += w->strip) {
        set_strip(w, first);
        make_maps(w, loops, from, from_sample);
        for (int64_t r = 0; r < t->channels; r += high) {
            const int64_t rows = lesser(high, t->channels - r);
            const float *panel = packed ? weight + r * area * w->units : w->panel;
            if (!packed)
                sg_conv_turn_weight(w->products, t->v, t->transposed, weight, r, rows, 0, w->units, w->panel);
            make_results(w, loops, panel, rows, bias ? bias + r : NULL, to + r * t->to[0] * t->to[1],
                         to_sample);
        }
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
            set_samples(&w, (end - first) / w.maps, apart(&t) ? (v->batch - 1) / pieces + 1 : 1);
            make_spans(&w);
        }
        for (int64_t g = 0; g < v->groups; g++)
            run_group(&w, task->loops, from + first * in_sample + g * t.inner * in_channel, in_sample,
                      weight + g * v->out * v->taps, packed, bias ? bias + g * t.channels : NULL,
                      to + first * out_sample + g * t.channels * out_channel, out_sample);
    }
}
