/* Matrices turned, and rows of maps taken apart into even and odd columns and put together again: what
 * convolutions of stride 2 do before and after their products. */
#include "kernel/squares.h"
#include "kernel/families.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

void SG_FN(transpose_f32)(int64_t rows, int64_t columns, const float *x, int64_t x_row, float *y,
                          int64_t y_row) {
    int64_t i = 0;
    for (; i + LANES <= rows; i += LANES) {
        int64_t j = 0;
        for (; j + LANES <= columns; j += LANES) {
            vec r[LANES];
            _Pragma("GCC unroll 16") for (int k = 0; k < LANES; k++) r[k] = load(x + (i + k) * x_row + j);
            transpose(r);
            _Pragma("GCC unroll 16") for (int k = 0; k < LANES; k++) store(y + (j + k) * y_row + i, r[k]);
        }
#ifdef __AVX512F__
        /* The rest of the columns, 9 of a kernel of 3 x 3. */
        if (j < columns) {
            const __mmask16 some = (__mmask16)((1u << (columns - j)) - 1);
            vec r[LANES];
            _Pragma("GCC unroll 16") for (int k = 0; k < LANES; k++) r[k] =
                (vec)_mm512_maskz_loadu_ps(some, x + (i + k) * x_row + j);
            transpose(r);
            _Pragma("GCC unroll 16") for (int k = 0; k < LANES; k++) if (j + k < columns)
                store(y + (j + k) * y_row + i, r[k]);
            continue;
        }
#endif
        for (; j < columns; j++)
            for (int k = 0; k < LANES; k++) y[j * y_row + i + k] = x[(i + k) * x_row + j];
    }
    for (; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) y[j * y_row + i] = x[i * x_row + j];
}

#ifdef __AVX512F__
static __mmask16 first(int64_t count) {
    return count >= 16 ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

static void split_row(int64_t columns, const float *x, float *even, float *odd) {
    const __m512i evens = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odds = _mm512_add_epi32(evens, _mm512_set1_epi32(1));
    for (; columns > 0; columns -= 32, x += 32, even += 16, odd += 16) {
        __m512 low = _mm512_maskz_loadu_ps(first(columns), x), high = low;
        if (columns > 16) high = _mm512_maskz_loadu_ps(first(columns - 16), x + 16);
        _mm512_mask_storeu_ps(even, first((columns + 1) / 2), _mm512_permutex2var_ps(low, evens, high));
        _mm512_mask_storeu_ps(odd, first(columns / 2), _mm512_permutex2var_ps(low, odds, high));
    }
}

static void weave_row(int64_t columns, const float *even, const float *odd, float *x) {
    const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
    for (; columns > 0; columns -= 32, x += 32, even += 16, odd += 16) {
        __m512 a = _mm512_maskz_loadu_ps(first((columns + 1) / 2), even),
               b = _mm512_maskz_loadu_ps(first(columns / 2), odd);
        _mm512_mask_storeu_ps(x, first(columns), _mm512_permutex2var_ps(a, low, b));
        if (columns > 16)
            _mm512_mask_storeu_ps(x + 16, first(columns - 16), _mm512_permutex2var_ps(a, high, b));
    }
}
#else
static void split_row(int64_t columns, const float *x, float *even, float *odd) {
    for (int64_t i = 0; i < columns / 2; i++) even[i] = x[2 * i], odd[i] = x[2 * i + 1];
    if (columns % 2) even[columns / 2] = x[columns - 1];
}

static void weave_row(int64_t columns, const float *even, const float *odd, float *x) {
    for (int64_t i = 0; i < columns / 2; i++) x[2 * i] = even[i], x[2 * i + 1] = odd[i];
    if (columns % 2) x[columns - 1] = even[columns / 2];
}
#endif

void SG_FN(split_f32)(int64_t columns, const float *x, const sg_lined_rows *at_x, float *even, float *odd,
                      const sg_lined_rows *at) {
    for (int64_t p = 0; p < at_x->planes; p++)
        for (int64_t r = 0; r < at_x->rows; r++) {
            const int64_t to = p * at->plane + r * at->row;
            split_row(columns, x + p * at_x->plane + r * at_x->row, even + to, odd + to);
        }
}

void SG_FN(weave_f32)(int64_t columns, const float *even, const sg_lined_rows *at_even, const float *odd,
                      const sg_lined_rows *at_odd, float *x, const sg_lined_rows *at_x) {
    for (int64_t p = 0; p < at_x->planes; p++)
        for (int64_t r = 0; r < at_x->rows; r++)
            weave_row(columns, even + p * at_even->plane + r * at_even->row,
                      odd + p * at_odd->plane + r * at_odd->row, x + p * at_x->plane + r * at_x->row);
}
