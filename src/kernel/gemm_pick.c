/* Which of our own products a context takes. */
#include "kernel/product.h"

#include <stdio.h>
#include <string.h>

extern const sg_gemm_variant sg_gemm_generic;
#ifdef __x86_64__
extern const sg_gemm_variant sg_gemm_avx2, sg_gemm_avx512, sg_gemm_avx512_bf16;
#endif

static const sg_gemm_variant *const variants[] = {
    &sg_gemm_generic,
#ifdef __x86_64__
    &sg_gemm_avx2,
    &sg_gemm_avx512,
    &sg_gemm_avx512_bf16,
#endif
};

enum { COUNT = sizeof variants / sizeof *variants };

const sg_gemm_variant *sg_gemm_at(int index) {
    return index >= 0 && index < COUNT ? variants[index] : NULL;
}

bool sg_gemm_supported(const sg_gemm_variant *variant) {
#ifdef __x86_64__
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (variant == &sg_gemm_avx2) return avx2;
    if (variant == &sg_gemm_avx512) return avx512;
    if (variant == &sg_gemm_avx512_bf16) return avx512 && __builtin_cpu_supports("avx512bf16");
#endif
    return variant == &sg_gemm_generic;
}

sg_status sg_products_choose(const sg_gemm_variant **out, const char *wanted, const char *cpu,
                             sg_error *error) {
    *out = NULL;
    bool own = wanted && strcmp(wanted, "own") == 0;
    if (!wanted || own) {
        for (int i = !own; i < COUNT; i++)
            if (sg_gemm_supported(variants[i]) && (!cpu || strncmp(variants[i]->name, cpu, strlen(cpu)) == 0))
                *out = variants[i];
        return SG_OK;
    }
    char known[128] = "openblas";
    size_t length = strlen(known);
    bool exists = strcmp(wanted, known) == 0;
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(wanted, variants[i]->name) == 0) *out = variants[i];
        if (!sg_gemm_supported(variants[i])) continue;
        length += (size_t)snprintf(known + length, sizeof known - length, ", %s", variants[i]->name);
    }
    if (exists || (*out && sg_gemm_supported(*out))) return SG_OK;
    return sg_fail(error, SG_BAD_USAGE,
                   *out ? "this cpu cannot run the products \"%s\": use one of %s"
                        : "there are no products \"%s\": use one of %s",
                   wanted, known);
}
