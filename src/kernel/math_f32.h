/* kernel/math_f32.h - mathematics of one f32, without branches or tables, so that loops over it become
 * vectors.
 *
 * Polynomials are minimax fits by tools/polynomials.py. a * b + c is fused where the variant has the
 * instruction, so variants differ in the last bits; within a variant an argument gives one result, wherever
 * it stands. Every function passes NaN on and has the limits at infinity that its docs in loops.h imply. */
#ifndef SG_KERNEL_MATH_F32_H
#define SG_KERNEL_MATH_F32_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float madd_f32(float a, float b, float c) {
#ifdef __FMA__
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

static inline uint32_t bits_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float of_bits_f32(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Integers in the order of the numbers, -0 below 0. NaN lies beyond the infinities. */
typedef int32_t key_f32;

static inline key_f32 key_of_f32(float x) {
    uint32_t bits = bits_f32(x);
    return (int32_t)(bits ^ ((uint32_t) - (int32_t)(bits >> 31) >> 1));
}

static inline float of_key_f32(key_f32 key) {
    uint32_t bits = (uint32_t)key;
    return of_bits_f32(bits ^ ((uint32_t) - (int32_t)(bits >> 31) >> 1));
}

static inline float abs_f32(float x) {
    return of_bits_f32(bits_f32(x) & 0x7fffffff);
}

/* The size of `x`, the sign of `y`. */
static inline float sign_of_f32(float x, float y) {
    return of_bits_f32((bits_f32(x) & 0x7fffffff) | (bits_f32(y) & 0x80000000));
}

static inline float below_f32(float x, float limit) {
    return x > limit ? limit : x;
}

static inline float above_f32(float x, float limit) {
    return x < limit ? limit : x;
}

/* ---- exponential ---- */

/* Adding this to a small number rounds it to an integer, which then stands in the low bits. */
#define ROUNDER_F32 0x1.8p23f
#define LOG2_E_F32 1.44269502f
/* ln 2 in two parts; the first has 9 bits, so that its product with a small integer is exact. */
#define LN2_HIGH_F32 0.693359375f
#define LN2_LOW_F32 -2.12194440e-4f

typedef struct reduced_f32 {
    float q;       /* e^r - 1, |r| <= ln 2 / 2, the argument being n ln 2 + r */
    uint32_t bits; /* n + bias in the low 9 bits */
} reduced_f32;

/* Of x + tail, where |tail| is at most a rounding error of x. `bias` is a small whole number. */
static inline reduced_f32 reduce_exp_f32(float x, float tail, float bias) {
    float shifted = madd_f32(x, LOG2_E_F32, ROUNDER_F32 + bias);
    float n = shifted - (ROUNDER_F32 + bias);
    float r = madd_f32(n, -LN2_HIGH_F32, x);
    r = madd_f32(n, -LN2_LOW_F32, r) + tail;
    float p = 0.00138823944f;
    p = madd_f32(p, r, 0.00836718082f);
    p = madd_f32(p, r, 0.041667223f);
    p = madd_f32(p, r, 0.16666539f);
    p = madd_f32(p, r, 0.49999997f);
    return (reduced_f32){madd_f32(r * r, p, r), bits_f32(shifted)};
}

/* e^(x + tail), |x| < 170: beyond that any number, but NaN for NaN. The factor 2^n is applied in two, as it
 * may not be a normal number where the result is one: with m = n + 254, the exponents m / 2 and m - m / 2
 * carry their bias. */
static inline float exp_within_f32(float x, float tail) {
    reduced_f32 e = reduce_exp_f32(x, tail, 254.0f);
    uint32_t half = e.bits >> 1, other = e.bits - half;
    return (1.0f + e.q) * of_bits_f32(half << 23) * of_bits_f32(other << 23);
}

static inline float exp_f32(float x) {
    float y = exp_within_f32(x, 0.0f);
    y = x > 89.0f ? INFINITY : y;
    return x < -104.5f ? 0.0f : y;
}

/* e^-|x| */
static inline float decay_f32(float x) {
    return exp_within_f32(-below_f32(abs_f32(x), 110.0f), 0.0f);
}

/* ---- logarithm ---- */

static inline float log_f32(float x) {
    float scaled = x < 0x1p-126f ? x * 0x1p23f : x;
    uint32_t bits =
        bits_f32(scaled) - 0x3f3504f3; /* of sqrt(1/2): the mantissa will lie in [sqrt(1/2), sqrt 2) */
    float k = (float)((int32_t)bits >> 23) - (x < 0x1p-126f ? 23.0f : 0.0f);
    float f = of_bits_f32((bits & 0x7fffff) + 0x3f3504f3) - 1.0f, f2 = f * f;
    float p = -0.0763449669f;
    p = madd_f32(p, f, 0.127615765f);
    p = madd_f32(p, f, -0.131601825f);
    p = madd_f32(p, f, 0.142017588f);
    p = madd_f32(p, f, -0.166233569f);
    p = madd_f32(p, f, 0.200012267f);
    p = madd_f32(p, f, -0.250008196f);
    p = madd_f32(p, f, 0.333333313f);
    float y = madd_f32(k, LN2_LOW_F32, p * f2 * f);
    y = f + madd_f32(-0.5f, f2, y);
    y = madd_f32(k, LN2_HIGH_F32, y);
    y = x < INFINITY ? y : x; /* infinity and NaN */
    y = x < 0.0f ? NAN : y;
    return x == 0.0f ? -INFINITY : y;
}

/* ---- powers and roots ---- */

static inline float sqrt_f32(float x) {
    return __builtin_sqrtf(x);
}

static inline float rsqrt_f32(float x) {
    return 1.0f / __builtin_sqrtf(x);
}

static inline float square_f32(float x) {
    return x * x;
}

static inline float neg_f32(float x) {
    return -x;
}

static inline float sign_f32(float x) {
    float y = x > 0.0f ? 1.0f : 0.0f;
    y = x < 0.0f ? -1.0f : y;
    return x == x ? y : x;
}

static inline float relu_f32(float x) {
    return x < 0.0f ? 0.0f : x;
}

/* ---- sigmoid and its kin ---- */

/* By e^2|x| - 1, which keeps its relative precision near 0. */
static inline float tanh_f32(float x) {
    reduced_f32 e = reduce_exp_f32(2.0f * below_f32(abs_f32(x), 10.0f), 0.0f, 127.0f);
    float scale = of_bits_f32(e.bits << 23);
    float grown = madd_f32(scale, e.q, scale - 1.0f);
    return sign_of_f32(grown / (grown + 2.0f), x);
}

/* sigmoid = numerator / denominator, both from z = e^-|x|, which cannot overflow. */
static inline float sigmoid_f32(float x) {
    float z = decay_f32(x);
    return (x < 0.0f ? z : 1.0f) / (1.0f + z);
}

/* Where z is 0 the factor x must not be infinite: their product would be NaN. */
static inline float silu_f32(float x) {
    float z = decay_f32(x);
    return above_f32(x, -110.0f) * (x < 0.0f ? z : 1.0f) / (1.0f + z);
}

static inline float silu_slope_f32(float x) {
    float size = below_f32(abs_f32(x), 110.0f), z = exp_within_f32(-size, 0.0f);
    float q = 1.0f / (1.0f + z), other = z * q;
    return madd_f32(sign_of_f32(size, x), other * q, x < 0.0f ? other : q);
}

/* gelu_tanh is x * sigmoid(v), v = x * (A + B x^2). Rounding v to one f32 would be magnified by its size: it
 * is computed in f64 and handed on in two parts. */
#define GELU_A 1.5957691216057308  /* 2 sqrt(2 / pi) */
#define GELU_B 0.07135481627260025 /* 0.044715 A */

/* e^-|v|; 0 from 12 on */
static inline float gelu_decay_f32(float size) {
    double wide = (double)size, v = wide * (GELU_A + GELU_B * (wide * wide));
    float high = (float)v, low = (float)(v - (double)high);
    return exp_within_f32(-high, -low);
}

static inline float gelu_tanh_f32(float x) {
    float z = gelu_decay_f32(below_f32(abs_f32(x), 12.0f));
    return above_f32(x, -12.0f) * (x < 0.0f ? z : 1.0f) / (1.0f + z);
}

static inline float gelu_tanh_slope_f32(float x) {
    float size = below_f32(abs_f32(x), 12.0f), z = gelu_decay_f32(size);
    float slope = madd_f32(size * size, (float)(3 * GELU_B), (float)GELU_A);
    float q = 1.0f / (1.0f + z), other = z * q;
    return madd_f32(sign_of_f32(size, x) * slope, other * q, x < 0.0f ? other : q);
}

/* ---- error function ---- */

static inline float erf_f32(float x) {
    float a = abs_f32(x), a2 = a * a;
    float p = 7.85386292e-05f;
    p = madd_f32(p, a2, -0.000801019429f);
    p = madd_f32(p, a2, 0.00518832775f);
    p = madd_f32(p, a2, -0.0268538129f);
    p = madd_f32(p, a2, 0.112835854f);
    p = madd_f32(p, a2, -0.37612626f);
    p = madd_f32(p, a2, 0.128379166f);
    float small = madd_f32(p, a, a);
    float t = below_f32(a, 4.0f); /* 1 from there on */
    float g = -0.000210642393f;
    g = madd_f32(g, t, 0.00318693998f);
    g = madd_f32(g, t, -0.0227984414f);
    g = madd_f32(g, t, 0.105116107f);
    g = madd_f32(g, t, 0.635831475f);
    g = madd_f32(g, t, 1.12848008f);
    reduced_f32 e = reduce_exp_f32(-t * g, 0.0f, 127.0f); /* -17 at least: one factor will do */
    float scale = of_bits_f32(e.bits << 23);
    float large = 1.0f - madd_f32(scale, e.q, scale);
    return sign_of_f32(a < 1.0f ? small : large, x);
}

/* ---- GELU: x Phi(x), Phi the normal distribution function ---- */

/* The fourth root of Phi(-a) is close to a polynomial, a >= 0, and where Phi(-a) is small, so is what an
 * error of the root makes of it. The polynomial has a root of its own at GELU_END_F32, where Phi(-a) is
 * 4e-11: with the argument held there, gelu is x or, to within 1e-22, 0. The same of the slope. */
#define GELU_END_F32 6.5f

static inline float fourth_power_f32(float x) {
    return x * x * (x * x);
}

/* |x|, but no more than `limit`, as integers: one instruction each. NaN gives the limit. */
static inline float size_within_f32(float x, float limit) {
    int32_t size = (int32_t)(bits_f32(x) & 0x7fffffff), most = (int32_t)bits_f32(limit);
    return of_bits_f32((uint32_t)(size < most ? size : most));
}

/* max(x, 0) - a Phi(-a), a = |x| */
static inline float gelu_f32(float x) {
    float a = size_within_f32(x, GELU_END_F32);
    float p = 4.23729212e-08f;
    p = madd_f32(p, a, -7.49655499e-07f);
    p = madd_f32(p, a, 2.01763419e-06f);
    p = madd_f32(p, a, 3.77309661e-05f);
    p = madd_f32(p, a, -0.00026242013f);
    p = madd_f32(p, a, -9.11569368e-05f);
    p = madd_f32(p, a, 0.00383287482f);
    p = madd_f32(p, a, 0.00463907328f);
    p = madd_f32(p, a, -0.0501978323f);
    p = madd_f32(p, a, -0.16773358f);
    p = madd_f32(p, a, 0.840896428f);
    return madd_f32(-a, fourth_power_f32(p), relu_f32(x));
}

/* 1/2 with the sign of x times 1/2 - S(a), S(a) = Phi(-a) - a e^(-a^2 / 2) / sqrt(2 pi), which is a positive
 * function times the distance from its root. */
static inline float gelu_slope_f32(float x) {
    float a = size_within_f32(x, GELU_END_F32);
    float p = 6.70270097e-08f;
    p = madd_f32(p, a, -1.39329018e-06f);
    p = madd_f32(p, a, 7.55760584e-06f);
    p = madd_f32(p, a, 2.88620977e-05f);
    p = madd_f32(p, a, -0.000364553998f);
    p = madd_f32(p, a, 6.67910062e-05f);
    p = madd_f32(p, a, 0.00682598772f);
    p = madd_f32(p, a, -0.00273887068f);
    p = madd_f32(p, a, -0.0857610628f);
    p = madd_f32(p, a, -0.0599641353f);
    p = madd_f32(p, a, 0.903063178f);
    float upper = madd_f32(a - 0.751791537f, fourth_power_f32(p), 0.5f);
    float y = 0.5f + of_bits_f32(bits_f32(upper) ^ (bits_f32(x) & 0x80000000));
    return x == x ? y : x;
}

/* ---- circular functions, through f64; |x| <= CIRCLE_LIMIT_F32 ---- */

#define CIRCLE_LIMIT_F32 1e6f

/* sin(x + quarters * pi / 2) */
static inline float circle_f32(float x, uint64_t quarters) {
    /* pi / 2 in two parts; the first has 33 bits, so that its product with up to 2^20 is exact. */
    double shifted = (double)x * 0.63661977236758138 + 0x1.8p52, n = shifted - 0x1.8p52;
    double r = ((double)x - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11, r2 = r * r;
    double s = 2.7180464673219947e-06 * r2 - 0.00019839304415001684;
    s = (s * r2 + 0.0083333292805226403) * r2 - 0.16666666640588176;
    s = r + r * r2 * s;
    double c = -2.7205046283622442e-07 * r2 + 2.4799451549615249e-05;
    c = (c * r2 - 0.0013888883467251703) * r2 + 0.041666666619106708;
    c = 1.0 - 0.5 * r2 + r2 * r2 * c;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits += quarters;
    double y = bits & 1 ? c : s;
    return (float)(bits & 2 ? -y : y);
}

static inline float sin_f32(float x) {
    return circle_f32(x, 0);
}

static inline float cos_f32(float x) {
    return circle_f32(x, 1);
}

/* ---- power, through f64; 0 < a < infinity and b finite ---- */

static inline float pow_f32(float a, float b) {
    double scaled = (double)a;
    uint64_t bits;
    memcpy(&bits, &scaled, sizeof bits);
    bits -= UINT64_C(0x3fe6a09e667f3bcd); /* of sqrt(1/2) */
    double k = (double)(int32_t)((int64_t)bits >> 52), m;
    bits = (bits & UINT64_C(0xfffffffffffff)) + UINT64_C(0x3fe6a09e667f3bcd);
    memcpy(&m, &bits, sizeof m);
    double s = (m - 1.0) / (m + 1.0), s2 = s * s;
    double p = 0.23584305453660007 * s2 + 0.28537206655824415;
    p = (p * s2 + 0.40000336588521906) * s2 + 0.66666665640337719;
    double e = (double)b * (k + (2.0 * s + s * s2 * p) * 1.44269504088896341);
    e = e > 130.0 ? 130.0 : e < -152.0 ? -152.0 : e; /* infinity and 0 lie beyond */
    double shifted = e + 0x1.8p52, f = e - (shifted - 0x1.8p52);
    double y = 1.5196136358815442e-05 * f + 0.00015466781557158324;
    y = (y * f + 0.0013333935347554968) * f + 0.0096180380595184377;
    y = (y * f + 0.055504103653990187) * f + 0.24022651067003872;
    y = 1.0 + (y * f + 0.69314718070476489) * f;
    uint64_t n;
    memcpy(&n, &shifted, sizeof n);
    n = (n + 1023) << 52;
    double scale;
    memcpy(&scale, &n, sizeof scale);
    return (float)(y * scale);
}

#endif
