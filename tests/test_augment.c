/* Augmentation steps against torchvision, whose numbers tests/torch/record_augment.py recorded. */
#include "calls.h"
#include "scratch.h"

#include "simgraph/arrays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BRIGHT_PIXEL = 23 }; /* of the fourth image: red 220 */

static sg_arrays recorded;

/* The images go through the source `arrays`, as a user's do. */
static void open_records(void) {
    sg_error error = {0};
    sg_arrays images = {0};
    scratch_enter();
    assert_ok(sg_arrays_load(&recorded, RECORDS, &error));
    assert_ok(sg_arrays_add_view(&images, "image", sg_arrays_find(&recorded, "image"), &error));
    assert_ok(sg_arrays_add_view(&images, "grey", sg_arrays_find(&recorded, "grey"), &error));
    assert_ok(sg_arrays_save(&images, "images.npz", &error));
    sg_arrays_finish(&images);
}

static void close_records(void) {
    sg_arrays_finish(&recorded);
    scratch_leave();
}

static const sg_tensor *find(const char *name) {
    const sg_tensor *found = sg_arrays_find(&recorded, name);
    ck_assert_msg(found != NULL, "nothing is recorded for `%s`", name);
    return found;
}

static sg_split *split_of(const char *column, const sg_call *step) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("arrays", sg_arg_text("path", "images.npz"));
    assert_ok(make_split(&split, &source, column, NULL, step, NULL, NULL, &error));
    return split;
}

/* What the step makes of one sample, as levels. */
static float *levels_of(const sg_split *split, int64_t sample, uint64_t seed, uint32_t epoch) {
    sg_error error = {0};
    const sg_shape *s = &sg_split_field(split, 0)->shape;
    int64_t count = sg_shape_elements(s);
    float *v = malloc((size_t)count * sizeof *v);
    sg_tensor to = sg_tensor_view(SG_F32, SG_SHAPE(1, s->dim[0], s->dim[1], s->dim[2]), v);
    assert_ok(sg_split_fill(split, 0, seed, epoch, &sample, 1, &to, &error));
    for (int64_t i = 0; i < count; i++) v[i] *= 255;
    return v;
}

/* The largest difference from row `row` of what is recorded, in levels, and the mean one. */
static double compare(const float *v, const sg_tensor *wanted, int64_t row, double *mean) {
    int64_t count = sg_tensor_elements(wanted) / wanted->shape.dim[0];
    const uint8_t *w = (const uint8_t *)wanted->data + row * count;
    double most = 0, sum = 0;
    for (int64_t i = 0; i < count; i++) {
        double difference = fabs((double)v[i] - w[i]);
        most = difference > most ? difference : most;
        sum += difference;
    }
    *mean = sum / (double)count;
    return most;
}

/* `rounds`: the step gives whole levels, as torchvision does; others are compared before they are rounded. */
static void assert_recorded(const char *name, const char *column, sg_call step, bool rounds) {
    const sg_tensor *wanted = find(name);
    sg_split *split = split_of(column, &step);
    const sg_shape *s = &sg_split_field(split, 0)->shape;
    for (int d = 0; d < 3; d++) ck_assert_msg(s->dim[d] == wanted->shape.dim[d + 1], "%s: axis %d", name, d);
    for (int64_t i = 0; i < wanted->shape.dim[0]; i++) {
        double mean;
        float *v = levels_of(split, i, 1, 0);
        double most = compare(v, wanted, i, &mean);
        ck_assert_msg(most <= (rounds ? 1.001 : 0.501), "%s, image %d: differs by %g levels", name, (int)i,
                      most);
        ck_assert_msg(mean <= (rounds ? 0.01 : 0.3), "%s, image %d: %g levels in the mean", name, (int)i,
                      mean);
        free(v);
    }
    sg_split_destroy(split);
}

START_TEST(colours) {
    static const char *const names[] = {"brightness", "contrast", "saturation", "hue"};
    static const char *const factors[4][4] = {
        {"0", "0.4", "1.7"}, {"0", "0.4", "1.7"}, {"0", "0.4", "1.7"}, {"-0.5", "-0.2", "0.07", "0.5"}};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 4 && factors[k][i]; i++) {
            char name[40];
            double x = atof(factors[k][i]), range[2] = {x, x};
            snprintf(name, sizeof name, "%s %s", names[k], factors[k][i]);
            assert_recorded(name, "image", STEP("color_jitter", sg_arg_floats(names[k], 2, range)), true);
            snprintf(name, sizeof name, "grey contrast %s", factors[k][i]);
            if (k == 1)
                assert_recorded(name, "grey", STEP("color_jitter", sg_arg_floats("contrast", 2, range)),
                                true);
        }
    assert_recorded("grayscale", "image", STEP("random_grayscale", sg_arg_float("rate", 1)), true);
    /* Of grey images neither changes anything, as in torchvision. */
    double half[2] = {0.5, 0.5};
    assert_recorded("grey", "grey", STEP("random_grayscale", sg_arg_float("rate", 1)), true);
    assert_recorded("grey", "grey",
                    STEP("color_jitter", sg_arg_floats("saturation", 2, half), sg_arg_floats("hue", 2, half)),
                    true);
}
END_TEST

START_TEST(blurs_and_sizes) {
    double sigma[3] = {0.1, 1.3, 2};
    assert_recorded("blur 3 0.1", "image",
                    STEP("gaussian_blur", sg_arg_int("kernel_size", 3), sg_arg_floats("sigma", 1, sigma)),
                    true);
    assert_recorded("blur 5 1.3", "image",
                    STEP("gaussian_blur", sg_arg_int("kernel_size", 5), sg_arg_floats("sigma", 1, sigma + 1)),
                    true);
    assert_recorded(
        "blur 23 2.0", "image",
        STEP("gaussian_blur", sg_arg_int("kernel_size", 23), sg_arg_floats("sigma", 1, sigma + 2)), true);
    static const int sizes[][2] = {{11, 15}, {20, 7}, {27, 13}, {31, 30}};
    for (int k = 0; k < 4; k++) {
        char name[40];
        snprintf(name, sizeof name, "center %d %d", sizes[k][0], sizes[k][1]);
        assert_recorded(
            name, "image",
            STEP("center_crop", sg_arg_int("height", sizes[k][0]), sg_arg_int("width", sizes[k][1])), true);
    }
    assert_recorded("resize 13", "image", STEP("resize", sg_arg_int("size", 13)), false);
    assert_recorded("resize 29", "image", STEP("resize", sg_arg_int("size", 29)), false);
    assert_recorded("resize 9 31", "image", STEP("resize", sg_arg_int("height", 9), sg_arg_int("width", 31)),
                    false);
}
END_TEST

/* Every draw gives one of the outcomes, and in time all of them are seen, about equally often. */
static void assert_outcomes(const char *name, const char *column, int64_t sample, sg_call step, int draws) {
    enum { MOST = 32 };
    const sg_tensor *wanted = find(name);
    sg_split *split = split_of(column, &step);
    int count = (int)wanted->shape.dim[0], seen[MOST] = {0}, first = -1;
    ck_assert(count <= MOST && sg_split_field(split, 0)->random);
    for (int epoch = 0; epoch < draws; epoch++) {
        float *v = levels_of(split, sample, 5, (uint32_t)epoch);
        double least = 1e9, mean, worst = 0;
        bool found = false;
        for (int k = 0; k < count; k++) {
            double most = compare(v, wanted, k, &mean);
            if (most <= 1.001 && mean <= 0.05) {
                seen[k]++;
                found = true;
            }
            if (mean < least) least = mean, worst = most;
        }
        ck_assert_msg(found, "%s, epoch %d: the nearest outcome differs by %g levels, %g in the mean", name,
                      epoch, worst, least);
        free(v);
    }
    for (int k = 0; k < count; k++) {
        ck_assert_msg(seen[k] > 0, "%s: outcome %d was not drawn", name, k);
        first = first < 0 || seen[k] < first ? seen[k] : first;
    }
    ck_assert_msg(first * count * 5 > draws, "%s: an outcome was drawn %d of %d times", name, first, draws);
    sg_split_destroy(split);
}

START_TEST(orders) {
    double b[2] = {1.25, 1.25}, c[2] = {0.6, 0.6}, s[2] = {1.5, 1.5}, h[2] = {-0.1, -0.1};
    assert_outcomes("jitter orders", "image", 2,
                    STEP("color_jitter", sg_arg_floats("brightness", 2, b), sg_arg_floats("contrast", 2, c),
                         sg_arg_floats("saturation", 2, s), sg_arg_floats("hue", 2, h)),
                    600);
}
END_TEST

START_TEST(rand_augments) {
    sg_arg one = sg_arg_int("num_ops", 1), bilinear = sg_arg_text("interpolation", "bilinear"),
           fill = sg_arg_float("fill", 0.4);
    assert_outcomes("rand 9 nearest", "image", 0, STEP("rand_augment", one), 700);
    assert_outcomes("rand 30 nearest", "image", 1,
                    STEP("rand_augment", one, sg_arg_int("magnitude", 30), fill), 700);
    assert_outcomes("rand 17 bilinear", "image", 2,
                    STEP("rand_augment", one, sg_arg_int("magnitude", 17), bilinear), 700);
    assert_outcomes("rand 9 fill", "image", 3, STEP("rand_augment", one, bilinear, fill), 700);
    assert_outcomes("rand 9 grey", "grey", 1, STEP("rand_augment", one), 700);
    assert_recorded("image", "image", STEP("rand_augment", sg_arg_int("num_ops", 0)), true);
}
END_TEST

/* A draw is a function of seed, epoch and sample. */
START_TEST(draws) {
    double some[1] = {0.8};
    static const struct {
        uint64_t seed;
        uint32_t epoch;
        bool same;
    } keys[] = {{1, 0, true}, {2, 0, false}, {1, 1, false}};
    sg_call steps[] = {STEP("color_jitter", sg_arg_floats("brightness", 1, some)),
                       STEP("rand_augment", NO_ARG), STEP("gaussian_blur", sg_arg_int("kernel_size", 9))};
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        sg_split *split = split_of("image", &steps[s]);
        float *first = levels_of(split, 0, 1, 0);
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            float *v = levels_of(split, 0, keys[k].seed, keys[k].epoch);
            size_t bytes = (size_t)sg_shape_elements(&sg_split_field(split, 0)->shape) * sizeof *v;
            ck_assert_msg((memcmp(first, v, bytes) == 0) == keys[k].same, "%s, key %d", steps[s].schema->name,
                          (int)k);
            free(v);
        }
        free(first);
        sg_split_destroy(split);
    }
    /* The factor is even over its range. */
    double range[2] = {0.2, 0.8}, sum = 0, squares = 0;
    sg_call step = STEP("color_jitter", sg_arg_floats("brightness", 2, range), sg_arg_float("rate", 0.5));
    sg_split *split = split_of("image", &step);
    int changed = 0;
    for (uint32_t epoch = 0; epoch < 2000; epoch++) {
        float *v = levels_of(split, 3, 1, epoch);
        double factor = v[BRIGHT_PIXEL] / 220;
        free(v);
        if (factor > 0.9) continue;
        changed++;
        sum += factor;
        squares += factor * factor;
    }
    double mean = sum / changed, deviation = sqrt(squares / changed - mean * mean);
    ck_assert_int_lt(abs(changed - 1000), 100);
    ck_assert_double_eq_tol(mean, 0.5, 0.025);
    ck_assert_double_eq_tol(deviation, 0.6 / sqrt(12), 0.01);
    sg_split_destroy(split);
}
END_TEST

START_TEST(presets) {
    double mean[3] = {0.485, 0.456, 0.406}, std[3] = {0.229, 0.224, 0.225}, half[1] = {0.5},
           digits[2] = {0.1307, 0.3081};
    sg_call named[] = {STEP("normalise", sg_arg_text("preset", "imagenet")),
                       STEP("normalise", sg_arg_text("preset", "inception")),
                       STEP("normalise", sg_arg_text("preset", "mnist"))};
    sg_call written[] = {
        STEP("normalise", sg_arg_floats("mean", 3, mean), sg_arg_floats("std", 3, std)),
        STEP("normalise", sg_arg_floats("mean", 1, half), sg_arg_floats("std", 1, half)),
        STEP("normalise", sg_arg_floats("mean", 1, digits), sg_arg_floats("std", 1, digits + 1))};
    for (int k = 0; k < 3; k++) {
        const char *column = k == 2 ? "grey" : "image";
        sg_split *a = split_of(column, &named[k]), *b = split_of(column, &written[k]);
        float *x = levels_of(a, 0, 1, 0), *y = levels_of(b, 0, 1, 0);
        double scale, shift;
        ck_assert_int_eq(memcmp(x, y, (size_t)sg_shape_elements(&sg_split_field(a, 0)->shape) * sizeof *x),
                         0);
        sg_split_field_pixel(a, 0, k == 0 ? 2 : 0, &scale, &shift);
        ck_assert(scale == (k == 0 ? 0.225 : k == 1 ? 0.5 : 0.3081));
        ck_assert(shift == (k == 0 ? 0.406 : k == 1 ? 0.5 : 0.1307));
        free(x);
        free(y);
        sg_split_destroy(a);
        sg_split_destroy(b);
    }
}
END_TEST

static void assert_refused(const char *column, sg_call first, const sg_call *second, const char *why) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("arrays", sg_arg_text("path", "images.npz"));
    assert_fails(make_split(&split, &source, column, NULL, &first, second, NULL, &error), SG_BAD_GRAPH, why);
}

START_TEST(refuses) {
    double low_high[2] = {0.9, 0.1}, three[3] = {1, 1, 1}, wide[1] = {0.6}, none[1] = {0};
#define IMAGE "field `image`: step "
    assert_refused(
        "image", STEP("color_jitter", sg_arg_floats("brightness", 2, low_high)), NULL,
        IMAGE
        "`color_jitter`: brightness must be a number from 0 to 99, or two numbers [low, high] with 0 <= "
        "low <= high <= 100");
    assert_refused(
        "image", STEP("color_jitter", sg_arg_floats("hue", 1, wide)), NULL,
        IMAGE
        "`color_jitter`: hue must be a number from 0 to 0.5, or two numbers [low, high] with -0.5 <= low "
        "<= high <= 0.5");
    assert_refused(
        "image", STEP("color_jitter", sg_arg_floats("contrast", 3, three)), NULL,
        IMAGE "`color_jitter`: contrast must be a number from 0 to 99, or two numbers [low, high] with 0 <= "
              "low <= high <= 100");
    assert_refused("image", STEP("gaussian_blur", sg_arg_int("kernel_size", 4)), NULL,
                   IMAGE "`gaussian_blur`: kernel_size must be odd, but is 4");
    assert_refused(
        "image", STEP("gaussian_blur", sg_arg_int("kernel_size", 41)), NULL,
        IMAGE "`gaussian_blur`: kernel_size 41 is too large: images of 20 x 24 are mirrored at their edges, "
              "which reaches to 39");
    assert_refused(
        "image", STEP("gaussian_blur", sg_arg_int("kernel_size", 3), sg_arg_floats("sigma", 1, none)), NULL,
        IMAGE "`gaussian_blur`: sigma must be a number, or two numbers [low, high], with 0 < low <= high");
    assert_refused("image", STEP("center_crop", sg_arg_int("height", 4)), NULL,
                   IMAGE "`center_crop`: say `size`, or both `height` and `width`");
    assert_refused("image", STEP("resize", NO_ARG), NULL,
                   IMAGE "`resize`: say `size`, or both `height` and `width`");
    assert_refused("image", STEP("rand_augment", sg_arg_int("magnitude", 31)), NULL,
                   IMAGE "`rand_augment`: magnitude 31 is not below num_magnitude_bins, 31");
    assert_refused("image", STEP("normalise", sg_arg_text("preset", "clip"), sg_arg_floats("std", 1, three)),
                   NULL, IMAGE "`normalise`: preset stands for mean and std: leave out what is not needed");
    assert_refused("grey", STEP("normalise", sg_arg_text("preset", "clip")), NULL,
                   "field `grey`: step `normalise`: preset has 3 numbers, and images have one channel");
    sg_call jitter = STEP("color_jitter", NO_ARG);
    assert_refused("image", STEP("normalise", sg_arg_text("preset", "imagenet")), &jitter,
                   IMAGE "`color_jitter`: it works on pixels in 0..1: put it before `normalise`");
}
END_TEST

/* Which steps take which channels: a table of docs/images.md. */
START_TEST(any_channels) {
    static const struct {
        const char *name;
        bool any; /* number of channels */
    } steps[] = {{"random_crop", true},  {"center_crop", true},   {"resize", true},
                 {"flip", true},         {"random_erase", true},  {"gaussian_blur", true},
                 {"pad_crop", true},     {"color_jitter", false}, {"random_grayscale", false},
                 {"rand_augment", false}};
    for (int64_t channels = 1; channels <= 5; channels++) {
        sg_error error = {0};
        sg_arrays images = {0};
        sg_tensor made;
        assert_ok(sg_tensor_init(&made, SG_U8, SG_SHAPE(2, channels, 9, 9), &error));
        memset(made.data, 77, (size_t)sg_tensor_elements(&made));
        assert_ok(sg_arrays_add(&images, "image", &made, &error));
        assert_ok(sg_arrays_save(&images, "images.npz", &error));
        sg_arrays_finish(&images);
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            sg_split *split;
            bool sized = strcmp(steps[k].name, "center_crop") == 0 || strcmp(steps[k].name, "resize") == 0;
            sg_arg arg = sized ? sg_arg_int("size", 5) : k == 5 ? sg_arg_int("kernel_size", 3) : NO_ARG;
            sg_call source = SOURCE("arrays", sg_arg_text("path", "images.npz")),
                    step = STEP(steps[k].name, arg);
            sg_status status = make_split(&split, &source, "image", NULL, &step, NULL, NULL, &error);
            if (!steps[k].any && channels != 1 && channels != 3) {
                char why[200];
                snprintf(why, sizeof why,
                         "field `image`: step `%s`: it takes images of 1 channel (grey) or 3 (red, green, "
                         "blue), and "
                         "these have %d",
                         steps[k].name, (int)channels);
                assert_fails(status, SG_BAD_GRAPH, why);
                continue;
            }
            assert_ok(status);
            float *v = levels_of(split, 0, 1, 0);
            ck_assert(v[0] >= 0 && v[0] <= 255);
            free(v);
            sg_split_destroy(split);
        }
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("augment");
    TCase *tests = tcase_create("augment");
    tcase_add_checked_fixture(tests, open_records, close_records);
    tcase_add_test(tests, colours);
    tcase_add_test(tests, blurs_and_sizes);
    tcase_add_test(tests, orders);
    tcase_add_test(tests, rand_augments);
    tcase_add_test(tests, draws);
    tcase_add_test(tests, presets);
    tcase_add_test(tests, refuses);
    tcase_add_test(tests, any_channels);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
