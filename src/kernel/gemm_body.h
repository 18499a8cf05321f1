/* Body for each kind of operand; SHARED stands before what others call. A unit is what one lane holds: UNIT
 * elements that follow each other along k.
 */

enum { FN(STEP) = FN(UNIT) * LANES };

ALIKE vec FN(run)(const float *from) {
    return FN(runs)(load(from), FN(UNIT) == 2 ? load(from + LANES) : (vec){0});
}

/* Of the first `count` numbers; then zeros. */
ALIKE vec FN(run_some)(const float *from, int64_t count) {
    vec x = load_some(from, lesser(count, LANES)), y = {0};
    if (FN(UNIT) == 2 && count > LANES) y = load_some(from + LANES, count - LANES);
    return FN(runs)(x, y);
}

ALIKE int64_t FN(units)(int64_t depth) {
    return (depth + FN(UNIT) - 1) / FN(UNIT);
}

/* ---- packing ----
 *
 * A panel holds `count` columns of op(B), or rows of op(A), unit by unit: to[u * width + i]. Sources lie
 * `along` the panel (their neighbours are neighbours in it) or `across` (their neighbours follow each other
 * along k). */

/* Units but the last are stored as whole vectors; those that follow overwrite what is behind their own
 * numbers. Behind the panel that leaves something only where it is narrower than half a vector (gemm.c says
 * of which panels that is true): the unit before the last then reaches so far. */
ALIKE void FN(pack_along)(int64_t depth, int64_t count, const float *from, int64_t distance, int64_t width,
                          float *to) {
    /* A whole vector may be read where the row that follows it makes sure that it exists. */
    const bool wide = count >= LANES || distance + count >= LANES;
    for (int64_t p = 0; p < depth; p += FN(UNIT), from += FN(UNIT) * distance, to += width) {
        const bool last = p + FN(UNIT) >= depth, paired = FN(UNIT) == 2 && p + 1 < depth;
        for (int64_t at = 0; at < count; at += LANES) {
            int64_t left = count - at;
            /* The rows lie too far apart for the CPU to see what comes next. */
            __builtin_prefetch(from + AHEAD * distance + at);
            if (FN(UNIT) == 2) __builtin_prefetch(from + (AHEAD + 1) * distance + at);
            bool whole = left >= LANES || (wide && !last);
            vec x = whole ? load(from + at) : load_some(from + at, left), y = {0};
            if (paired) y = whole ? load(from + distance + at) : load_some(from + distance + at, left);
            if (left >= LANES || !last)
                store(to + at, FN(join)(x, y));
            else
                store_some(to + at, FN(join)(x, y), left);
        }
    }
}

/* At most LANES columns. Writes whole vectors: up to LANES - 1 lanes behind the panel. */
ALIKE void FN(pack_across)(int64_t depth, int64_t count, const float *from, int64_t distance, int64_t width,
                           float *to) {
    for (int64_t p = 0; p < depth; p += FN(STEP), to += LANES * width) {
        const int64_t left = depth - p;
        vec r[LANES];
        if (left >= FN(STEP)) {
            _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) r[i] =
                FN(run)(from + (i < count ? i : count - 1) * distance + p);
        } else
            for (int i = 0; i < LANES; i++)
                r[i] = FN(run_some)(from + (i < count ? i : count - 1) * distance + p, left);
        transpose(r);
        if (left >= FN(STEP)) {
            _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) store(to + i * width, r[i]);
        } else
            for (int i = 0; i < (int)FN(units)(left); i++) store(to + i * width, r[i]);
    }
}

/* ---- packing lines ---- */

ALIKE void FN(pack_lines_along)(int64_t depth, int64_t count, const sg_gemm_lines *from, int64_t p, int64_t i,
                                int64_t width, float *to) {
    pieces made[2];
    const int vectors = count > LANES ? 2 : 1;
    for (int v = 0; v < vectors; v++) find_pieces(made + v, from, i + v * LANES, count - v * LANES);
    for (const int64_t end = p + depth; p < end; p += FN(UNIT), to += width) {
        const float *x = line_of(from, p), *y = FN(UNIT) == 2 && p + 1 < end ? line_of(from, p + 1) : NULL;
        for (int v = 0; v < vectors; v++)
            store(to + v * LANES,
                  FN(join)(load_pieces(x, made + v), y ? load_pieces(y, made + v) : (vec){0}));
    }
}

/* `steps` has the pieces of each LANES along k. */
ALIKE void FN(pack_lines_across)(int64_t depth, int64_t count, const sg_gemm_lines *from, const pieces *steps,
                                 int64_t i, int64_t width, float *to) {
    for (int64_t p = 0; p < depth; p += FN(STEP), steps += FN(UNIT), to += LANES * width) {
        vec r[LANES];
        const bool more = FN(UNIT) == 2 && p + LANES < depth;
        for (int j = 0; j < LANES; j++) {
            const float *line = line_of(from, i + (j < count ? j : count - 1));
            r[j] = FN(runs)(load_pieces(line, steps), more ? load_pieces(line, steps + 1) : (vec){0});
        }
        transpose(r);
        const int units = (int)lesser(LANES, FN(units)(depth - p));
        if (units == LANES) {
            _Pragma("GCC unroll 16") for (int j = 0; j < LANES; j++) store(to + j * width, r[j]);
        } else
            for (int j = 0; j < units; j++) store(to + j * width, r[j]);
    }
}

/* Elements p .. p + depth - 1 along k of rows or columns i .. i + count - 1. */
ALIKE void FN(pack)(int64_t depth, int64_t count, const sg_gemm_lines *from, const pieces *steps, int64_t p,
                    int64_t i, int64_t width, float *to) {
    if (from->line || from->run) {
        if (!from->across)
            FN(pack_lines_along)(depth, count, from, p, i, width, to);
        else
            for (int64_t at = 0; at < count; at += LANES) FN(pack_lines_across)
        (depth, lesser(LANES, count - at), from, steps, i + at, width, to + at);
        return;
    }
    if (!from->across) {
        FN(pack_along)(depth, count, from->data + p * from->distance + i, from->distance, width, to);
        return;
    }
    for (int64_t at = 0; at < count; at += LANES) FN(pack_across)
    (depth, lesser(LANES, count - at), from->data + (i + at) * from->distance + p, from->distance, width,
     to + at);
}

/* Rows i .. i + rows - 1 of A as panels of `high`. What lies along them is read a few lines of memory at a
 * time, each from end to end: panel by panel, every line would be fetched again for each panel that has a
 * part of it. */
ALIKE void FN(pack_block)(int64_t depth, int64_t rows, int64_t high, const sg_gemm_lines *from,
                          const pieces *steps, int64_t p, int64_t i, float *to) {
    const bool lines = from->line || from->run;
    const int64_t units = FN(units)(depth), step = lines || from->across ? depth : 16;
    for (int64_t q = 0; q < depth; q += step)
        for (int64_t r = 0; r < rows; r += high) {
            const int64_t count = lesser(high, rows - r);
            FN(pack)
            (lesser(step, depth - q), count, from, steps, p + q, i + r, count,
             to + r * units + q / FN(UNIT) * count);
        }
}

/* ---- a tile of the result ---- */

typedef struct FN(tile) {
    const sg_gemm_stretch *stretch; /* of the sum, `stretches` of them */
    int64_t stretches;
    const float *a;                     /* rows that are neighbours, units a_step apart */
    const float *b;                     /* `vectors` * LANES columns, units `step` apart */
    int64_t a_step, step, next, c_next; /* next: from the first vector of a unit to the second */
    float alpha, beta;
    const float *bias, *row_bias;
    float *c;
    int64_t ldc, columns;
    const pieces *places; /* of the columns behind c; NULL: they follow each other, whole vectors */
} FN(tile);

/* Vector v of row i. */
ALIKE void FN(finish)(const FN(tile) * t, int i, int v, vec sum, const bool whole) {
    float *line = t->c + i * t->ldc, *to = line + v * t->c_next;
    vec x = splat(t->alpha) * sum;
    if (t->bias)
        x = x + (whole ? load(t->bias + v * LANES)
                       : load_some(t->bias + v * LANES, lesser(LANES, t->columns - v * LANES)));
    if (t->row_bias) x = x + splat(t->row_bias[i]);
    if (t->beta != 0) x = madd(splat(t->beta), whole ? load(to) : load_pieces(line, t->places + v), x);
    if (whole)
        store(to, x);
    else
        store_pieces(line, t->places + v, x);
}

/* In pieces: once for all kinds of tiles, whose code would be three times as long with it. */
static __attribute__((noinline)) void FN(finish_pieces)(const FN(tile) * t, int rows, int vectors,
                                                        vec sum[ROWS][2]) {
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++) FN(finish)(t, i, v, sum[i][v], false);
}

ALIKE void FN(run_tile)(const FN(tile) * t, const int rows, const int vectors) {
    vec sum[ROWS][2];
    _Pragma("GCC unroll 14") for (int i = 0; i < rows; i++) {
        _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++) sum[i][v] = (vec){0};
        __builtin_prefetch(t->c + i * t->ldc, 1);
        if (vectors == 2) __builtin_prefetch(t->c + i * t->ldc + t->c_next, 1);
    }
    const sg_gemm_stretch *s = t->stretch, *const end = s + t->stretches;
    for (const int64_t a_step = t->a_step, step = t->step, next = t->next; s < end; s++) {
        const float *a = t->a + s->a * a_step, *b = t->b + s->b;
        for (int64_t u = s->units; u > 0; u--, a += a_step, b += step) {
            vec x[2];
            _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++) x[v] = load(b + v * next);
            _Pragma("GCC unroll 14") for (int i = 0; i < rows; i++) {
                _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++) sum[i][v] =
                    FN(dot)(splat(a[i]), x[v], sum[i][v]);
            }
        }
    }
    const FN(tile) own = *t; /* which no store can change */
    vec kept[ROWS][2];
    _Pragma("GCC unroll 14") for (int i = 0; i < rows; i++) {
        _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++) {
            if (own.places)
                kept[i][v] = sum[i][v];
            else
                FN(finish)(&own, i, v, sum[i][v], true);
        }
    }
    if (own.places) FN(finish_pieces)(t, rows, vectors, kept);
}

#define TILE(n)                                        \
    static void FN(tile_##n##_1)(const FN(tile) * t) { \
        FN(run_tile)(t, n, 1);                         \
    }                                                  \
    static void FN(tile_##n##_2)(const FN(tile) * t) { \
        FN(run_tile)(t, n, 2);                         \
    }
#define ENTRY(n) {FN(tile_##n##_1), FN(tile_##n##_2)},
#if defined(__AVX512F__)
#define EACH(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#elif defined(__AVX2__)
#define EACH(X) X(1) X(2) X(3) X(4) X(5) X(6)
#else
#define EACH(X) X(1) X(2) X(3) X(4)
#endif
EACH(TILE)
static void (*const FN(tiles)[ROWS][2])(const FN(tile) *) = {EACH(ENTRY)};
#undef TILE
#undef ENTRY
#undef EACH

/* ---- the product ---- */

/* Does an operand of `depth` lines stand in memory as in a panel, near enough to stay in a cache, and do so
 * few rows or columns of the other read it that making the panel would not pay? */
ALIKE bool FN(stands)(const sg_gemm_lines *lines, int64_t depth, int64_t readers) {
    return FN(AS_IT_IS) && !lines->across && !lines->line && !lines->run && readers <= FEW_READERS &&
           depth * lines->distance <= NEAR;
}

#include "kernel/gemm_across.h"

static void FN(multiply_any)(const sg_gemm_lined *g, float alpha, void *space) {
    const bool made = g->packing == SG_GEMM_PACKED, only = g->packing == SG_GEMM_PACK_ONLY;
    const int64_t depth_step = even_piece(g->k, SG_GEMM_DEPTH);
    const bool a_stands = FN(stands)(&g->a, depth_step, g->n),
               b_stands = !made && !only && FN(stands)(&g->b, depth_step, g->m);
    /* As many rows as the space has room for: the fewer blocks, the less often B is packed. */
    const int64_t most_units = FN(units)(depth_step),
                  row_step = even_piece(g->m, SG_GEMM_ROWS * SG_GEMM_DEPTH / most_units);
    const sg_gemm_lines out = {.run = g->c_run, .at = g->c_at};
    float *panel = space, *block = panel + (SG_GEMM_DEPTH + 2) * WIDTH;
    pieces a_steps[STEPS], b_steps[STEPS], places[2];
    for (int64_t p = 0; p < g->k; p += depth_step) {
        const int64_t depth = lesser(depth_step, g->k - p), units = FN(units)(depth);
        const sg_gemm_stretch whole = {.units = units};
        FN(tile) t = {.stretch = &whole, .stretches = 1, .b = panel, .alpha = alpha, .ldc = g->ldc};
        t.next = t.c_next = LANES;
        t.beta = p ? 1 : g->beta;
        find_steps(a_steps, &g->a, p, depth);
        find_steps(b_steps, &g->b, p, depth);
        for (int64_t i = 0; i < g->m; i += row_step) {
            const int64_t rows = lesser(row_step, g->m - i), high = even_piece(rows, ROWS);
            if (!only && !a_stands) FN(pack_block)(depth, rows, high, &g->a, a_steps, p, i, block);
            for (int64_t j = 0; j < g->n; j += WIDTH) {
                t.columns = lesser(WIDTH, g->n - j);
                const int vectors = t.columns > LANES ? 2 : 1;
                t.step = vectors * LANES;
                /* Where a packed operand has this panel. */
                const int64_t at = j * g->k + p / depth_step * most_units * t.step;
                if (b_stands && t.columns == t.step) {
                    t.b = g->b.data + p * g->b.distance + j;
                    t.step = g->b.distance;
                } else if (made) {
                    t.b = g->b.data + at;
                } else {
                    float *to = only ? g->c + at : panel;
                    FN(pack)(depth, t.columns, &g->b, b_steps, p, j, t.step, to);
                    t.b = to;
                }
                if (only) continue;
                const int64_t direct = find_places(places, vectors, &out, j, t.columns);
                t.places = direct >= 0 ? NULL : places;
                t.bias = g->bias && !p ? g->bias + j : NULL;
                for (int64_t r = 0; r < rows; r += high) {
                    const int64_t count = lesser(high, rows - r);
                    t.a = a_stands ? g->a.data + p * g->a.distance + i + r : block + r * units;
                    t.a_step = a_stands ? g->a.distance : count;
                    t.c = g->c + (i + r) * g->ldc + (direct >= 0 ? direct : 0);
                    t.row_bias = g->row_bias && !p ? g->row_bias + i + r : NULL;
                    FN(tiles)[count - 1][vectors - 1](&t);
                }
            }
        }
    }
}

SHARED void FN(multiply)(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                         int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc,
                         const float *bias, void *space) {
    const sg_gemm_lined g = {.m = m,
                             .n = n,
                             .k = k,
                             .a = {.data = a, .across = !ta, .distance = lda},
                             .b = {.data = b, .across = tb, .distance = ldb},
                             .beta = beta,
                             .c = c,
                             .ldc = ldc,
                             .bias = bias};
    FN(multiply_any)(&g, alpha, space);
}

SHARED void FN(multiply_lined)(const sg_gemm_lined *product, void *space) {
    if (FN(lies_across)(product))
        FN(multiply_across)(product);
    else
        FN(multiply_any)(product, 1, space);
}

#include "kernel/gemm_turned.h"
