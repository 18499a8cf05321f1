/* Steps that resize and erase. */
#include "calls.h"
#include "scratch.h"

#include "data/resize.h"
#include "recorded_resize.h"

#include <math.h>
#include <stdlib.h>

START_TEST(resize_as_pillow) {
    float image[RECORDED_HEIGHT * RECORDED_WIDTH], out[18 * 22];
    for (int i = 0; i < RECORDED_HEIGHT * RECORDED_WIDTH; i++) image[i] = (float)((i * 37) % 101) / 100;
    for (size_t k = 0; k < sizeof recorded_resize / sizeof recorded_resize[0]; k++) {
        sg_resize_size size = {recorded_resize[k].height, recorded_resize[k].width,
                               recorded_resize[k].out_height, recorded_resize[k].out_width};
        float *scratch = malloc((size_t)sg_resize_scratch(size) * sizeof *scratch);
        sg_resize(image + recorded_resize[k].top * RECORDED_WIDTH + recorded_resize[k].left, RECORDED_WIDTH,
                  out, size, scratch);
        free(scratch);
        for (int i = 0; i < size.out_height * size.out_width; i++)
            ck_assert_float_eq_tol(out[i], recorded_values[recorded_resize[k].first + i], 1e-6);
    }
}
END_TEST

/* A strip of more than 2^24 pixels, which floats do not count. The last 64th of it begins at an odd place
 * that they would round up: its taps then reach behind the strip, where something large stands. */
START_TEST(resize_a_long_strip) {
    const sg_resize_size size = {1, 64 * INT64_C(268441), 1, 64};
    const int64_t begin = 125 * INT64_C(134220) + 63;
    ck_assert_int_eq((int64_t)(float)begin, begin + 1);
    float *row = calloc((size_t)size.in_width + 8, sizeof *row);
    float *room = malloc((size_t)sg_resize_plan_floats(size) * sizeof *room), out[64];
    ck_assert(row && room);
    for (int64_t i = 0; i < size.in_width; i++) row[i] = 1;
    for (int i = 0; i < 8; i++) row[size.in_width + i] = 1e30f;
    sg_resize_plan plan;
    sg_resize_plan_init(&plan, size, room);
    sg_resize_row(&plan, row, out);
    for (int i = 0; i < 64; i++) ck_assert_float_eq_tol(out[i], 1, 1e-4);
    free(room);
    free(row);
}
END_TEST

/* A split of images whose pixel (y, x) of channel c is 10 y + x (+ 100 c), through one step. */
static sg_split *ramp_split(const sg_call *step, int height, int width) {
    sg_error error = {0};
    sg_split *split;
    unsigned char file[20 + 2 * 24 * 24] = {0, 0, 8, 4, 0, 0, 0, 1,
                                            0, 0, 0, 2, 0, 0, 0, (unsigned char)height};
    file[19] = (unsigned char)width;
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < height * width; i++)
            file[20 + c * height * width + i] = (unsigned char)(100 * c + 5 * (i / width) + i % width);
    scratch_write("i", file, 20 + 2 * (size_t)(height * width));
    sg_call source = SOURCE("idx", sg_arg_text("images", "i"));
    assert_ok(make_split(&split, &source, "image", NULL, step, NULL, NULL, &error));
    return split;
}

static void fill(const sg_split *split, uint32_t epoch, float *to) {
    sg_error error = {0};
    const sg_shape *s = &sg_split_field(split, 0)->shape;
    sg_tensor tensor = sg_tensor_view(SG_F32, SG_SHAPE(1, s->dim[0], s->dim[1], s->dim[2]), to);
    assert_ok(sg_split_fill(split, 0, 3, epoch, &(int64_t){0}, 1, &tensor, &error));
}

/* A ramp stays a ramp: its slopes tell the size of the part, its middle where it was. */
START_TEST(random_crop_takes_parts) {
    enum { SIDE = 20, OUT = 12 };
    double area[2] = {0.2, 0.5}, aspect[2] = {0.5, 2}, least = 1, most = 0, low_ratio = 9, high_ratio = 0;
    sg_call step = STEP("random_crop", sg_arg_floats("area", 2, area), sg_arg_floats("aspect", 2, aspect),
                        sg_arg_int("size", OUT));
    sg_split *split = ramp_split(&step, SIDE, SIDE);
    ck_assert(sg_split_field(split, 0)->shape.dim[1] == OUT && sg_split_field(split, 0)->random);
    for (uint32_t epoch = 0; epoch < 400; epoch++) {
        float v[2 * OUT * OUT];
        fill(split, epoch, v);
        const int at = 5 * OUT + 5;
        double dx = (v[at + 1] - v[at]) * 255, dy = (v[at + OUT] - v[at]) * 255 / 5;
        double width = dx * OUT, height = dy * OUT, share = width * height / (SIDE * SIDE),
               ratio = width / height;
        ck_assert_float_eq_tol(v[OUT * OUT + at], v[at] + 100 / 255.0f, 1e-5); /* all channels alike */
        least = fmin(least, share), most = fmax(most, share);
        low_ratio = fmin(low_ratio, ratio), high_ratio = fmax(high_ratio, ratio);
        if (width < OUT)
            ck_assert_double_eq_tol(width, round(width), 1e-3); /* enlarged: exact, and of whole pixels */
        ck_assert(v[0] >= 0 && v[OUT * OUT - 1] * 255 <= 6 * (SIDE - 1) + 1e-3);
    }
    ck_assert(least > 0.17 && least < 0.25 && most < 0.7 && most > 0.45);
    ck_assert(low_ratio > 0.4 && low_ratio < 0.65 && high_ratio < 2.4 && high_ratio > 1.6);
    sg_split_destroy(split);
}
END_TEST

START_TEST(random_crop_without_choice) {
    double all[2] = {1, 1}, wide[2] = {2, 2};
    float v[2 * 12 * 20];
    sg_call step = STEP("random_crop", sg_arg_floats("area", 2, all), sg_arg_floats("aspect", 2, all));
    sg_split *split = ramp_split(&step, 12, 12);
    fill(split, 0, v);
    for (int i = 0; i < 144; i++) ck_assert_float_eq_tol(v[i] * 255, (float)(5 * (i / 12) + i % 12), 1e-3);
    sg_split_destroy(split);
    /* An aspect that never fits the area: the middle part, as wide as possible. */
    step = STEP("random_crop", sg_arg_floats("area", 2, all), sg_arg_floats("aspect", 2, wide),
                sg_arg_int("size", 12));
    split = ramp_split(&step, 20, 12);
    fill(split, 0, v);
    ck_assert_float_eq_tol((v[1] - v[0]) * 255, 1, 1e-3);
    ck_assert_float_eq_tol((v[6 * 12] + v[5 * 12]) / 2 * 255, 9.5 * 5, 1e-2);
    sg_split_destroy(split);
}
END_TEST

START_TEST(random_erase_fills) {
    enum { SIDE = 20 };
    double area[2] = {0.1, 0.2};
    sg_call step = STEP("random_erase", sg_arg_float("rate", 0.5), sg_arg_floats("area", 2, area),
                        sg_arg_float("value", -1));
    sg_split *split = ramp_split(&step, SIDE, SIDE);
    int hit = 0;
    for (uint32_t epoch = 0; epoch < 600; epoch++) {
        float v[2 * SIDE * SIDE];
        fill(split, epoch, v);
        int count = 0, left = SIDE, right = -1, top = SIDE, bottom = -1;
        for (int i = 0; i < SIDE * SIDE; i++) {
            ck_assert((v[i] == -1) == (v[SIDE * SIDE + i] == -1));
            if (v[i] != -1) continue;
            int x = i % SIDE, y = i / SIDE;
            count++;
            left = x < left ? x : left, right = x > right ? x : right;
            top = y < top ? y : top, bottom = y > bottom ? y : bottom;
        }
        hit += count > 0;
        if (count == 0) continue;
        ck_assert_int_eq(count, (right - left + 1) * (bottom - top + 1)); /* a full rectangle */
        ck_assert(count >= 28 && count <= 96);
    }
    ck_assert_int_lt(abs(hit - 300), 60);
    sg_split_destroy(split);
}
END_TEST

START_TEST(refuse) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("shapes", sg_arg_int("count", 1));
    double bad[3] = {0, 0.5, 0.5};
    sg_call step = STEP("random_crop", sg_arg_floats("area", 2, bad));
    assert_fails(
        make_split(&split, &source, "image", NULL, &step, NULL, NULL, &error), SG_BAD_GRAPH,
        "field `image`: step `random_crop`: area must be two numbers [low, high] with 0 < low <= high <= 1");
    step = STEP("random_crop", sg_arg_floats("aspect", 3, bad));
    assert_fails(make_split(&split, &source, "image", NULL, &step, NULL, NULL, &error), SG_BAD_GRAPH,
                 "field `image`: step `random_crop`: aspect must be two numbers [low, high] with 0 < low <= "
                 "high <= 100");
    step = STEP("random_erase", sg_arg_floats("area", 1, bad));
    assert_fails(
        make_split(&split, &source, "image", NULL, &step, NULL, NULL, &error), SG_BAD_GRAPH,
        "field `image`: step `random_erase`: area must be two numbers [low, high] with 0 < low <= high");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("steps");
    TCase *tests = tcase_create("steps");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, resize_as_pillow);
    tcase_add_test(tests, resize_a_long_strip);
    tcase_add_test(tests, random_crop_takes_parts);
    tcase_add_test(tests, random_crop_without_choice);
    tcase_add_test(tests, random_erase_fills);
    tcase_add_test(tests, refuse);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
