/* Body for each kind of operand, behind gemm_body.h: operands turned so that a product reads them where they
 * stand (sg_gemm_turned). */

static void FN(turn)(int64_t lines, int64_t distance, int64_t partner, int64_t count, const float *from,
                     const int64_t *place, float *to) {
    for (int64_t e = 0; e < count; e += LANES, from += LANES, place += LANES) {
        const int64_t left = lesser(LANES, count - e), paired = partner ? left : 0;
        const float *line = from;
        /* What will stand side by side is written at once. */
        for (int64_t first = 0; first < lines; first += LANES) {
            const int64_t high = lesser(LANES, lines - first);
            vec r[LANES];
            /* Line by line: sixteen addresses at once are more than there are registers. */
            _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) {
                r[i] = FN(join)(load_some(line, left),
                                FN(UNIT) == 2 ? load_some(line + partner, paired) : (vec){0});
                line += first + i + 1 < lines ? distance : 0;
                __asm__("" : "+r"(line));
            }
            transpose(r);
            _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) if (i < left)
                store_some(to + place[i] + first, r[i], high);
        }
    }
}

static void FN(join_rows)(int64_t rows, int64_t count, int64_t partner, const float *from, int64_t from_row,
                          float *to, int64_t to_row) {
    for (int64_t r = 0; r < rows; r++, from += from_row, to += to_row)
        for (int64_t e = 0; e < count; e += LANES) {
            const int64_t left = lesser(LANES, count - e), paired = partner ? left : 0;
            const vec other = FN(UNIT) == 2 ? load_some(from + e + partner, paired) : (vec){0};
            store_some(to + e, FN(join)(load_some(from + e, left), other), left);
        }
}

static void FN(multiply_turned)(const sg_gemm_stretches *g) {
    FN(tile)
    t = {.stretch = g->stretch,
         .stretches = g->stretches,
         .a = g->a,
         .a_step = g->rows,
         .step = g->step,
         .alpha = 1,
         .beta = g->beta,
         .row_bias = g->row_bias,
         .ldc = g->ldc};
    const bool paired = g->next != 0;
    t.next = paired ? g->next : LANES, t.c_next = paired ? g->c_next : LANES;
    for (int64_t j = 0; j < g->columns; j += paired ? LANES : WIDTH) {
        t.b = g->b + j, t.c = g->c + j;
        FN(tiles)[g->rows - 1][paired || g->columns - j > LANES](&t);
    }
}
