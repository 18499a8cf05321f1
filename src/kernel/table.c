/* The table of one variant. */
#include "kernel/families.h"

#define TEXT_(name) #name
#define TEXT(name) TEXT_(name)

#define UNARY_F32(N, name) [SG_UNARY_##N] = SG_FN(name##_f32),
#define UNARY_F64(N, name) [SG_UNARY_##N] = SG_FN(name##_f64),
#define UNARY_I32(N, name) [SG_UNARY_##N] = SG_FN(name##_i32),
#define GRADIENT_F32(N, name) [SG_GRADIENT_##N] = SG_FN(name##_gradient_f32),
#define GRADIENT_F64(N, name) [SG_GRADIENT_##N] = SG_FN(name##_gradient_f64),
#define LOSS_F32(N, name) [SG_LOSS_##N] = SG_FN(name##_loss_f32),
#define LOSS_F64(N, name) [SG_LOSS_##N] = SG_FN(name##_loss_f64),
#define SLOPES_F32(N, name) [SG_LOSS_##N] = {SG_FN(name##_by_output_f32), SG_FN(name##_by_target_f32)},
#define SLOPES_F64(N, name) [SG_LOSS_##N] = {SG_FN(name##_by_output_f64), SG_FN(name##_by_target_f64)},
#define SIDES(name) {SG_FN(name##_aa), SG_FN(name##_sa), SG_FN(name##_as)},
#define BINARY_F32(N, name) [SG_BINARY_##N] = SIDES(name##_f32)
#define BINARY_F64(N, name) [SG_BINARY_##N] = SIDES(name##_f64)
#define BINARY_I32(N, name) [SG_BINARY_##N] = SIDES(name##_i32)
#define COMPARE_F32(N, name) [SG_COMPARE_##N] = SIDES(name##_f32)
#define COMPARE_F64(N, name) [SG_COMPARE_##N] = SIDES(name##_f64)
#define COMPARE_I32(N, name) [SG_COMPARE_##N] = SIDES(name##_i32)
#define COMPARE_U8(N, name) [SG_COMPARE_##N] = SIDES(name##_u8)
#define LOGIC(N, name) [SG_LOGIC_##N] = SIDES(logic_##name##_i32)

#define ENTRY(name, type) .name##_##type = SG_FN(name##_##type)
#define ANY_TYPE(type) ENTRY(where, type), ENTRY(fill, type)
#define FLOAT_TYPE(type)                                                                              \
    ANY_TYPE(type), ENTRY(accumulate, type), ENTRY(axpy, type), ENTRY(scale, type),                   \
        ENTRY(accumulate_wide, type), ENTRY(sum, type), ENTRY(dot, type), ENTRY(max, type),           \
        ENTRY(min, type), ENTRY(all_finite, type), ENTRY(add_bias, type), ENTRY(sum_rows, type),      \
        ENTRY(softmax, type), ENTRY(log_softmax, type), ENTRY(softmax_gradient, type),                \
        ENTRY(log_softmax_gradient, type), ENTRY(layer_norm, type), ENTRY(layer_norm_gradient, type), \
        ENTRY(correlate, type), ENTRY(correlate_taps, type), ENTRY(adamw, type), ENTRY(sgd, type)

extern const sg_loops SG_FN(loops);

const sg_loops SG_FN(loops) = {
    .name = TEXT(SG_CPU),
    .unary_f32 = {SG_EACH_UNARY(UNARY_F32)},
    .unary_f64 = {SG_EACH_UNARY(UNARY_F64)},
    .unary_i32 = {SG_EACH_UNARY_I32(UNARY_I32)},
    .unary_gradient_f32 = {SG_EACH_GRADIENT(GRADIENT_F32)},
    .unary_gradient_f64 = {SG_EACH_GRADIENT(GRADIENT_F64)},
    .loss_f32 = {SG_EACH_LOSS(LOSS_F32)},
    .loss_f64 = {SG_EACH_LOSS(LOSS_F64)},
    .loss_gradient_f32 = {SG_EACH_LOSS(SLOPES_F32)},
    .loss_gradient_f64 = {SG_EACH_LOSS(SLOPES_F64)},
    .binary_f32 = {SG_EACH_BINARY(BINARY_F32)},
    .binary_f64 = {SG_EACH_BINARY(BINARY_F64)},
    .binary_i32 = {SG_EACH_BINARY_I32(BINARY_I32)},
    .compare_f32 = {SG_EACH_COMPARE(COMPARE_F32)},
    .compare_f64 = {SG_EACH_COMPARE(COMPARE_F64)},
    .compare_i32 = {SG_EACH_COMPARE(COMPARE_I32)},
    .compare_u8 = {SG_EACH_COMPARE(COMPARE_U8)},
    .logic_i32 = {SG_EACH_LOGIC(LOGIC)},
    .logic_not_i32 = SG_FN(logic_not_i32),
    .narrow = SG_FN(narrow),
    .widen = SG_FN(widen),
    .transpose_f32 = SG_FN(transpose_f32),
    .split_f32 = SG_FN(split_f32),
    .weave_f32 = SG_FN(weave_f32),
    .draw_words = SG_FN(draw_words),
    .normal = SG_FN(normal),
    ANY_TYPE(i32),
    FLOAT_TYPE(f32),
    FLOAT_TYPE(f64),
};
