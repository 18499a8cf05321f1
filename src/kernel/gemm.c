/* One variant of our own products: gemm_body.h for operands that stay f32, and for operands rounded to bf16.
 */
#include "kernel/gemm.h"

#include <string.h>

#include "kernel/squares.h"
#include "kernel/variant.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

/* A tile has ROWS rows and up to two vectors a row. With 32 registers of 16 floats, 14 x 32 leaves four for
 * the operands; with 16 of 8 floats, 6 x 16 does. */
#if defined(__AVX512F__)
enum { ROWS = 14 };
#elif defined(__AVX2__)
enum { ROWS = 6 };
#else
enum { ROWS = 4 };
#endif
enum { WIDTH = 2 * LANES, AHEAD = 24 };
/* An operand is read where it stands by so few rows or columns, and within so many floats: half a MiB. */
enum { FEW_READERS = 64, NEAR = 1 << 17, FEW_COLUMNS = 640 };

ALIKE vec splat(float x) {
    return x - (vec){0};
}

/* a * b + c, fused where the CPU can: said in so many words, since an element must not depend on where the
 * compiler sees a chance to fuse. */
ALIKE vec madd(vec a, vec b, vec c) {
#if defined(__AVX512F__)
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__)
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

/* The sum of all lanes. */
ALIKE float total(vec x) {
    float lane[LANES];
    store(lane, x);
    _Pragma("GCC unroll 4") for (int half = LANES / 2; half > 0; half /= 2) {
        _Pragma("GCC unroll 8") for (int i = 0; i < half; i++) lane[i] += lane[half + i];
    }
    return lane[0];
}

/* The first `count` lanes, of LANES at most; others are read as 0, and not written. */
#if defined(__AVX512F__)
ALIKE vec load_some(const float *from, int64_t count) {
    return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
}

ALIKE void store_some(float *to, vec x, int64_t count) {
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)x);
}
#elif defined(__AVX2__)
ALIKE __m256i lanes_below(int64_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* A masked load takes AMD's first Zens several times as long as a whole one. */
ALIKE vec load_some(const float *from, int64_t count) {
    return count >= LANES ? load(from) : (vec)_mm256_maskload_ps(from, lanes_below(count));
}

/* One number at least. A masked store would take AMD's CPUs several times as long. */
ALIKE void store_some(float *to, vec x, int64_t count) {
    if (count >= LANES) {
        store(to, x);
        return;
    }
    __m128 rest = _mm256_castps256_ps128((__m256)x);
    if (count & 4) {
        _mm_storeu_ps(to, rest);
        rest = _mm256_extractf128_ps((__m256)x, 1);
        to += 4;
    }
    if (count & 2) {
        _mm_storel_pi((__m64 *)to, rest);
        rest = _mm_movehl_ps(rest, rest);
        to += 2;
    }
    if (count & 1) _mm_store_ss(to, rest);
}
#else
ALIKE vec load_some(const float *from, int64_t count) {
    vec x = {0};
    for (int i = 0; i < count; i++) x[i] = from[i];
    return x;
}

ALIKE void store_some(float *to, vec x, int64_t count) {
    for (int i = 0; i < count; i++) to[i] = x[i];
}
#endif

static inline int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The length of pieces of at most `most` that are as even as can be. */
static inline int64_t even_piece(int64_t length, int64_t most) {
    int64_t pieces = (length + most - 1) / most;
    return (length + pieces - 1) / pieces;
}

/* Where there are several panels of A, all but the last have more than half of ROWS rows: at least half a
 * vector. Behind the last, which may be narrower, a block has room for a vector. */
_Static_assert(2 * (ROWS / 2 + 1) >= LANES, "packing a panel must not touch the one behind it");
_Static_assert(SG_GEMM_SPACE / 4 >= (SG_GEMM_DEPTH + 2) * WIDTH + SG_GEMM_ROWS * SG_GEMM_DEPTH + LANES,
               "packing the last panel must not leave the space");

#include "kernel/gemm_pieces.h"

/* ---- f32: 32 bits are one element ---- */

/* What avx512_bf16 has beyond avx512 is not for f32: those products are in the program once. */
#ifdef __AVX512BF16__
#define multiply_f32 sg_multiply_f32_avx512
#define multiply_lined_f32 sg_multiply_lined_f32_avx512
#define turned_f32 sg_gemm_turned_f32_avx512
#define turn_back sg_gemm_turn_back_avx512
#else
#define multiply_f32 SG_FN(multiply_f32)
#define multiply_lined_f32 SG_FN(multiply_lined_f32)
#define turned_f32 SG_FN(gemm_turned_f32)
#define turn_back SG_FN(gemm_turn_back)
#endif
sg_gemm_function multiply_f32;
sg_gemm_lined_function multiply_lined_f32;
extern const sg_gemm_turned turned_f32;
void turn_back(int64_t lines, int64_t distance, int64_t count, const float *from, const int64_t *place,
               float *to);

#ifndef __AVX512BF16__
#define SHARED
#define FN(name) name##_f32
enum { FN(UNIT) = 1, FN(AS_IT_IS) = 1 };

ALIKE vec FN(join)(vec x, vec y) {
    (void)y;
    return x;
}

ALIKE vec FN(runs)(vec x, vec y) {
    (void)y;
    return x;
}

ALIKE vec FN(dot)(vec a, vec b, vec c) {
    return madd(a, b, c);
}
#include "kernel/gemm_body.h"

void turn_back(int64_t lines, int64_t distance, int64_t count, const float *from, const int64_t *place,
               float *to) {
    for (int64_t e = 0; e < count; e += LANES, place += LANES, to += LANES) {
        const int64_t left = lesser(LANES, count - e);
        vec r[LANES];
        _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) r[i] =
            load(from + place[i < left ? i : left - 1]);
        transpose(r);
        _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) if (i < lines)
            store_some(to + i * distance, r[i], left);
    }
}

const sg_gemm_turned turned_f32 = {.lanes = LANES,
                                   .rows = ROWS,
                                   .unit = FN(UNIT),
                                   .rounds = false,
                                   .turn = FN(turn),
                                   .join = FN(join_rows),
                                   .multiply = FN(multiply_turned),
                                   .back = turn_back};
#undef FN
#undef SHARED
#endif

/* ---- bf16: 32 bits are two elements of one column or row, or one that was rounded ---- */

#define SHARED static
#define FN(name) name##_bf16

#ifdef __AVX512BF16__
enum { FN(UNIT) = 2, FN(AS_IT_IS) = 0 };

/* Pairs (x[i], y[i]). */
ALIKE vec FN(join)(vec x, vec y) {
    static const uint16_t order[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                       8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh((__m512)y, (__m512)x);
    return (vec)_mm512_permutexvar_epi16(_mm512_loadu_si512(order), rounded);
}

/* Pairs of neighbours: (x[0], x[1]), ..., (y[0], y[1]), ... */
ALIKE vec FN(runs)(vec x, vec y) {
    return (vec)_mm512_cvtne2ps_pbh((__m512)y, (__m512)x);
}

ALIKE vec FN(dot)(vec a, vec b, vec c) {
    return (vec)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b);
}
#else
enum { FN(UNIT) = 1, FN(AS_IT_IS) = 0 };

/* To the nearest bf16, halves to even; NaN stays NaN. */
ALIKE vec FN(join)(vec x, vec y) {
    (void)y;
    bits_vec bits = (bits_vec)x, nan = (bits_vec)(x != x);
    bits_vec rounded = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u;
    return (vec)((rounded & ~nan) | ((bits | 0x400000) & 0xffff0000u & nan));
}

ALIKE vec FN(runs)(vec x, vec y) {
    return FN(join)(x, y);
}

ALIKE vec FN(dot)(vec a, vec b, vec c) {
    return madd(a, b, c);
}
#endif
#include "kernel/gemm_body.h"

static const sg_gemm_turned turned_bf16 = {.lanes = LANES,
                                           .rows = ROWS,
                                           .unit = FN(UNIT),
                                           .rounds = true,
                                           .turn = FN(turn),
                                           .join = FN(join_rows),
                                           .multiply = FN(multiply_turned),
                                           .back = turn_back};
#undef FN

#define TEXT_(name) #name
#define TEXT(name) TEXT_(name)

extern const sg_gemm_variant SG_FN(gemm);
const sg_gemm_variant SG_FN(gemm) = {TEXT(SG_CPU),        multiply_f32, multiply_bf16, multiply_lined_f32,
                                     multiply_lined_bf16, &turned_f32,  &turned_bf16};
