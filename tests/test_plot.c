/* Axes with round numbers, and line plots. */
#include "scratch.h"

#include "draw/axis.h"
#include "simgraph/plot.h"

#include <math.h>

/* The labels of an axis in one line. */
static const char *labels(double min, double max, bool logarithmic, double margin, int wanted) {
    static char text[512];
    sg_axis axis;
    sg_axis_init(&axis, min, max, logarithmic, margin, wanted);
    text[0] = 0;
    for (int i = 0; i < axis.tick_count; i++) {
        double place = sg_axis_place(&axis, axis.tick[i].value);
        ck_assert(place > -1e-5 && place < 1 + 1e-5);
        if (i > 0) ck_assert(axis.tick[i].value > axis.tick[i - 1].value);
        strcat(strcat(text, i ? " " : ""), axis.tick[i].text);
    }
    return text;
}

START_TEST(ticks) {
    ck_assert_str_eq(labels(0, 10, false, 0, 5), "0 2 4 6 8 10");
    ck_assert_str_eq(labels(0, 60000, false, 0, 8), "0 10k 20k 30k 40k 50k 60k");
    ck_assert_str_eq(labels(0, 940, false, 0, 8), "0 200 400 600 800");
    ck_assert_str_eq(labels(0.09, 0.34, false, 0.04, 5), "0 0.1 0.2 0.3");
    ck_assert_str_eq(labels(0.2, 0.3, false, 0.04, 5), "0.20 0.25 0.30");
    ck_assert_str_eq(labels(-1, 1, false, 0, 4), "-1.0 -0.5 0 0.5 1.0");
    ck_assert_str_eq(labels(3, 3, false, 0.04, 4), "2 3 4");
    ck_assert_str_eq(labels(0, 0, false, 0.04, 4), "0 0.5 1.0");
    ck_assert_str_eq(labels(1e-9, 3e-9, false, 0, 4), "1e-09 1.5e-09 2e-09 2.5e-09 3e-09");
    ck_assert_str_eq(labels(1.2e9, 4.1e9, false, 0, 3), "2e+09 3e+09 4e+09");
    ck_assert_str_eq(labels(1e-6, 1e-3, true, 0, 5), "1e-06 1e-05 0.0001 0.001");
    ck_assert_str_eq(labels(0.01, 1, true, 0, 5), "0.01 0.02 0.05 0.1 0.2 0.5 1");
    ck_assert_str_eq(labels(0.08, 0.34, true, 0, 5), "0.1 0.2 0.3");
    ck_assert_str_eq(labels(1e-12, 1, true, 0, 4), "1e-12 1e-09 1e-06 0.001 1");
    ck_assert_str_eq(labels(2, 2, true, 0.04, 4), "1.5 2.0 2.5 3.0");
}
END_TEST

static char *plot(const sg_plot_options *options) {
    sg_error error = {0};
    char *svg;
    size_t bytes;
    assert_ok(sg_plot_text(&svg, &bytes, options, &error));
    ck_assert_uint_eq(strlen(svg), bytes);
    ck_assert_int_eq(strncmp(svg, "<svg ", 5), 0);
    ck_assert_ptr_nonnull(strstr(svg, "</svg>\n"));
    return svg;
}

static int count(const char *text, const char *part) {
    int found = 0;
    for (; (text = strstr(text, part)); text++) found++;
    return found;
}

START_TEST(draws_lines_and_points) {
    double x[6] = {0, 1, 2, 3, 4, 5}, y[6] = {1, 2, NAN, 4, -1, 3};
    sg_plot_series series[2] = {{"a < b & \"c\"", x, y, 6, true}, {"second", x, y, 2, false}};
    sg_plot_options options = {
        .size = sizeof options, .series = series, .series_count = 2, .title = "t", .x_label = "step"};
    char *svg = plot(&options);
    ck_assert_ptr_nonnull(strstr(svg, ">a &lt; b &amp; &quot;c&quot;</text>"));
    ck_assert_int_eq(count(svg, "<circle"), 5);
    ck_assert_int_eq(count(svg, "<path"), 2);
    char *path = strstr(svg, "<path");
    *strstr(path, "/>") = 0;
    ck_assert_int_eq(count(path, "M"), 2); /* broken once */
    free(svg);
    options.log_y = true; /* without NaN and -1 */
    svg = plot(&options);
    ck_assert_int_eq(count(svg, "<circle"), 4);
    free(svg);
}
END_TEST

/* Steps are whole, and so are their ticks; other places need not be. */
START_TEST(ticks_of_whole_numbers) {
    double x[4] = {1, 2, 3, 4}, y[4] = {600, 500, 700, 600};
    sg_plot_series series = {"loss", x, y, 4, false};
    sg_plot_options options = {.size = sizeof options, .series = &series, .series_count = 1};
    char *svg = plot(&options);
    for (int i = 1; i <= 4; i++) {
        char tick[16];
        snprintf(tick, sizeof tick, ">%d</text>", i);
        ck_assert_int_eq(count(svg, tick), 1);
    }
    ck_assert_int_eq(count(svg, ".5</text>"), 0);
    free(svg);
    x[1] = 2.5;
    svg = plot(&options);
    ck_assert_int_eq(count(svg, ">1.5</text>"), 1);
    free(svg);
    series.count = 1; /* in the middle */
    svg = plot(&options);
    ck_assert_int_eq(count(svg, ">1</text>"), 1);
    ck_assert_int_eq(count(svg, ".5</text>"), 0);
    free(svg);
}
END_TEST

START_TEST(long_series_make_small_files) {
    enum { COUNT = 200000 };
    double *x = malloc(2 * COUNT * sizeof *x), *y = x + COUNT;
    for (int i = 0; i < COUNT; i++) x[i] = i, y[i] = 1 + i % 7;
    y[100000] = 50;
    sg_plot_series series = {"loss", x, y, COUNT, false};
    sg_plot_options options = {.size = sizeof options, .series = &series, .series_count = 1};
    char *svg = plot(&options);
    ck_assert_uint_lt(strlen(svg), 60000);
    ck_assert_int_eq(count(svg, "class=\"line band s0\""), 1);
    ck_assert_int_eq(count(svg, "class=\"line s0\""), 2); /* the line and its key */
    ck_assert_ptr_nonnull(strstr(svg, ">40</text>"));     /* the spike is within the axis */
    free(svg);
    free(x);
}
END_TEST

START_TEST(nothing_to_draw) {
    double none[1] = {NAN};
    sg_plot_series series = {"loss", none, none, 1, false};
    sg_plot_options options = {.size = sizeof options, .series = &series, .series_count = 1};
    char *svg = plot(&options);
    ck_assert_ptr_nonnull(strstr(svg, ">no values yet</text>"));
    free(svg);
}
END_TEST

START_TEST(refuses) {
    sg_error error = {0};
    char *svg;
    size_t bytes;
    sg_plot_series series[9] = {{"loss", NULL, NULL, 0, false}};
    sg_plot_options options = {.size = sizeof options, .series = series};
    assert_fails(sg_plot_text(&svg, &bytes, &options, &error), SG_BAD_USAGE,
                 "a plot of 0 series: it holds 1 to 8");
    options.series_count = 9;
    assert_fails(sg_plot_text(&svg, &bytes, &options, &error), SG_BAD_USAGE,
                 "a plot of 9 series: it holds 1 to 8");
    options.series_count = 1;
    options.width = 100;
    assert_fails(sg_plot_text(&svg, &bytes, &options, &error), SG_BAD_USAGE,
                 "a plot of 100 x 420: it needs at least 240 x 160");
    options.width = 0;
    assert_fails(sg_plot_save("no/x.svg", &options, &error), SG_IO_ERROR,
                 "cannot write `no/x.svg`: No such file or directory");
    assert_ok(sg_plot_save("x.svg", &options, &error));
    options.size = 1;
    assert_fails(sg_plot_text(&svg, &bytes, &options, &error), SG_BAD_USAGE,
                 "sg_plot_options has another size");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("plot");
    TCase *tests = tcase_create("plot");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, ticks);
    tcase_add_test(tests, draws_lines_and_points);
    tcase_add_test(tests, ticks_of_whole_numbers);
    tcase_add_test(tests, long_series_make_small_files);
    tcase_add_test(tests, nothing_to_draw);
    tcase_add_test(tests, refuses);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
