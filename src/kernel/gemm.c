/* One variant of our own products: gemm_body.h for operands that stay f32, and for operands rounded to bf16.
 */
#include "kernel/gemm.h"

#include <string.h>

#include "kernel/variant.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

/* A tile has ROWS rows and up to two vectors a row. With 32 registers of 16 floats, 14 x 32 leaves four for
 * the operands; with 16 of 8 floats, 6 x 16 does. */
#if defined(__AVX512F__)
enum { LANES = 16, ROWS = 14 };
#elif defined(__AVX2__)
enum { LANES = 8, ROWS = 6 };
#else
enum { LANES = 4, ROWS = 4 };
#endif
enum { WIDTH = 2 * LANES, AHEAD = 16 };

#define ALIKE static inline __attribute__((always_inline))

/* Whatever lies in 32 bits: an f32 or a pair of bf16. */
typedef float vec __attribute__((vector_size(LANES * 4), may_alias));
typedef float loose_vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef uint32_t bits_vec __attribute__((vector_size(LANES * 4)));

ALIKE vec load(const float *from) {
    return *(const loose_vec *)from;
}

ALIKE void store(float *to, vec x) {
    *(loose_vec *)to = x;
}

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

ALIKE vec load_some(const float *from, int64_t count) {
    return (vec)_mm256_maskload_ps(from, lanes_below(count));
}

ALIKE void store_some(float *to, vec x, int64_t count) {
    _mm256_maskstore_ps(to, lanes_below(count), (__m256)x);
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

/* ---- squares of LANES x LANES, transposed in registers ----
 *
 * Stage d exchanges what stands d lanes and d rows apart. */
#define LOW(d, j) ((j) & (d) ? LANES + (j) - (d) : (j))
#define HIGH(d, j) ((j) & (d) ? LANES + (j) : (j) + (d))
#define FOUR(which, d, j) which(d, j), which(d, j + 1), which(d, j + 2), which(d, j + 3)
#if defined(__AVX512F__)
#define ALL(which, d) FOUR(which, d, 0), FOUR(which, d, 4), FOUR(which, d, 8), FOUR(which, d, 12)
#elif defined(__AVX2__)
#define ALL(which, d) FOUR(which, d, 0), FOUR(which, d, 4)
#else
#define ALL(which, d) FOUR(which, d, 0)
#endif
#define STAGE(d)                                                          \
    _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) {            \
        if (i & (d)) continue;                                            \
        vec above = r[i], below = r[i + (d)];                             \
        r[i] = __builtin_shufflevector(above, below, ALL(LOW, d));        \
        r[i + (d)] = __builtin_shufflevector(above, below, ALL(HIGH, d)); \
    }

ALIKE void transpose(vec r[LANES]) {
    STAGE(1)
    STAGE(2)
#if defined(__AVX2__)
    STAGE(4)
#endif
#if defined(__AVX512F__)
    STAGE(8)
#endif
}

static inline int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The length of pieces of at most `most` that are as even as can be. */
static inline int64_t even_piece(int64_t length, int64_t most) {
    int64_t pieces = (length + most - 1) / most;
    return (length + pieces - 1) / pieces;
}

/* ---- f32: 32 bits are one element ---- */

#define FN(name) name##_f32
enum { FN(UNIT) = 1 };

ALIKE vec FN(join)(vec x, vec y) {
    (void)y;
    return x;
}

ALIKE vec FN(run)(const float *from) {
    return load(from);
}

ALIKE vec FN(run_some)(const float *from, int64_t count) {
    return load_some(from, count);
}

ALIKE vec FN(madd)(float a, vec b, vec c) {
    return madd(splat(a), b, c);
}
#include "kernel/gemm_body.h"
#undef FN

/* ---- bf16: 32 bits are two elements of one column or row, or one that was rounded ---- */

#define FN(name) name##_bf16

#ifdef __AVX512BF16__
enum { FN(UNIT) = 2 };

/* Pairs (x[i], y[i]). */
ALIKE vec FN(join)(vec x, vec y) {
    static const uint16_t order[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                       8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh((__m512)y, (__m512)x);
    return (vec)_mm512_permutexvar_epi16(_mm512_loadu_si512(order), rounded);
}

/* Pairs of neighbours: (from[0], from[1]), (from[2], from[3]), ... */
ALIKE vec FN(run)(const float *from) {
    return (vec)_mm512_cvtne2ps_pbh((__m512)load(from + LANES), (__m512)load(from));
}

/* Of the first `count` numbers; then zeros. */
ALIKE vec FN(run_some)(const float *from, int64_t count) {
    vec x = load_some(from, lesser(count, LANES)), y = {0};
    if (count > LANES) y = load_some(from + LANES, count - LANES);
    return (vec)_mm512_cvtne2ps_pbh((__m512)y, (__m512)x);
}

ALIKE vec FN(madd)(float a, vec b, vec c) {
    return (vec)_mm512_dpbf16_ps((__m512)c, (__m512bh)splat(a), (__m512bh)b);
}
#else
enum { FN(UNIT) = 1 };

/* To the nearest bf16, halves to even; NaN stays NaN. */
ALIKE vec FN(join)(vec x, vec y) {
    (void)y;
    bits_vec bits = (bits_vec)x, nan = (bits_vec)(x != x);
    bits_vec rounded = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u;
    return (vec)((rounded & ~nan) | ((bits | 0x400000) & 0xffff0000u & nan));
}

ALIKE vec FN(run)(const float *from) {
    return FN(join)(load(from), (vec){0});
}

ALIKE vec FN(run_some)(const float *from, int64_t count) {
    return FN(join)(load_some(from, count), (vec){0});
}

ALIKE vec FN(madd)(float a, vec b, vec c) {
    return madd(splat(a), b, c);
}
#endif
#include "kernel/gemm_body.h"
#undef FN

#define TEXT_(name) #name
#define TEXT(name) TEXT_(name)

extern const sg_gemm_variant SG_FN(gemm);
const sg_gemm_variant SG_FN(gemm) = {TEXT(SG_CPU), multiply_f32, multiply_bf16};
