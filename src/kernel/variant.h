/* kernel/variant.h - for the sources that are compiled once for each CPU variant, with SG_CPU set to its
 * name. */
#ifndef SG_KERNEL_VARIANT_H
#define SG_KERNEL_VARIANT_H

#include "kernel/loops.h"

/* SG_FN(fill_f32) is sg_fill_f32_avx2. */
#define SG_JOIN_(name, cpu) name##_##cpu
#define SG_JOIN(name, cpu) SG_JOIN_(name, cpu)
#define SG_FN(name) SG_JOIN(sg_##name, SG_CPU)

/* Stands before a loop whose turns do not depend on one another even where output and input are the same
 * array; without it the compiler's own test takes that for an overlap and goes one by one. Only for loops
 * without calls. */
#if defined(__clang__)
#define SG_VECTOR_LOOP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define SG_VECTOR_LOOP _Pragma("GCC ivdep")
#else
#define SG_VECTOR_LOOP
#endif

/* Stands before a loop of few turns that is to become vectors: unrolled early, it may be taken for single
 * statements, some of which are left alone. */
#if defined(__GNUC__) && !defined(__clang__)
#define SG_ROLLED_LOOP _Pragma("GCC unroll 1")
#else
#define SG_ROLLED_LOOP
#endif

/* Partial sums of a reduction over a row. Element i belongs to lane i % SG_LANES, except that the last
 * n % SG_LANES elements of a row of at least SG_LANES go to the last lanes (kernel/lanes.h). */
enum { SG_LANES = 16 };

#endif
