/* kernel/squares.h - vectors of f32, as wide as the variant's CPU has them, and squares of them transposed in
 * registers. */
#ifndef SG_KERNEL_SQUARES_H
#define SG_KERNEL_SQUARES_H

#include <stdint.h>

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX2__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

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

#endif
