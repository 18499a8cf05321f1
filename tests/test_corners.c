/* Corners of the engine where it once went wrong. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "rig.h"

static sg_value input(rig *b, sg_type type, sg_shape shape) {
    return sg_emit(b->graph, "input", NULL, 0, sg_arg_shape("shape", &shape), sg_arg_dtype("type", type));
}

static void count_up(rig *b, sg_value v, double from) {
    sg_tensor feed = sg_program_feed(b->program, v);
    for (int64_t i = 0; i < sg_tensor_elements(&feed); i++) sg_tensor_set(&feed, i, from + (double)i);
}

static void run(rig *b, const int64_t *ids) {
    sg_error error = {0};
    sg_draw draw = {.seed = 3, .batch = sg_graph_batch(b->graph), .ids = ids};
    assert_ok(sg_program_run(b->program, SG_PHASE_GRADIENT, &draw, &error));
}

/* Matrices with gaps between them, and an axis of size 1 that hides the gap. */
START_TEST(rows_with_gaps_are_no_single_product) {
    rig b;
    rig_begin(&b, SG_F32, true, 1);
    sg_value x = input(&b, SG_F32, SG_SHAPE(2, 1, 3, 2)), w = input(&b, SG_F32, SG_SHAPE(2, 2));
    int64_t stops[] = {2, 1, 2};
    sg_value cut = sg_emit(b.graph, "slice", SG_IN(x), sg_arg_ints("stops", 3, stops));
    sg_value y = sg_emit(b.graph, "matmul", SG_IN(cut, w));
    rig_plan(&b, 1, &y);
    count_up(&b, x, 0);
    sg_tensor feed = sg_program_feed(b.program, w);
    for (int i = 0; i < 4; i++) sg_tensor_set(&feed, i, i % 3 == 0); /* identity */
    run(&b, NULL);
    sg_tensor out = sg_program_fetch(b.program, y);
    static const double wanted[] = {0, 1, 2, 3, 6, 7, 8, 9};
    for (int i = 0; i < 8; i++) ck_assert(sg_tensor_get(&out, i) == wanted[i]);
    rig_end(&b);
}
END_TEST

/* One row that stands for many: the distance between them is 0, which BLAS cannot be told. */
START_TEST(repeated_rows_are_no_single_product) {
    rig b;
    rig_begin(&b, SG_F32, true, 1);
    sg_value x = input(&b, SG_F32, SG_SHAPE(1, 1, 2)), w = input(&b, SG_F32, SG_SHAPE(2, 3));
    sg_shape many = SG_SHAPE(5, 1, 2);
    sg_value wide = sg_emit(b.graph, "broadcast_to", SG_IN(x), sg_arg_shape("shape", &many));
    sg_value y = sg_emit(b.graph, "matmul", SG_IN(wide, w));
    rig_plan(&b, 1, &y);
    count_up(&b, x, 1);
    count_up(&b, w, 0);
    run(&b, NULL);
    sg_tensor out = sg_program_fetch(b.program, y);
    static const double wanted[] = {6, 9, 12};
    for (int i = 0; i < 15; i++) ck_assert(sg_tensor_get(&out, i) == wanted[i % 3]);
    rig_end(&b);
}
END_TEST

/* A map without columns, of which convolutions see the padding alone. */
START_TEST(convolution_of_padding) {
    for (int64_t batch = 2; batch <= 16; batch += 14) {
        rig b;
        sg_error error = {0};
        rig_begin(&b, SG_F32, true, batch);
        sg_value in[] = {input(&b, SG_F32, SG_SHAPE(batch, 3, 4, 0)), input(&b, SG_F32, SG_SHAPE(5, 3, 2, 2)),
                         input(&b, SG_F32, SG_SHAPE(5))};
        sg_value y = sg_emit(b.graph, "conv2d", SG_IN(in[0], in[1], in[2]),
                             sg_arg_ints("pad", 1, (const int64_t[]){1}));
        sg_value loss = sg_emit(b.graph, "sum", SG_IN(sg_emit(b.graph, "square", SG_IN(y)))), fetch[5];
        assert_ok(sg_graph_differentiate(b.graph, loss, SG_NO_VALUE, 3, in, fetch, &error));
        fetch[3] = loss, fetch[4] = y;
        rig_plan(&b, 5, fetch);
        count_up(&b, in[1], 1);
        count_up(&b, in[2], 1);
        run(&b, NULL);
        sg_tensor out = sg_program_fetch(b.program, y), dw = sg_program_fetch(b.program, fetch[1]),
                  db = sg_program_fetch(b.program, fetch[2]);
        ck_assert_int_eq(sg_tensor_elements(&out), batch * 5 * 5);
        for (int64_t i = 0; i < batch * 25; i++) ck_assert(sg_tensor_get(&out, i) == (double)(1 + i / 5 % 5));
        for (int64_t i = 0; i < 60; i++) ck_assert(sg_tensor_get(&dw, i) == 0);
        for (int64_t i = 0; i < 5; i++) ck_assert(sg_tensor_get(&db, i) == (double)(batch * 5 * 2 * (1 + i)));
        rig_end(&b);
    }
}
END_TEST

/* Bytes are calculated in i32 and cut off at the ends. */
START_TEST(functions_of_bytes) {
    rig b;
    rig_begin(&b, SG_F32, true, 1);
    sg_value x = input(&b, SG_U8, SG_SHAPE(37));
    sg_value y[] = {sg_emit(b.graph, "square", SG_IN(x)), sg_emit(b.graph, "neg", SG_IN(x)),
                    sg_emit(b.graph, "abs", SG_IN(x))};
    rig_plan(&b, 3, y);
    count_up(&b, x, 0);
    run(&b, NULL);
    sg_tensor square = sg_program_fetch(b.program, y[0]), neg = sg_program_fetch(b.program, y[1]),
              same = sg_program_fetch(b.program, y[2]);
    for (int i = 0; i < 37; i++) {
        ck_assert(sg_tensor_get(&square, i) == (i * i < 255 ? i * i : 255));
        ck_assert(sg_tensor_get(&neg, i) == 0 && sg_tensor_get(&same, i) == i);
    }
    rig_end(&b);
}
END_TEST

/* An axis that is no multiple of the batch: its numbers belong to the first sample, all of them different. */
START_TEST(random_numbers_without_samples) {
    rig b;
    rig_begin(&b, SG_F32, true, 2);
    sg_shape odd = SG_SHAPE(1001);
    sg_value y = sg_emit(b.graph, "random_uniform", NULL, 0, sg_arg_shape("shape", &odd));
    rig_plan(&b, 1, &y);
    int64_t *ids = malloc(2 * sizeof *ids);
    ids[0] = 7, ids[1] = 8;
    run(&b, ids);
    sg_tensor out = sg_program_fetch(b.program, y);
    double first = sg_tensor_get(&out, 0);
    for (int i = 1; i < 100; i++) ck_assert(sg_tensor_get(&out, i) != sg_tensor_get(&out, i - 1));
    ids[0] = 9;
    run(&b, ids);
    ck_assert(sg_tensor_get(&out, 0) != first);
    free(ids);
    rig_end(&b);
}
END_TEST

/* Sizes that fit one by one, but not together. */
START_TEST(sizes_that_do_not_add_up) {
    rig b;
    sg_error error = {0};
    rig_begin(&b, SG_F32, true, 1);
    sg_shape huge = SG_SHAPE(INT64_C(1) << 58);
    sg_value y[8];
    for (int k = 0; k < 8; k++)
        y[k] = sg_emit(b.graph, "constant", NULL, 0, sg_arg_float("value", k), sg_arg_shape("shape", &huge),
                       sg_arg_dtype("type", SG_F64));
    assert_ok(sg_graph_status(b.graph, &error));
    sg_program_options options = {.size = sizeof options, .fetch = y, .fetch_count = 8};
    assert_ok(sg_store_initialise(b.store, b.context, b.graph, 1, &error));
    ck_assert_int_eq(rig_create(&b, &options, &error), SG_OUT_OF_MEMORY);
    rig_end(&b);
}
END_TEST

static void refused(rig *b, const char *op, const sg_value *in, int count, const sg_arg *args,
                    sg_status status, const char *message) {
    sg_error error = {0};
    ck_assert_int_eq(sg_graph_add(b->graph, op, NULL, in, count, args), SG_NO_VALUE);
    assert_fails(sg_graph_status(b->graph, &error), status, message);
}

static void refuse(const char *op, const sg_value *in, int count, const sg_arg *args, const char *message) {
    rig b;
    rig_begin(&b, SG_F32, true, 1);
    input(&b, SG_F32, SG_SHAPE(2));
    input(&b, SG_BF16, SG_SHAPE(2));
    refused(&b, op, in, count, args, SG_BAD_GRAPH, message);
    rig_end(&b);
}

START_TEST(bad_nodes_are_refused) {
    int64_t ones[12];
    for (int i = 0; i < 12; i++) ones[i] = 1;
    static const sg_call mean = {.schema = NULL};
    sg_call call = mean;
    call.schema = sg_registry_find(SG_KIND_OP, "mean");
    const sg_value gap[] = {0, SG_NO_VALUE, 0};
    refuse("broadcast_to", SG_IN(0), (const sg_arg[]){sg_arg_ints("shape", 12, ones), {0}},
           "broadcast_to: [2] cannot be broadcast to [1, 1, 1, 1, 1, 1, 1, 1]");
    refuse("all_finite", gap, 3, NULL, "all_finite: input 1 of all_finite is missing");
    refuse("exp", SG_IN(1), NULL,
           "exp: input 0 of exp is bf16, which is for storage alone: cast it to f32 first");
    refuse("cast", SG_IN(0), (const sg_arg[]){sg_arg_dtype("type", (sg_type)17), {0}},
           "cast: type is no element type");
    refuse("weight", NULL, 0,
           (const sg_arg[]){sg_arg_ints("shape", 1, ones), sg_arg_call("init", &call), {0}},
           "weight: init is `mean`, which is no initialiser");
}
END_TEST

START_TEST(seeds_of_another_shape) {
    rig b;
    sg_error error = {0};
    rig_begin(&b, SG_F32, true, 1);
    sg_value x = input(&b, SG_F32, SG_SHAPE(2)), y = sg_emit(b.graph, "mul", SG_IN(x, x)), grad;
    sg_value other = input(&b, SG_F32, SG_SHAPE(3));
    assert_fails(sg_graph_differentiate(b.graph, y, other, 1, &x, &grad, &error), SG_BAD_USAGE,
                 "the seed must have the shape and type of `mul`");
    rig_end(&b);
}
END_TEST

/* What was exchanged may be finished while the program goes on with the other memory. */
START_TEST(exchanged_memory_has_one_owner) {
    rig b;
    sg_error error = {0};
    rig_begin(&b, SG_F32, true, 1);
    sg_value x = input(&b, SG_F32, SG_SHAPE(3)), y = sg_emit(b.graph, "add", SG_IN(x, x));
    rig_plan(&b, 1, &y);
    count_up(&b, x, 10);
    sg_tensor next;
    assert_ok(sg_tensor_init(&next, SG_F32, SG_SHAPE(3), &error));
    for (int64_t i = 0; i < 3; i++) sg_tensor_set(&next, i, 20 + (double)i);
    sg_program_exchange(b.program, x, &next);
    ck_assert_ptr_eq(next.data, next.owned);
    ck_assert_double_eq(sg_tensor_get(&next, 2), 12);
    sg_tensor_finish(&next);
    run(&b, NULL);
    sg_tensor sum = sg_program_fetch(b.program, y);
    for (int64_t i = 0; i < 3; i++) ck_assert_double_eq(sg_tensor_get(&sum, i), 40 + 2 * (double)i);
    rig_end(&b);
}
END_TEST

/* Whoever was compiled against a shorter structure of options has something else behind it. */
START_TEST(options_end_where_they_say) {
    rig b;
    sg_error error = {0};
    rig_begin(&b, SG_F32, true, 4);
    sg_value x = input(&b, SG_F32, SG_SHAPE(4, 3)), y = sg_emit(b.graph, "add", SG_IN(x, x));
    sg_program_options options = {.size = offsetof(sg_program_options, profile),
                                  .fetch = &y,
                                  .fetch_count = 1,
                                  .profile = true,
                                  .block = 1};
    sg_memory memory;
    double flops;
    assert_ok(rig_create(&b, &options, &error));
    assert_ok(sg_program_measure(&memory, &flops, b.context, b.graph, &options, &error));
    run(&b, NULL);
    ck_assert_int_eq(sg_program_node_at(b.program, 0).blocks, 1);
    ck_assert_double_eq(sg_program_node_at(b.program, 0).seconds, 0);
    sg_program_destroy(b.program);
    options.size = sizeof options;
    assert_ok(rig_create(&b, &options, &error));
    ck_assert_int_eq(sg_program_node_at(b.program, 0).blocks, 4);
    rig_end(&b);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {rows_with_gaps_are_no_single_product,
                                  repeated_rows_are_no_single_product,
                                  convolution_of_padding,
                                  functions_of_bytes,
                                  random_numbers_without_samples,
                                  sizes_that_do_not_add_up,
                                  bad_nodes_are_refused,
                                  seeds_of_another_shape,
                                  exchanged_memory_has_one_owner,
                                  options_end_where_they_say,
                                  NULL};
    return unit_run(unit_suite("corners", tests));
}
