#include "kernel/loops.h"

#include <stddef.h>
#include <string.h>

extern const sg_loops sg_loops_generic;
#ifdef __x86_64__
extern const sg_loops sg_loops_avx2, sg_loops_avx512;
#endif

static const sg_loops *const variants[] = {
    &sg_loops_generic,
#ifdef __x86_64__
    &sg_loops_avx2,
    &sg_loops_avx512,
#endif
};

enum { COUNT = sizeof variants / sizeof *variants };

const sg_loops *sg_loops_at(int index) {
    return index >= 0 && index < COUNT ? variants[index] : NULL;
}

bool sg_loops_supported(const sg_loops *loops) {
#ifdef __x86_64__
    if (loops == &sg_loops_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (loops == &sg_loops_avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("fma");
#endif
    return loops == &sg_loops_generic;
}

const sg_loops *sg_loops_best(void) {
    int index = COUNT - 1;
    while (index > 0 && !sg_loops_supported(variants[index])) index--;
    return variants[index];
}

const sg_loops *sg_loops_find(const char *name) {
    for (int i = 0; i < COUNT; i++)
        if (strcmp(variants[i]->name, name) == 0) return variants[i];
    return NULL;
}
