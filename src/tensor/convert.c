#include "tensor/convert.h"

#include <string.h>

typedef uint8_t u8;
typedef int32_t i32;
typedef uint16_t bf16;
typedef float f32;
typedef double f64;

/* ---- one element ---- */

static inline i32 i32_of_f64(f64 x) {
    f64 low = x > -2147483648.0 ? x : -2147483648.0;
    f64 fit = low < 2147483647.0 ? low : 2147483647.0;
    return x == x ? (i32)fit : 0;
}

static inline u8 u8_of_i32(i32 x) {
    return (u8)(x < 0 ? 0 : x > 255 ? 255 : x);
}

#define SAME(x) (x)
#define TO(type, x) ((type)(x))
#define u8_from_u8(x) SAME(x)
#define u8_from_i32(x) u8_of_i32(x)
#define u8_from_bf16(x) u8_of_i32(i32_of_f64((f64)sg_f32_of_bf16(x)))
#define u8_from_f32(x) u8_of_i32(i32_of_f64((f64)(x)))
#define u8_from_f64(x) u8_of_i32(i32_of_f64(x))
#define i32_from_u8(x) TO(i32, x)
#define i32_from_i32(x) SAME(x)
#define i32_from_bf16(x) i32_of_f64((f64)sg_f32_of_bf16(x))
#define i32_from_f32(x) i32_of_f64((f64)(x))
#define i32_from_f64(x) i32_of_f64(x)
#define bf16_from_u8(x) sg_bf16_of_f32((f32)(x))
#define bf16_from_i32(x) sg_bf16_of_f32((f32)(x))
#define bf16_from_bf16(x) SAME(x)
#define bf16_from_f32(x) sg_bf16_of_f32(x)
#define bf16_from_f64(x) sg_bf16_of_f32((f32)(x))
#define f32_from_u8(x) TO(f32, x)
#define f32_from_i32(x) TO(f32, x)
#define f32_from_bf16(x) sg_f32_of_bf16(x)
#define f32_from_f32(x) SAME(x)
#define f32_from_f64(x) TO(f32, x)
#define f64_from_u8(x) TO(f64, x)
#define f64_from_i32(x) TO(f64, x)
#define f64_from_bf16(x) ((f64)sg_f32_of_bf16(x))
#define f64_from_f32(x) TO(f64, x)
#define f64_from_f64(x) SAME(x)

/* ---- runs ---- */

/* The steps are tested outside the loop: with unit steps the compiler makes vectors. */
#define RUN(D, S)                                                                          \
    static void D##_run_##S(void *to, int64_t p, const void *from, int64_t q, int64_t n) { \
        D *dst = to;                                                                       \
        const S *src = from;                                                               \
        if (p == 1 && q == 1)                                                              \
            for (int64_t k = 0; k < n; k++) dst[k] = D##_from_##S(src[k]);                 \
        else if (p == 1 && q == 0)                                                         \
            for (int64_t k = 0; k < n; k++) dst[k] = D##_from_##S(src[0]);                 \
        else                                                                               \
            for (int64_t k = 0; k < n; k++) dst[k * p] = D##_from_##S(src[k * q]);         \
    }
#define RUNS(D) RUN(D, u8) RUN(D, i32) RUN(D, bf16) RUN(D, f32) RUN(D, f64)
RUNS(u8)
RUNS(i32)
RUNS(bf16)
RUNS(f32)
RUNS(f64)

typedef void (*run_function)(void *to, int64_t p, const void *from, int64_t q, int64_t n);

#define ROW(D) \
    { D##_run_u8, D##_run_i32, D##_run_bf16, D##_run_f32, D##_run_f64 }
static const run_function runs[SG_TYPE_COUNT][SG_TYPE_COUNT] = {ROW(u8), ROW(i32), ROW(bf16), ROW(f32),
                                                                ROW(f64)};

void sg_convert_run(sg_type dst_type, void *dst, int64_t dst_step, sg_type src_type, const void *src,
                    int64_t src_step, int64_t count) {
    if (dst_type == src_type && dst_step == 1 && src_step == 1) {
        if (count > 0) memmove(dst, src, (size_t)count * sg_type_size(dst_type));
        return;
    }
    runs[dst_type][src_type](dst, dst_step, src, src_step, count);
}
