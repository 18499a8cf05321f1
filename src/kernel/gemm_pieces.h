/* Vectors of elements of a line (sg_gemm_lines), put together from pieces that each lie in one run. For
 * gemm.c, whose `vec`, LANES and loads it uses. */

typedef struct pieces {
    int count;
    /* Lanes low .. high - 1 of the vector are elements at + low .. at + high - 1 behind the line's start. */
    struct piece {
        int16_t low, high;
        uint32_t mask; /* of those lanes */
        int64_t at;
    } piece[LANES];
} pieces;

/* Of a piece of k: two operands of bf16 in a lane need an even number. */
enum { STEPS = (SG_GEMM_DEPTH + LANES - 1) / LANES + 1 };

static void find_pieces(pieces *found, const sg_gemm_lines *lines, int64_t first, int64_t count) {
    const int64_t run = lines->run;
    int64_t which = run ? first / run : 0, within = first - which * run;
    found->count = 0;
    if (count > LANES) count = LANES;
    for (int64_t lane = 0; lane < count; which++, within = 0) {
        const int64_t left = run ? lesser(run - within, count - lane) : count;
        const int64_t at = (run ? lines->at[which] : 0) + within - lane;
        struct piece *last = found->piece + found->count - 1;
        if (found->count && last->at == at)
            last->high = (int16_t)(lane + left);
        else
            last = found->piece + found->count++,
            *last = (struct piece){.low = (int16_t)lane, .high = (int16_t)(lane + left), .at = at};
        last->mask = (1u << last->high) - (1u << last->low);
        lane += left;
    }
}

static void find_steps(pieces steps[STEPS], const sg_gemm_lines *lines, int64_t first, int64_t depth) {
    if (!lines->across || (!lines->line && !lines->run)) return;
    for (int64_t p = 0; p < depth; p += LANES) find_pieces(steps++, lines, first + p, depth - p);
}

/* Where columns first .. first + count - 1 of the result stand: as pieces, or the offset of the first of them
 * where they are whole vectors that follow each other; else -1. */
static int64_t find_places(pieces *found, int vectors, const sg_gemm_lines *lines, int64_t first,
                           int64_t count) {
    bool whole = count == vectors * LANES;
    for (int v = 0; v < vectors; v++) {
        find_pieces(found + v, lines, first + v * LANES, count - v * LANES);
        whole = whole && found[v].count == 1 && found[v].piece[0].at == found[0].piece[0].at + v * LANES;
    }
    return whole ? found[0].piece[0].at : -1;
}

ALIKE const float *line_of(const sg_gemm_lines *lines, int64_t l) {
    return lines->data + (lines->line ? lines->line[l] : l * lines->distance);
}

#if defined(__AVX512F__)
ALIKE __mmask16 lanes_of(const struct piece *p) {
    return (__mmask16)p->mask;
}

ALIKE vec load_pieces(const float *line, const pieces *from) {
    __m512 x = _mm512_maskz_loadu_ps(lanes_of(from->piece), line + from->piece[0].at);
    for (int i = 1; i < from->count; i++)
        x = _mm512_mask_loadu_ps(x, lanes_of(from->piece + i), line + from->piece[i].at);
    return (vec)x;
}

ALIKE void store_pieces(float *line, const pieces *to, vec x) {
    for (int i = 0; i < to->count; i++)
        _mm512_mask_storeu_ps(line + to->piece[i].at, lanes_of(to->piece + i), (__m512)x);
}
#elif defined(__AVX2__)
ALIKE __m256i lanes_of(const struct piece *p) {
    static const int32_t window[3 * LANES] = {0,  0,  0,  0,  0, 0, 0, 0, -1, -1, -1, -1,
                                              -1, -1, -1, -1, 0, 0, 0, 0, 0,  0,  0,  0};
    return _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(window + LANES - p->low)),
                            _mm256_loadu_si256((const __m256i *)(window + 2 * LANES - p->high)));
}

ALIKE vec load_pieces(const float *line, const pieces *from) {
    if (from->piece[0].high - from->piece[0].low == LANES) return load(line + from->piece[0].at);
    __m256 x = _mm256_setzero_ps();
    for (int i = 0; i < from->count; i++)
        x = _mm256_or_ps(x, _mm256_maskload_ps(line + from->piece[i].at, lanes_of(from->piece + i)));
    return (vec)x;
}

ALIKE void store_pieces(float *line, const pieces *to, vec x) {
    for (const struct piece *p = to->piece; p < to->piece + to->count; p++) {
        const __m256i from_low =
            _mm256_add_epi32(_mm256_set1_epi32(p->low), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
        store_some(line + p->at + p->low, (vec)_mm256_permutevar8x32_ps((__m256)x, from_low),
                   p->high - p->low);
    }
}
#else
ALIKE vec load_pieces(const float *line, const pieces *from) {
    vec x = {0};
    for (int i = 0; i < from->count; i++)
        for (int lane = from->piece[i].low; lane < from->piece[i].high; lane++)
            x[lane] = line[from->piece[i].at + lane];
    return x;
}

ALIKE void store_pieces(float *line, const pieces *to, vec x) {
    for (int i = 0; i < to->count; i++)
        for (int lane = to->piece[i].low; lane < to->piece[i].high; lane++)
            line[to->piece[i].at + lane] = x[lane];
}
#endif
