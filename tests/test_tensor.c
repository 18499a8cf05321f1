/* Types, shapes, strided copies and conversions. */
#include "unit.h"

#include "simgraph/tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE_AT(...) (&(sg_shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})

START_TEST(types) {
    static const char *const name[] = {"u8", "i32", "bf16", "f32", "f64"};
    static const size_t size[] = {1, 4, 2, 4, 8};
    for (int i = 0; i < SG_TYPE_COUNT; i++) {
        sg_type type = SG_TYPE_COUNT;
        ck_assert_str_eq(sg_type_name((sg_type)i), name[i]);
        ck_assert_uint_eq(sg_type_size((sg_type)i), size[i]);
        ck_assert(sg_type_from_name(name[i], &type) && type == (sg_type)i);
        ck_assert(sg_type_is_float((sg_type)i) == (i >= SG_BF16));
        for (int j = 0; j < SG_TYPE_COUNT; j++)
            ck_assert_int_eq(sg_type_promote((sg_type)i, (sg_type)j), i > j ? i : j);
    }
    sg_type type;
    ck_assert(!sg_type_from_name("float", &type));
}
END_TEST

START_TEST(shapes) {
    sg_error error = {0};
    char text[SG_SHAPE_TEXT];
    sg_shape a = SG_SHAPE(2, 1, 3), b = SG_SHAPE(4, 1), c = SG_SHAPE(2, 3), scalar = {0}, out = {0};
    ck_assert(sg_shape_equal(&a, &a) && !sg_shape_equal(&a, &c) && !sg_shape_equal(&b, &c));
    ck_assert(sg_shape_broadcast(&a, &b, &out) && sg_shape_equal(&out, SHAPE_AT(2, 4, 3)));
    ck_assert(sg_shape_broadcast(&scalar, &c, &out) && sg_shape_equal(&out, &c));
    ck_assert(!sg_shape_broadcast(&b, &c, &out) && sg_shape_equal(&out, &c));
    ck_assert(sg_shape_broadcast(SHAPE_AT(0), SHAPE_AT(1), &out) && out.dim[0] == 0);
    ck_assert(!sg_shape_broadcast(SHAPE_AT(0), SHAPE_AT(2), &out));
    ck_assert_int_eq(sg_shape_elements(&a), 6);
    ck_assert_int_eq(sg_shape_elements(&scalar), 1);
    ck_assert_int_eq(sg_shape_elements(SHAPE_AT(3, 0)), 0);
    ck_assert_str_eq(sg_shape_text(SHAPE_AT(128, 49, 64), 0, text), "[128, 49, 64]");
    ck_assert_str_eq(sg_shape_text(SHAPE_AT(128, 49, 0, 256), 128, text), "[batch, 49, 0, 2*batch]");
    ck_assert_str_eq(sg_shape_text(&scalar, 0, text), "[]");
    int64_t most[8];
    for (int i = 0; i < 8; i++) most[i] = INT64_MIN;
    sg_shape large = sg_shape_of(8, most);
    ck_assert_uint_lt(strlen(sg_shape_text(&large, 0, text)), SG_SHAPE_TEXT);
    assert_ok(sg_shape_check(&a, &error));
    assert_ok(sg_shape_check(&scalar, &error));
    assert_ok(sg_shape_check(SHAPE_AT((INT64_C(1) << 59) - 1), &error));
    assert_fails(sg_shape_check(SHAPE_AT(INT64_C(1) << 59), &error), SG_BAD_GRAPH,
                 "shape [576460752303423488] has too many elements: at most 2^59 - 1 can be addressed");
    assert_fails(sg_shape_check(SHAPE_AT(INT64_C(1) << 32, INT64_C(1) << 32), &error), SG_BAD_GRAPH,
                 "shape [4294967296, 4294967296] has too many elements: at most 2^59 - 1 can be addressed");
    assert_fails(
        sg_shape_check(SHAPE_AT(0, INT64_C(1) << 32, INT64_C(1) << 32), &error), SG_BAD_GRAPH,
        "shape [0, 4294967296, 4294967296] has too many elements: at most 2^59 - 1 can be addressed");
    assert_fails(sg_shape_check(SHAPE_AT(3, -1), &error), SG_BAD_GRAPH,
                 "shape [3, -1]: axis 1 has size -1: sizes must not be negative");
    a.rank = 9;
    assert_fails(sg_shape_check(&a, &error), SG_BAD_GRAPH, "a shape has 9 axes: at most 8 are allowed");
}
END_TEST

START_TEST(tensors) {
    sg_error error = {0};
    sg_tensor t;
    assert_ok(sg_tensor_init(&t, SG_F32, SG_SHAPE(2, 3, 4), &error));
    ck_assert_uint_eq((uintptr_t)t.data % 64, 0);
    ck_assert_int_eq(sg_tensor_elements(&t), 24);
    ck_assert_uint_eq(sg_tensor_bytes(&t), 96);
    ck_assert(t.stride[0] == 12 && t.stride[1] == 4 && t.stride[2] == 1 && sg_tensor_contiguous(&t));
    for (int i = 0; i < 24; i++) ck_assert(sg_tensor_get(&t, i) == 0);
    sg_tensor_set(&t, 5, 1.5);
    ck_assert(((float *)t.data)[5] == 1.5f && sg_tensor_get(&t, 5) == 1.5);
    sg_tensor view = sg_tensor_view(SG_F32, SG_SHAPE(3, 2), t.data);
    view.stride[0] = 1, view.stride[1] = 3; /* a transpose */
    ck_assert(!sg_tensor_contiguous(&view));
    ck_assert(sg_tensor_get(&view, 5) == 1.5); /* row 2, column 1 */
    view.data = (float *)t.data + 5, view.stride[0] = -1, view.stride[1] = 0;
    ck_assert(sg_tensor_get(&view, 0) == 1.5 && sg_tensor_get(&view, 1) == 1.5 &&
              sg_tensor_get(&view, 2) == 0);
    view = sg_tensor_view(SG_F32, SG_SHAPE(1, 4), t.data);
    view.stride[0] = 99; /* of an axis of size 1: no matter */
    ck_assert(sg_tensor_contiguous(&view));
    sg_tensor_finish(&t);
    sg_tensor_finish(&t);
    assert_ok(sg_tensor_init(&t, SG_F64, SG_SHAPE(3, 0), &error));
    ck_assert_ptr_nonnull(t.data);
    ck_assert(sg_tensor_contiguous(&t) && sg_tensor_bytes(&t) == 0);
    sg_tensor_finish(&t);
    assert_fails(sg_tensor_init(&t, SG_U8, SG_SHAPE(-2), &error), SG_BAD_GRAPH,
                 "shape [-2]: axis 0 has size -2: sizes must not be negative");
    ck_assert_ptr_null(t.owned);
    assert_fails(sg_tensor_init(&t, SG_F64, SG_SHAPE(INT64_C(1) << 58), &error), SG_OUT_OF_MEMORY,
                 "out of memory for a tensor of f64 [288230376151711744] (2305843009213693952 bytes)");
}
END_TEST

/* Reference: element by element through the slow accessors, which address by division. */
static void check_copy(const sg_tensor *dst, const sg_tensor *src) {
    sg_error error = {0};
    assert_ok(sg_tensor_copy(dst, src, &error));
    for (int64_t i = 0; i < sg_tensor_elements(dst); i++)
        ck_assert_msg(sg_tensor_get(dst, i) == sg_tensor_get(src, i), "element %d", (int)i);
}

static int64_t next(uint64_t *state, int64_t below) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*state >> 33) % (uint64_t)below);
}

/* A view with random steps over `elements` of memory: axes in random order, some reversed, broadcast or with
 * gaps. */
static sg_tensor random_view(sg_type type, sg_shape shape, void *memory, bool broadcast, uint64_t *state) {
    sg_tensor t = sg_tensor_view(type, shape, NULL);
    int order[SG_MAX_RANK];
    for (int i = 0; i < shape.rank; i++) order[i] = i;
    for (int i = shape.rank - 1; i > 0; i--) {
        int j = (int)next(state, i + 1), k = order[i];
        order[i] = order[j];
        order[j] = k;
    }
    int64_t step = 1 + (next(state, 4) == 0), offset = 0;
    for (int i = 0; i < shape.rank; i++) {
        int axis = order[i];
        int64_t size = shape.dim[axis];
        t.stride[axis] = step;
        if (broadcast && next(state, 5) == 0) {
            t.stride[axis] = 0;
            continue;
        }
        if (next(state, 4) == 0) {
            t.stride[axis] = -step;
            offset += (size - 1) * step;
        }
        step *= size + (next(state, 4) == 0);
    }
    t.data = (char *)memory + offset * (int64_t)sg_type_size(type);
    return t;
}

START_TEST(copies) {
    enum { MEMORY = 1 << 17 };
    static const sg_type type[] = {SG_U8, SG_I32, SG_F32, SG_F64};
    double *from = calloc(MEMORY, sizeof *from), *to = calloc(MEMORY, sizeof *to);
    uint64_t state = 1;
    for (int round = 0; round < 400; round++) {
        sg_shape shape = {.rank = (int)next(&state, 5)};
        for (int i = 0; i < shape.rank; i++) shape.dim[i] = 1 + next(&state, shape.rank < 3 ? 70 : 7);
        sg_type a = type[next(&state, 4)], b = type[next(&state, 4)];
        memset(from, 0, MEMORY * sizeof *from);
        sg_tensor fill = sg_tensor_view(a, SG_SHAPE(MEMORY / 2), from);
        for (int64_t i = 0; i < MEMORY / 2; i += 1 + round % 3)
            sg_tensor_set(&fill, i, (double)(i * 7 % 251));
        memset(to, 0, MEMORY * sizeof *to);

        sg_tensor src = random_view(a, shape, from, true, &state),
                  dst = random_view(b, shape, to, false, &state);
        check_copy(&dst, &src);
    }
    free(from);
    free(to);
}
END_TEST

START_TEST(empty_and_scalar_copies) {
    sg_error error = {0};
    float one = 3, two = 0;
    sg_tensor a = sg_tensor_view(SG_F32, (sg_shape){0}, &one),
              b = sg_tensor_view(SG_F32, (sg_shape){0}, &two);
    check_copy(&b, &a);
    ck_assert(two == 3);
    a = sg_tensor_view(SG_F32, SG_SHAPE(4, 0, 2), NULL);
    assert_ok(sg_tensor_copy(&a, &a, &error));
    assert_fails(sg_tensor_copy(&a, &b, &error), SG_BAD_USAGE,
                 "cannot copy a tensor of shape [] into one of shape [4, 0, 2]");
}
END_TEST

static double convert(sg_type from, sg_type to, double value) {
    double a = 0, b = 0;
    sg_tensor src = sg_tensor_view(from, SG_SHAPE(1), &a), dst = sg_tensor_view(to, SG_SHAPE(1), &b);
    sg_error error = {0};
    sg_tensor_set(&src, 0, value);
    assert_ok(sg_tensor_copy(&dst, &src, &error));
    return sg_tensor_get(&dst, 0);
}

START_TEST(conversions) {
    static const sg_type floats[] = {SG_BF16, SG_F32, SG_F64};
    for (int i = 0; i < 3; i++) {
        sg_type f = floats[i];
        ck_assert(convert(f, SG_I32, -1.75) == -1 && convert(f, SG_I32, 2.75) == 2);
        ck_assert(convert(f, SG_I32, 1e30) == INT32_MAX && convert(f, SG_I32, -1e30) == INT32_MIN);
        ck_assert(convert(f, SG_I32, INFINITY) == INT32_MAX && convert(f, SG_I32, -INFINITY) == INT32_MIN);
        ck_assert(convert(f, SG_I32, NAN) == 0 && convert(f, SG_U8, NAN) == 0);
        ck_assert(convert(f, SG_U8, 255.5) == 255 && convert(f, SG_U8, -3) == 0);
        ck_assert(convert(f, SG_U8, 1e20) == 255 && convert(f, SG_U8, 7.5) == 7);
        ck_assert(isnan(convert(f, SG_F32, NAN)) && isnan(convert(f, SG_F64, NAN)) &&
                  isnan(convert(f, SG_BF16, NAN)));
        ck_assert(convert(f, SG_F64, -INFINITY) == -INFINITY && convert(f, SG_BF16, INFINITY) == INFINITY);
    }
    ck_assert(convert(SG_I32, SG_U8, 300) == 255 && convert(SG_I32, SG_U8, -1) == 0 &&
              convert(SG_I32, SG_U8, 200) == 200);
    ck_assert(convert(SG_I32, SG_F32, 16777217) == 16777216 && convert(SG_I32, SG_F64, 16777217) == 16777217);
    ck_assert(convert(SG_U8, SG_F32, 255) == 255 && convert(SG_U8, SG_I32, 255) == 255);
    ck_assert(convert(SG_F64, SG_F32, 1e300) == INFINITY && convert(SG_F64, SG_F32, 0.1) == (double)0.1f);
    /* bf16 keeps 8 bits: halves go to even. */
    ck_assert(convert(SG_F32, SG_BF16, 257) == 256 && convert(SG_F32, SG_BF16, 259) == 260);
    ck_assert(convert(SG_F32, SG_BF16, 258) == 258 && convert(SG_F32, SG_BF16, 257.001) == 258);
    ck_assert(convert(SG_F32, SG_BF16, 3.4e38) == INFINITY && convert(SG_F32, SG_BF16, -0.0) == 0);
    ck_assert(convert(SG_F64, SG_BF16, 1e-40) > 0 && convert(SG_BF16, SG_F64, 1.0) == 1);
    /* A NaN whose payload would vanish with the low bits stays one. */
    uint32_t bits = 0x7f800001;
    uint16_t half = 0;
    sg_tensor src = sg_tensor_view(SG_F32, SG_SHAPE(1), &bits),
              dst = sg_tensor_view(SG_BF16, SG_SHAPE(1), &half);
    sg_error error = {0};
    assert_ok(sg_tensor_copy(&dst, &src, &error));
    ck_assert_uint_eq(half, 0x7fc0);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {types, shapes, tensors, copies, empty_and_scalar_copies, conversions, NULL};
    return unit_run(unit_suite("tensor", tests));
}
