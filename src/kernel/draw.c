/* Random numbers: words of Philox4x32-10 for consecutive counters (base/philox.h says what they mean), and
 * normally distributed numbers made of them. Every variant gives the same bits, with any compiler and C
 * library: nothing is fused, and no function of the library is called. */
#include <string.h>

#include "base/philox.h"
#include "kernel/families.h"

/* Straight-line code, so that the loop over the counters is the one that becomes vectors. */
#define ROUND                                                                    \
    {                                                                            \
        uint64_t p0 = UINT64_C(0xD2511F53) * c0, p1 = UINT64_C(0xCD9E8D57) * c2; \
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;                                     \
        c1 = (uint32_t)p1;                                                       \
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;                                     \
        c3 = (uint32_t)p0;                                                       \
        k0 += UINT32_C(0x9E3779B9);                                              \
        k1 += UINT32_C(0xBB67AE85);                                              \
    }

void SG_FN(draw_words)(uint64_t seed, uint32_t first_quad, int64_t quads, uint32_t sample, uint32_t epoch,
                       uint64_t purpose, uint32_t *out) {
    const uint32_t fold = sg_fold(purpose);
    SG_VECTOR_LOOP
    for (int64_t q = 0; q < quads; q++) {
        uint32_t c0 = first_quad + (uint32_t)q, c1 = sample, c2 = epoch, c3 = fold;
        uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
        ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND out[4 * q] = c0;
        out[4 * q + 1] = c1;
        out[4 * q + 2] = c2;
        out[4 * q + 3] = c3;
    }
}

/* ---- normal numbers ---- */

static inline uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The natural logarithm of 0 < u < 1, a normal number: u = 2^k m with m in [sqrt(1/2), sqrt 2), and with
 * s = (m - 1) / (m + 1) the series 2 (s + s^3 / 3 + s^5 / 5 + ...), of which no more than 2^-53 is left off.
 */
static inline double log_of(double u) {
    const uint64_t low = UINT64_C(0x3fe6a09e667f3bcd), bias = UINT64_C(1023) << 52; /* low: of sqrt(1/2) */
    uint64_t bits = bits_of(u) + (bias - low);
    double k = of_bits(bits >> 52 | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
    double m = of_bits((bits & UINT64_C(0xfffffffffffff)) + low);
    double s = (m - 1) / (m + 1), t = s * s, p = 2.0 / 19;
    p = p * t + 2.0 / 17;
    p = p * t + 2.0 / 15;
    p = p * t + 2.0 / 13;
    p = p * t + 2.0 / 11;
    p = p * t + 2.0 / 9;
    p = p * t + 2.0 / 7;
    p = p * t + 2.0 / 5;
    p = p * t + 2.0 / 3;
    return k * 0.69314718055994531 + (2 * s + s * t * p);
}

/* The series of sine and cosine for an angle of at most an eighth of a turn. */
static inline double sine(double r) {
    double t = r * r, p = 1.0 / 355687428096000;
    p = 1.0 / 1307674368000 - p * t;
    p = 1.0 / 6227020800 - p * t;
    p = 1.0 / 39916800 - p * t;
    p = 1.0 / 362880 - p * t;
    p = 1.0 / 5040 - p * t;
    p = 1.0 / 120 - p * t;
    p = 1.0 / 6 - p * t;
    return r - r * t * p;
}

static inline double cosine(double r) {
    double t = r * r, p = 1.0 / 20922789888000;
    p = 1.0 / 87178291200 - p * t;
    p = 1.0 / 479001600 - p * t;
    p = 1.0 / 3628800 - p * t;
    p = 1.0 / 40320 - p * t;
    p = 1.0 / 720 - p * t;
    p = 1.0 / 24 - p * t;
    p = 1.0 / 2 - p * t;
    return 1 - t * p;
}

void SG_FN(normal)(int64_t pairs, const uint32_t *words, double *out) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < pairs; i++) {
        uint32_t radius = words[2 * i], angle = words[2 * i + 1];
        /* Signed words become doubles on every CPU; half a step above zero the logarithm is finite. */
        double u = ((double)(int32_t)(radius ^ UINT32_C(0x80000000)) + 2147483648.5) * 0x1p-32;
        double r = __builtin_sqrt(-2 * log_of(u));
        /* The nearest quarter of a turn, and what is left of the angle. */
        uint32_t quarter = (angle + (UINT32_C(1) << 29)) >> 30;
        double left = (double)(int32_t)(angle - (quarter << 30)) * (1.5707963267948966 * 0x1p-30);
        double s = r * sine(left), c = r * cosine(left);
        double x = quarter & 1 ? s : c, y = quarter & 1 ? c : s;
        out[2 * i] = (quarter + 1) & 2 ? -x : x;
        out[2 * i + 1] = quarter & 2 ? -y : y;
    }
}
