/* The products that a test looks at: the library's variants that this CPU runs or, with IN_C, those for
 * AVX-512 whose instructions are plain C (avx512_in_c.h). */
#ifndef SG_TESTS_VARIANTS_H
#define SG_TESTS_VARIANTS_H

#include "kernel/gemm.h"

#ifdef IN_C
extern const sg_gemm_variant sg_gemm_in_c, sg_gemm_in_c_bf16;

/* They are compiled for AVX2, so that this takes seconds. */
static inline bool can_run(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static inline const sg_gemm_variant *variant_at(int index) {
    return index == 0 ? &sg_gemm_in_c : index == 1 ? &sg_gemm_in_c_bf16 : NULL;
}
#else
static inline bool can_run(void) {
    return true;
}

static inline const sg_gemm_variant *variant_at(int index) {
    const sg_gemm_variant *v;
    for (int i = 0; (v = sg_gemm_at(i)) != NULL; i++)
        if (sg_gemm_supported(v) && index-- == 0) return v;
    return NULL;
}
#endif

#endif
