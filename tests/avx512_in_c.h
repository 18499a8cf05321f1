/* AVX-512 instructions as functions of plain C, put in front of src/kernel/gemm.c (-include): so what is
 * written for CPUs that have them is tested on every x86-64 CPU. What they do is said in Intel's "64 and
 * IA-32 architectures software developer's manual", volume 2. */
#ifndef SG_TESTS_AVX512_IN_C_H
#define SG_TESTS_AVX512_IN_C_H

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define IN_C static inline __attribute__((unused))

IN_C __m512 in_c_fmadd(__m512 a, __m512 b, __m512 c) {
    float x[16], y[16], z[16];
    memcpy(x, &a, sizeof x), memcpy(y, &b, sizeof y), memcpy(z, &c, sizeof z);
    for (int i = 0; i < 16; i++) z[i] = fmaf(x[i], y[i], z[i]);
    memcpy(&c, z, sizeof c);
    return c;
}

/* Memory of lanes that the mask leaves out is not touched. */
IN_C __m512 in_c_mask_loadu(__m512 other, __mmask16 mask, const void *from) {
    float x[16];
    memcpy(x, &other, sizeof x);
    for (int i = 0; i < 16; i++)
        if (mask >> i & 1) memcpy(x + i, (const char *)from + 4 * i, 4);
    memcpy(&other, x, sizeof other);
    return other;
}

IN_C __m512 in_c_maskz_loadu(__mmask16 mask, const void *from) {
    __m512 zero;
    memset(&zero, 0, sizeof zero);
    return in_c_mask_loadu(zero, mask, from);
}

IN_C void in_c_mask_storeu(void *to, __mmask16 mask, __m512 value) {
    float x[16];
    memcpy(x, &value, sizeof x);
    for (int i = 0; i < 16; i++)
        if (mask >> i & 1) memcpy((char *)to + 4 * i, x + i, 4);
}

IN_C __m512i in_c_loadu(const void *from) {
    __m512i x;
    memcpy(&x, from, sizeof x);
    return x;
}

IN_C __m512i in_c_permute(__m512i order, __m512i a) {
    uint16_t from[32], x[32], y[32];
    memcpy(from, &order, sizeof from), memcpy(x, &a, sizeof x);
    for (int i = 0; i < 32; i++) y[i] = x[from[i] & 31];
    memcpy(&a, y, sizeof a);
    return a;
}

/* To nearest even; denormal numbers become 0, NaN a quiet one. */
IN_C uint16_t in_c_to_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (isnan(x)) return (uint16_t)(bits >> 16 | 0x40);
    if (!(bits & 0x7f800000)) return (uint16_t)(bits >> 16 & 0x8000);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

IN_C float in_c_from_bf16(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float x;
    if (!(bits & 0x7f800000)) bits &= 0x80000000;
    memcpy(&x, &bits, sizeof x);
    return x;
}

IN_C __m512i in_c_cvtne2(__m512 high, __m512 low) {
    float x[32];
    uint16_t y[32];
    __m512i made;
    memcpy(x, &low, sizeof low), memcpy(x + 16, &high, sizeof high);
    for (int i = 0; i < 32; i++) y[i] = in_c_to_bf16(x[i]);
    memcpy(&made, y, sizeof made);
    return made;
}

/* The odd product is added first. */
IN_C __m512 in_c_dp(__m512 c, __m512i a, __m512i b) {
    float z[16];
    uint16_t x[32], y[32];
    memcpy(z, &c, sizeof z), memcpy(x, &a, sizeof x), memcpy(y, &b, sizeof y);
    for (int i = 0; i < 16; i++) {
        z[i] += in_c_from_bf16(x[2 * i + 1]) * in_c_from_bf16(y[2 * i + 1]);
        z[i] += in_c_from_bf16(x[2 * i]) * in_c_from_bf16(y[2 * i]);
    }
    memcpy(&c, z, sizeof c);
    return c;
}

#define _mm512_fmadd_ps in_c_fmadd
#define _mm512_mask_loadu_ps in_c_mask_loadu
#define _mm512_maskz_loadu_ps in_c_maskz_loadu
#define _mm512_mask_storeu_ps in_c_mask_storeu
#define _mm512_loadu_si512 in_c_loadu
#define _mm512_permutexvar_epi16 in_c_permute
#define _mm512_cvtne2ps_pbh in_c_cvtne2
#define _mm512_dpbf16_ps(c, a, b) in_c_dp(c, (__m512i)(a), (__m512i)(b))
#define __m512bh __m512i

#ifndef __AVX512F__
#define __AVX512F__ 1
#endif
#ifdef IN_C_BF16
#define __AVX512BF16__ 1
/* This variant takes its products of f32 from the one without bf16. */
#define sg_multiply_f32_avx512 sg_multiply_f32_in_c
#define sg_multiply_lined_f32_avx512 sg_multiply_lined_f32_in_c
#define sg_gemm_turned_f32_avx512 sg_gemm_turned_f32_in_c
#define sg_gemm_turn_back_avx512 sg_gemm_turn_back_in_c
#endif

#endif
