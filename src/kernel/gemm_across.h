/* Body for each kind of operand, of gemm_body.h: products whose operands both lie along k, in runs of whole
 * vectors, as for the gradient of a convolution's weight. Nothing is packed. The lanes of a tile's sums are
 * elements of k, and are added up at the end.
 *
 * Each tile reads its rows and columns from where they stand, which pays while there are few columns. Adding
 * up the lanes of an element of the result takes about LANES times as long as packing an element of an
 * operand: there must be that many more of these. */

enum { FN(DOWN) = ROWS > 6 ? 8 : 4, FN(BESIDE) = 3 };

ALIKE bool FN(lies_across)(const sg_gemm_lined *g) {
    const int64_t run = g->b.run;
    return g->packing == SG_GEMM_PACK && g->a.across && g->b.across && g->a.run && run &&
           g->n <= FEW_COLUMNS && LANES * g->m * g->n <= g->k * (g->m + g->n) && run % FN(STEP) == 0 &&
           g->a.run % run == 0 && g->k % run == 0 && !g->bias && !g->row_bias && !g->c_run;
}

typedef struct FN(crossing) {
    const float *row[FN(DOWN)], *column[FN(BESIDE)];
    vec sum[FN(DOWN)][FN(BESIDE)];
} FN(crossing);

static __attribute__((noinline)) void FN(sum_across)(const sg_gemm_lined *g, FN(crossing) * t) {
    vec sum[FN(DOWN)][FN(BESIDE)] = {0};
    const int64_t run = g->b.run, *a_at = g->a.at, *b_at = g->b.at;
    for (int64_t p = 0, in_a = 0; p < g->k; p += run, in_a += run, b_at++) {
        if (in_a == g->a.run) a_at++, in_a = 0;
        for (int64_t q = 0, a = *a_at + in_a, b = *b_at; q < run;
             q += FN(STEP), a += FN(STEP), b += FN(STEP)) {
            vec x[FN(BESIDE)];
            _Pragma("GCC unroll 3") for (int c = 0; c < FN(BESIDE); c++) x[c] = FN(run)(t->column[c] + b);
            _Pragma("GCC unroll 8") for (int r = 0; r < FN(DOWN); r++) {
                const vec y = FN(run)(t->row[r] + a);
                _Pragma("GCC unroll 3") for (int c = 0; c < FN(BESIDE); c++) sum[r][c] =
                    FN(dot)(y, x[c], sum[r][c]);
            }
        }
    }
    _Pragma("GCC unroll 8") for (int r = 0; r < FN(DOWN); r++) {
        _Pragma("GCC unroll 3") for (int c = 0; c < FN(BESIDE); c++) t->sum[r][c] = sum[r][c];
    }
}

/* Up to DOWN rows and BESIDE columns from (i, j) on. */
static void FN(tile_across)(const sg_gemm_lined *g, int64_t i, int64_t j) {
    const int64_t rows = lesser(FN(DOWN), g->m - i), columns = lesser(FN(BESIDE), g->n - j);
    FN(crossing) t;
    /* What is too much is the last once more. */
    for (int r = 0; r < FN(DOWN); r++) t.row[r] = line_of(&g->a, i + lesser(r, rows - 1));
    for (int c = 0; c < FN(BESIDE); c++) t.column[c] = line_of(&g->b, j + lesser(c, columns - 1));
    FN(sum_across)(g, &t);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            float *to = g->c + (i + r) * g->ldc + j + c;
            const float x = total(t.sum[r][c]);
            *to = g->beta != 0 ? g->beta * *to + x : x;
        }
}

static void FN(multiply_across)(const sg_gemm_lined *g) {
    for (int64_t i = 0; i < g->m; i += FN(DOWN))
        for (int64_t j = 0; j < g->n; j += FN(BESIDE)) FN(tile_across)(g, i, j);
}
