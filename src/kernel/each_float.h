/* kernel/each_float.h - includes SG_BODY twice: for f32 and for f64. Within it
 *   T         the type
 *   FN(name)  the variant's function of that name and type: sg_softmax_f32_avx2
 *   M(name)   the mathematics of one element: exp_f32
 *   MATH_LOOP stands before loops over M's functions: those of f64 call the C library and cannot become
 * vectors No include guard: a source defines SG_BODY and includes this once. */
#include "kernel/math_f32.h"
#include "kernel/math_f64.h"
#include "kernel/families.h"

#define T float
#define FN(name) SG_FN(name##_f32)
#define M(name) name##_f32
#define MATH_LOOP SG_VECTOR_LOOP
#include SG_BODY
#undef T
#undef FN
#undef M
#undef MATH_LOOP

#define T double
#define FN(name) SG_FN(name##_f64)
#define M(name) name##_f64
#define MATH_LOOP
#include SG_BODY
#undef T
#undef FN
#undef M
#undef MATH_LOOP
