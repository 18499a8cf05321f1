/* Splits: steps, fields, means, batches, the order of an epoch. */
#include "calls.h"
#include "scratch.h"

#include "simgraph/arrays.h"

#include <math.h>
#include <stdlib.h>

/* Three images of 2 x 3 pixels in `channels` channels, pixel i of the file is i * 4; labels 10, 11, 12; a
 * float column. */
static sg_call small_source(int channels) {
    sg_error error = {0};
    static uint8_t pixels[3 * 3 * 6];
    static int32_t label[3] = {10, 11, 12};
    static double score[6] = {0, 0.5, 1, 1.5, 2, 2.5};
    for (int i = 0; i < 54; i++) pixels[i] = (uint8_t)(i * 4);
    sg_tensor image = sg_tensor_view(SG_U8, SG_SHAPE(3, channels, 2, 3), pixels);
    sg_tensor labels = sg_tensor_view(SG_I32, SG_SHAPE(3), label),
              scores = sg_tensor_view(SG_F64, SG_SHAPE(3, 2), score);
    sg_arrays arrays = {0};
    assert_ok(sg_arrays_add_view(&arrays, "image", &image, &error));
    assert_ok(sg_arrays_add_view(&arrays, "label", &labels, &error));
    assert_ok(sg_arrays_add_view(&arrays, "score", &scores, &error));
    assert_ok(sg_arrays_save(&arrays, "x.npz", &error));
    sg_arrays_finish(&arrays);
    return SOURCE("arrays", sg_arg_text("path", "x.npz"));
}

/* One sample of field 0 as f32. */
static void fill_one(const sg_split *split, uint64_t seed, uint32_t epoch, int64_t sample, float *to) {
    sg_error error = {0};
    const sg_shape *shape = &sg_split_field(split, 0)->shape;
    sg_shape full = {.rank = shape->rank + 1, .dim = {1}};
    for (int i = 0; i < shape->rank; i++) full.dim[i + 1] = shape->dim[i];
    sg_tensor tensor = sg_tensor_view(SG_F32, full, to);
    assert_ok(sg_split_fill(split, 0, seed, epoch, &sample, 1, &tensor, &error));
}

START_TEST(plain_fields_keep_values) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = small_source(1);
    sg_field_spec fields[] = {{.name = "image"}, {.name = "target", .column = "label"}, {.name = "score"}};
    sg_split_options options = {
        .size = sizeof options, .name = "test", .source = &source, .fields = fields, .field_count = 3};
    assert_ok(sg_split_create(&split, &options, &error));
    ck_assert_str_eq(sg_split_name(split), "test");
    ck_assert_int_eq(sg_split_field_count(split), 3);
    ck_assert_int_eq(sg_split_find_field(split, "target"), 1);
    ck_assert_int_eq(sg_split_find_field(split, "label"), -1);
    const sg_field *image = sg_split_field(split, 0), *target = sg_split_field(split, 1);
    ck_assert(image->type == SG_F32 && image->shape.rank == 3 && !image->whole && !image->random);
    ck_assert(target->type == SG_I32 && target->shape.rank == 0);
    ck_assert_str_eq(target->column, "label");
    int64_t order[4] = {2, 0, 0, 1};
    double wide[8];
    float pixels[4 * 6];
    int32_t numbers[4];
    uint8_t bytes[4 * 6];
    sg_tensor to = sg_tensor_view(SG_I32, SG_SHAPE(4), numbers);
    assert_ok(sg_split_fill(split, 1, 0, 0, order, 4, &to, &error));
    ck_assert(numbers[0] == 12 && numbers[1] == 10 && numbers[2] == 10 && numbers[3] == 11);
    to = sg_tensor_view(SG_F64, SG_SHAPE(4, 2), wide);
    assert_ok(sg_split_fill(split, 2, 0, 0, order, 4, &to, &error));
    ck_assert(wide[0] == 2 && wide[1] == 2.5 && wide[7] == 1.5);
    to = sg_tensor_view(SG_F32, SG_SHAPE(4, 1, 2, 3), pixels);
    assert_ok(sg_split_fill(split, 0, 0, 0, order, 4, &to, &error));
    ck_assert(pixels[0] == 48 / 255.0f && pixels[23] == 44 / 255.0f); /* in 0..1 */
    to = sg_tensor_view(SG_U8, SG_SHAPE(4, 1, 2, 3), bytes);
    assert_ok(sg_split_fill(split, 0, 0, 0, order, 4, &to, &error));
    ck_assert(bytes[0] == 48 && bytes[23] == 44);
    sg_split_destroy(split);
}
END_TEST

START_TEST(numbers_that_bytes_do_not_hold) {
    sg_error error = {0};
    sg_split *split;
    sg_arrays arrays = {0};
    int32_t label[4] = {255, 0, 256, -1};
    sg_tensor labels = sg_tensor_view(SG_I32, SG_SHAPE(4), label);
    assert_ok(sg_arrays_add_view(&arrays, "label", &labels, &error));
    assert_ok(sg_arrays_save(&arrays, "x.npz", &error));
    sg_arrays_finish(&arrays);
    sg_call source = SOURCE("arrays", sg_arg_text("path", "x.npz"));
    sg_field_spec field = {.name = "label"};
    sg_split_options options = {
        .size = sizeof options, .name = "test", .source = &source, .fields = &field, .field_count = 1};
    assert_ok(sg_split_create(&split, &options, &error));
    uint8_t bytes[2];
    sg_tensor to = sg_tensor_view(SG_U8, SG_SHAPE(2), bytes);
    assert_ok(sg_split_fill(split, 0, 0, 0, (const int64_t[]){1, 0}, 2, &to, &error));
    ck_assert(bytes[0] == 0 && bytes[1] == 255);
    assert_fails(sg_split_fill(split, 0, 0, 0, (const int64_t[]){0, 2}, 2, &to, &error), SG_BAD_DATA,
                 "sample 2 of field `label` holds 256, which u8 does not: 0 to 255");
    assert_fails(sg_split_fill(split, 0, 0, 0, (const int64_t[]){3, 0}, 2, &to, &error), SG_BAD_DATA,
                 "sample 3 of field `label` holds -1, which u8 does not: 0 to 255");
    sg_split_destroy(split);
}
END_TEST

START_TEST(fill_refuses) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = small_source(1);
    assert_ok(make_split(&split, &source, "image", NULL, NULL, NULL, NULL, &error));
    float pixels[12];
    int64_t order[2] = {0, 3};
    sg_tensor to = sg_tensor_view(SG_F32, SG_SHAPE(2, 1, 2, 3), pixels);
    assert_fails(sg_split_fill(split, 0, 0, 0, order, 2, &to, &error), SG_BAD_USAGE,
                 "sample 3 of split `train`: it has 3");
    order[1] = -1;
    assert_fails(sg_split_fill(split, 0, 0, 0, order, 2, &to, &error), SG_BAD_USAGE,
                 "sample -1 of split `train`: it has 3");
    to.shape = SG_SHAPE(2, 1, 3, 2);
    assert_fails(sg_split_fill(split, 0, 0, 0, order, 2, &to, &error), SG_BAD_USAGE,
                 "field `image` gives f32 [1, 2, 3] per sample and cannot fill f32 [2, 1, 3, 2]");
    sg_split_destroy(split);
    sg_call step = STEP("normalise", NO_ARG);
    assert_ok(make_split(&split, &source, "image", NULL, &step, NULL, NULL, &error));
    to = sg_tensor_view(SG_U8, SG_SHAPE(1, 1, 2, 3), pixels);
    assert_fails(sg_split_fill(split, 0, 0, 0, order, 1, &to, &error), SG_BAD_USAGE,
                 "field `image` gives f32 [1, 2, 3] per sample and cannot fill u8 [1, 1, 2, 3]");
    sg_split_destroy(split);
}
END_TEST

START_TEST(columns_are_named) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = small_source(1);
    assert_fails(make_split(&split, &source, "imaeg", NULL, NULL, NULL, NULL, &error), SG_BAD_GRAPH,
                 "field `imaeg`: arrays has no column `imaeg`; did you mean `image`?");
    assert_fails(
        make_split(&split, &source, "view1", NULL, NULL, NULL, NULL, &error), SG_BAD_GRAPH,
        "field `view1`: arrays has no column `view1`; it has image, label, score: name one with `of`");
    sg_field_spec fields[] = {{.name = "image"}, {.name = "image"}};
    sg_split_options options = {
        .size = sizeof options, .name = "train", .source = &source, .fields = fields, .field_count = 2};
    assert_fails(sg_split_create(&split, &options, &error), SG_BAD_GRAPH, "field `image`: it stands twice");
}
END_TEST

START_TEST(normalise_and_its_inverse) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = small_source(3);
    double mean[3] = {0.1, 0.2, 0.3}, std[3] = {0.5, 0.25, 2}, half = 0.5;
    sg_call first = STEP("normalise", sg_arg_floats("mean", 3, mean), sg_arg_floats("std", 3, std));
    sg_call second = STEP("normalise", sg_arg_floats("mean", 1, &half), sg_arg_floats("std", 1, &half));
    assert_ok(make_split(&split, &source, "image", NULL, &first, &second, NULL, &error));
    float values[18];
    fill_one(split, 0, 0, 1, values);
    for (int i = 0; i < 18; i++) {
        double pixel = (18 + i) * 4 / 255.0, scale, shift;
        double expected = ((pixel - mean[i / 6]) / std[i / 6] - 0.5) / 0.5;
        ck_assert_double_eq_tol(values[i], expected, 1e-6);
        sg_split_field_pixel(split, 0, i / 6, &scale, &shift);
        ck_assert_double_eq_tol(values[i] * scale + shift, pixel, 1e-6);
    }
    sg_split_destroy(split);
    sg_call bad = STEP("normalise", sg_arg_floats("mean", 2, mean));
    assert_fails(
        make_split(&split, &source, "image", NULL, &bad, NULL, NULL, &error), SG_BAD_GRAPH,
        "field `image`: step `normalise`: mean has 2 numbers: give one, or one for each of the 3 channels");
    double zero = 0;
    bad = STEP("normalise", sg_arg_floats("std", 1, &zero));
    assert_fails(make_split(&split, &source, "image", NULL, &bad, NULL, NULL, &error), SG_BAD_GRAPH,
                 "field `image`: step `normalise`: std must be greater than 0");
}
END_TEST

START_TEST(flip_mirrors_its_share) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = small_source(1), always = STEP("flip", sg_arg_float("rate", 1));
    assert_ok(make_split(&split, &source, "image", NULL, &always, NULL, NULL, &error));
    ck_assert(sg_split_field(split, 0)->random);
    float values[6];
    fill_one(split, 0, 0, 0, values);
    static const int expected[6] = {2, 1, 0, 5, 4, 3};
    for (int i = 0; i < 6; i++) ck_assert(values[i] == expected[i] * 4 / 255.0f);
    sg_split_destroy(split);
    sg_call often = STEP("flip", sg_arg_float("rate", 0.25));
    assert_ok(make_split(&split, &source, "image", NULL, &often, NULL, NULL, &error));
    int flipped = 0;
    for (uint32_t epoch = 0; epoch < 4000; epoch++) {
        fill_one(split, 9, epoch, 0, values);
        flipped += values[0] > values[1];
    }
    ck_assert_int_lt(abs(flipped - 1000), 110); /* four deviations */
    sg_split_destroy(split);
    assert_fails(
        make_split(&split, &source, "label", NULL, &often, NULL, NULL, &error), SG_BAD_GRAPH,
        "field `label`: step `flip`: its samples are no images: they need the axes height and width");
}
END_TEST

START_TEST(pad_crop_moves) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = small_source(1);
    sg_call zero = STEP("pad_crop", sg_arg_int("pad", 1));
    sg_call mirror = STEP("pad_crop", sg_arg_int("pad", 1), sg_arg_text("edge", "reflect"));
    for (int kind = 0; kind < 2; kind++) {
        bool seen[3][3] = {{0}};
        assert_ok(make_split(&split, &source, "image", NULL, kind ? &mirror : &zero, NULL, NULL, &error));
        for (uint32_t epoch = 0; epoch < 200; epoch++) {
            float values[6];
            fill_one(split, 1, epoch, 2, values);
            int matches = 0;
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++) {
                    bool same = true;
                    for (int y = 0; y < 2; y++)
                        for (int x = 0; x < 3; x++) {
                            int from_y = y + dy, from_x = x + dx;
                            if (kind) from_y = abs(from_y), from_x = abs(from_x);
                            if (kind && from_y > 1) from_y = 2 - from_y;
                            if (kind && from_x > 2) from_x = 4 - from_x;
                            bool inside = from_y >= 0 && from_y < 2 && from_x >= 0 && from_x < 3;
                            float expected = inside ? (float)(12 + from_y * 3 + from_x) * 4 / 255.0f : 0;
                            same &= values[y * 3 + x] == expected;
                        }
                    seen[dy + 1][dx + 1] |= same;
                    matches += same;
                }
            ck_assert_int_ge(matches, 1);
        }
        for (int i = 0; i < 9; i++) ck_assert(seen[i / 3][i % 3]);
        sg_split_destroy(split);
    }
    sg_call far = STEP("pad_crop", sg_arg_int("pad", 2), sg_arg_text("edge", "reflect"));
    assert_fails(make_split(&split, &source, "image", NULL, &far, NULL, NULL, &error), SG_BAD_GRAPH,
                 "field `image`: step `pad_crop`: pad 2 is too large: reflection reaches at most 1 pixel");
}
END_TEST

/* A sample's draws depend on seed, epoch, sample and path, on nothing else. */
START_TEST(draws_are_pure) {
    sg_error error = {0};
    sg_call source = SOURCE("shapes", sg_arg_int("count", 64), sg_arg_int("size", 16));
    sg_call flip = STEP("flip", NO_ARG), move = STEP("pad_crop", NO_ARG);
    const sg_call *steps[2] = {&flip, &move};
    sg_field_spec fields[] = {{"view1", "image", steps, 2}, {"view2", "image", steps, 2}};
    sg_split_options options = {
        .size = sizeof options, .name = "train", .source = &source, .fields = fields, .field_count = 2};
    sg_split *split;
    assert_ok(sg_split_create(&split, &options, &error));
    enum { PIXELS = 256 };
    static float batch[64 * PIXELS], again[64 * PIXELS], other[64 * PIXELS];
    int64_t order[64];
    for (int i = 0; i < 64; i++) order[i] = 63 - i;
    sg_tensor to = sg_tensor_view(SG_F32, SG_SHAPE(64, 1, 16, 16), batch);
    assert_ok(sg_split_fill(split, 0, 5, 3, order, 64, &to, &error));
    for (int64_t i = 0; i < 64; i++) { /* one by one, in another order */
        to = sg_tensor_view(SG_F32, SG_SHAPE(1, 1, 16, 16), again + (63 - i) * PIXELS);
        assert_ok(sg_split_fill(split, 0, 5, 3, &i, 1, &to, &error));
    }
    ck_assert_mem_eq(batch, again, sizeof batch);
    to = sg_tensor_view(SG_F32, SG_SHAPE(64, 1, 16, 16), other);
    for (int change = 0; change < 3; change++) {
        assert_ok(sg_split_fill(split, change == 0, change == 1 ? 6 : 5, change == 2 ? 4 : 3, order, 64, &to,
                                &error));
        int different = 0;
        for (int i = 0; i < 64; i++)
            different += memcmp(batch + i * PIXELS, other + i * PIXELS, PIXELS * sizeof(float)) != 0;
        ck_assert_int_gt(different, 48);
    }
    sg_split_destroy(split);
}
END_TEST

static sg_status make_mean(sg_split **split, const sg_call *source, const sg_split *other,
                           const sg_call *mean, const sg_call *before, sg_error *error) {
    const sg_call *steps[3] = {before ? before : mean, mean, NULL};
    sg_field_spec fields[] = {{.name = "image"}, {"mean_image", "image", steps, before ? 2 : 1}};
    sg_split_options options = {.size = sizeof options,
                                .name = "test",
                                .source = source,
                                .fields = fields,
                                .field_count = 2,
                                .others = &other,
                                .other_count = other != NULL};
    return sg_split_create(split, &options, error);
}

START_TEST(dataset_means) {
    sg_error error = {0};
    sg_split *train, *split;
    sg_call source = small_source(3),
            one = SOURCE("arrays", sg_arg_text("path", "x.npz"), sg_arg_int("limit", 1));
    double std = 0.5, values[18];
    sg_call normalise = STEP("normalise", sg_arg_floats("std", 1, &std));
    assert_ok(make_split(&train, &source, NULL, NULL, NULL, NULL, NULL, &error));
    static const char *const per[] = {"all", "channel", "position"};
    static const int parts[] = {1, 3, 18};
    for (int k = 0; k < 3; k++) {
        sg_call mean = STEP("dataset_mean", sg_arg_text("per", per[k]), sg_arg_text("split", "train"));
        assert_ok(make_mean(&split, &one, train, &mean, &normalise, &error));
        const sg_field *field = sg_split_field(split, 1);
        ck_assert(field->whole && !field->random && field->type == SG_F32);
        ck_assert_int_eq(field->shape.rank, k ? 4 : 1);
        ck_assert_int_eq(sg_shape_elements(&field->shape), parts[k]);
        ck_assert(field->shape.dim[0] == 1 && (k < 1 || field->shape.dim[1] == 3));
        sg_tensor to = sg_tensor_view(SG_F64, field->shape, values);
        assert_ok(sg_split_fill(split, 1, 0, 0, NULL, 0, &to, &error));
        for (int p = 0; p < parts[k]; p++) {
            double sum = 0;
            int count = 0;
            for (int i = 0; i < 54; i++)
                if (k == 0 || (k == 1 && i % 18 / 6 == p) || (k == 2 && i % 18 == p))
                    sum += i * 4 / 255.0 / 0.5, count++;
            ck_assert_double_eq_tol(values[p], sum / count, 1e-6);
        }
        sg_split_destroy(split);
    }
    sg_call own = STEP("dataset_mean", NO_ARG);
    assert_ok(make_mean(&split, &one, NULL, &own, NULL, &error)); /* of the first image alone */
    sg_tensor to = sg_tensor_view(SG_F64, SG_SHAPE(1), values);
    assert_ok(sg_split_fill(split, 1, 0, 0, NULL, 0, &to, &error));
    ck_assert_double_eq_tol(values[0], 8.5 * 4 / 255, 1e-6);
    sg_split_destroy(split);
    sg_split_destroy(train);
}
END_TEST

START_TEST(dataset_mean_refuses) {
    sg_error error = {0};
    sg_split *train, *split;
    sg_call source = small_source(1), other = SOURCE("shapes", sg_arg_int("count", 2));
    sg_call mean = STEP("dataset_mean", sg_arg_text("split", "train")), flip = STEP("flip", NO_ARG);
    assert_fails(make_mean(&split, &source, NULL, &mean, NULL, &error), SG_BAD_GRAPH,
                 "field `mean_image`: step `dataset_mean`: there is no split `train`");
    assert_ok(make_split(&train, &other, NULL, NULL, NULL, NULL, NULL, &error));
    assert_fails(make_mean(&split, &source, train, &mean, NULL, &error), SG_BAD_GRAPH,
                 "field `mean_image`: step `dataset_mean`: the other split has no column `image` of the same "
                 "type and shape");
    assert_fails(
        make_mean(&split, &other, train, &mean, &flip, &error), SG_BAD_GRAPH,
        "field `mean_image`: step `dataset_mean`: the step `flip` before it draws at random: leave it out");
    assert_fails(make_split(&split, &other, "image", NULL, &mean, &flip, NULL, &error), SG_BAD_GRAPH,
                 "field `image`: step `dataset_mean`: it must be the last step");
    sg_call channel = STEP("dataset_mean", sg_arg_text("per", "channel"));
    assert_fails(make_split(&split, &source, "score", NULL, &channel, NULL, NULL, &error), SG_BAD_GRAPH,
                 "field `score`: step `dataset_mean`: per: channel needs samples [channels, height, width]");
    sg_split_destroy(train);
    const sg_call *steps[1] = {&mean}, *plain[1] = {&flip}, *own[1] = {&channel};
    ck_assert_str_eq(sg_field_needs_split(&(sg_field_spec){.name = "m", .steps = steps, .step_count = 1}),
                     "train");
    ck_assert_str_eq(sg_field_needs_split(&(sg_field_spec){.name = "m", .steps = own, .step_count = 1}), "");
    ck_assert_ptr_null(sg_field_needs_split(&(sg_field_spec){.name = "m", .steps = plain, .step_count = 1}));
    ck_assert_ptr_null(sg_field_needs_split(&(sg_field_spec){.name = "m"}));
}
END_TEST

START_TEST(order_is_a_fair_permutation) {
    enum { COUNT = 999 };
    int64_t order[COUNT], again[COUNT], three[3];
    bool seen[COUNT] = {0};
    sg_order_fill(order, COUNT, 1, 2);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(order[i] >= 0 && order[i] < COUNT && !seen[order[i]]);
        seen[order[i]] = true;
    }
    sg_order_fill(again, COUNT, 1, 2);
    ck_assert_mem_eq(order, again, sizeof order);
    sg_order_fill(again, COUNT, 1, 3);
    ck_assert_mem_ne(order, again, sizeof order);
    sg_order_fill(again, COUNT, 2, 2);
    ck_assert_mem_ne(order, again, sizeof order);
    int counts[6] = {0};
    for (uint32_t epoch = 0; epoch < 6000; epoch++) {
        sg_order_fill(three, 3, 7, epoch);
        counts[three[0] * 2 + (three[1] > three[2])]++;
    }
    for (int i = 0; i < 6; i++) ck_assert_int_lt(abs(counts[i] - 1000), 130);
    sg_order_fill(three, 1, 0, 0);
    ck_assert_int_eq(three[0], 0);
    sg_order_fill(NULL, 0, 0, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("split");
    TCase *tests = tcase_create("split");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, plain_fields_keep_values);
    tcase_add_test(tests, numbers_that_bytes_do_not_hold);
    tcase_add_test(tests, fill_refuses);
    tcase_add_test(tests, columns_are_named);
    tcase_add_test(tests, normalise_and_its_inverse);
    tcase_add_test(tests, flip_mirrors_its_share);
    tcase_add_test(tests, pad_crop_moves);
    tcase_add_test(tests, draws_are_pure);
    tcase_add_test(tests, dataset_means);
    tcase_add_test(tests, dataset_mean_refuses);
    tcase_add_test(tests, order_is_a_fair_permutation);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
