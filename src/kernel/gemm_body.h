/* Body for each kind of operand. A unit is what one lane holds: UNIT elements that follow each other along k.
 */

enum { FN(STEP) = FN(UNIT) * LANES };

ALIKE int64_t FN(units)(int64_t depth) {
    return (depth + FN(UNIT) - 1) / FN(UNIT);
}

/* ---- packing ----
 *
 * A panel holds `count` columns of op(B), or rows of op(A), unit by unit: to[u * width + i]. Sources lie
 * `along` the panel (their neighbours are neighbours in it) or `across` (their neighbours follow each other
 * along k). */

/* Writes nothing behind the panel. */
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

ALIKE void FN(pack)(bool across, int64_t depth, int64_t count, const float *from, int64_t distance,
                    int64_t width, float *to) {
    if (!across) {
        FN(pack_along)(depth, count, from, distance, width, to);
        return;
    }
    for (int64_t at = 0; at < count; at += LANES)
        FN(pack_across)(depth, lesser(LANES, count - at), from + at * distance, distance, width, to + at);
}

/* `rows` rows of op(A) as panels of `high`. What lies along them is read a few lines of memory at a time,
 * each from end to end: panel by panel, every line would be fetched again for each panel that has a part of
 * it. */
ALIKE void FN(pack_block)(bool along, int64_t depth, int64_t rows, int64_t high, const float *from,
                          int64_t distance, float *to) {
    const int64_t step = along ? 16 : depth, units = FN(units)(depth);
    for (int64_t p = 0; p < depth; p += step)
        for (int64_t r = 0; r < rows; r += high) {
            const int64_t count = lesser(high, rows - r);
            float *panel = to + r * units + p / FN(UNIT) * count;
            if (along) FN(pack_along)
            (lesser(step, depth - p), count, from + p * distance + r, distance, count, panel);
            else FN(pack_across)(depth, count, from + r * distance, distance, count, panel);
        }
}

/* ---- a tile of the result ---- */

typedef struct FN(tile) {
    int64_t units;
    const float *a, *b; /* panels of `rows` and of `vectors` * LANES */
    float alpha, beta;
    const float *bias;
    float *c;
    int64_t ldc, columns;
} FN(tile);

/* `last` columns of the last vector are the result's. */
ALIKE void FN(finish)(const FN(tile) * t, const int rows, const int vectors, vec sum[ROWS][2],
                      const int64_t last) {
    const vec alpha = splat(t->alpha), beta = splat(t->beta);
    _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++) {
        const bool whole = last == LANES || v + 1 < vectors;
        vec bias = {0};
        if (t->bias) bias = whole ? load(t->bias + v * LANES) : load_some(t->bias + v * LANES, last);
        _Pragma("GCC unroll 14") for (int i = 0; i < rows; i++) {
            float *to = t->c + i * t->ldc + v * LANES;
            vec x = alpha * sum[i][v];
            if (t->bias) x = x + bias;
            if (t->beta != 0) x = madd(beta, whole ? load(to) : load_some(to, last), x);
            if (whole)
                store(to, x);
            else
                store_some(to, x, last);
        }
    }
}

ALIKE void FN(run_tile)(const FN(tile) * t, const int rows, const int vectors) {
    vec sum[ROWS][2];
    _Pragma("GCC unroll 14") for (int i = 0; i < rows; i++) {
        _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++) sum[i][v] = (vec){0};
        __builtin_prefetch(t->c + i * t->ldc, 1);
    }
    const float *a = t->a, *b = t->b;
    for (int64_t u = t->units; u > 0; u--, a += rows, b += vectors * LANES) {
        vec x[2];
        _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++) x[v] = *(const vec *)(b + v * LANES);
        _Pragma("GCC unroll 14") for (int i = 0; i < rows; i++) {
            _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++) sum[i][v] =
                FN(madd)(a[i], x[v], sum[i][v]);
        }
    }
    const int64_t last = t->columns - (vectors - 1) * LANES;
    if (last == LANES)
        FN(finish)(t, rows, vectors, sum, LANES);
    else
        FN(finish)(t, rows, vectors, sum, last);
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

static void FN(multiply)(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                         int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc,
                         const float *bias, void *space) {
    const int64_t depth_step = even_piece(k, SG_GEMM_DEPTH), row_step = even_piece(m, SG_GEMM_ROWS);
    float *panel = space, *block = panel + (SG_GEMM_DEPTH + 2) * WIDTH;
    for (int64_t p = 0; p < k; p += depth_step) {
        const int64_t depth = lesser(depth_step, k - p), units = FN(units)(depth);
        FN(tile) t = {.units = units, .b = panel, .alpha = alpha, .beta = p ? 1 : beta, .ldc = ldc};
        for (int64_t i = 0; i < m; i += row_step) {
            const int64_t rows = lesser(row_step, m - i), high = even_piece(rows, ROWS);
            FN(pack_block)(ta, depth, rows, high, ta ? a + p * lda + i : a + i * lda + p, lda, block);
            for (int64_t j = 0; j < n; j += WIDTH) {
                t.columns = lesser(WIDTH, n - j);
                const int vectors = t.columns > LANES ? 2 : 1;
                FN(pack)
                (tb, depth, t.columns, tb ? b + j * ldb + p : b + p * ldb + j, ldb, vectors * LANES, panel);
                t.bias = bias && !p ? bias + j : NULL;
                for (int64_t r = 0; r < rows; r += high) {
                    t.a = block + r * units;
                    t.c = c + (i + r) * ldc + j;
                    FN(tiles)[lesser(high, rows - r) - 1][vectors - 1](&t);
                }
            }
        }
    }
}
