/* Drawing when memory runs out: every allocation fails once; nothing is lost, nothing is left over. */
#include "draw_graph.h"
#include "failing_malloc.h"

#include "simgraph/draw.h"
#include "simgraph/report.h"

typedef sg_status drawing(char **text, const sg_graph *graph, const sg_dot_options *options, sg_error *error);

static void fail_each(drawing *draw, const sg_graph *graph, const sg_dot_options *options,
                      const char *message) {
    sg_error error = {0};
    char *whole = NULL, *text = NULL;
    assert_ok(draw(&whole, graph, options, &error));
    bool failed = true;
    long refused = 0;
    for (long n = 0; failed; n++) {
        ck_assert_int_lt(n, 100000);
        long before = heap.live;
        heap.left = n;
        sg_status status = draw(&text, graph, options, &error);
        failed = heap.left < 0;
        heap.left = -1;
        ck_assert_msg(heap.live - before == (status == SG_OK), "after failure %ld: %ld blocks", n,
                      heap.live - before);
        if (status == SG_OK) { /* nothing failed, or what does without (the C library's qsort) */
            ck_assert_int_eq(strcmp(text, whole), 0);
            free(text);
            text = NULL;
            continue;
        }
        ck_assert_int_eq(status, SG_OUT_OF_MEMORY);
        if (message) ck_assert_str_eq(error.message, message);
        ck_assert_ptr_null(text);
        refused++;
    }
    ck_assert_int_gt(refused, 10);
    free(whole);
}

static const char out_of_memory[] = "out of memory while drawing the graph";

static sg_dot_options defaults(void) {
    return (sg_dot_options){
        .size = sizeof(sg_dot_options), .depth = SG_DOT_AUTOMATIC, .backward = true, .links = ""};
}

static void add_graph(test_graph *t, int depth) {
    sg_value gradient[GRAPH_WEIGHTS];
    sg_error error = {0};
    test_graph_init(t, 97);
    sg_value loss = add_vit(t, depth, true);
    assert_ok(
        sg_graph_differentiate(t->graph, loss, SG_NO_VALUE, t->weight_count, t->weight, gradient, &error));
}

START_TEST(every_allocation_fails_once) {
    test_graph t;
    add_graph(&t, 4);
    sg_dot_options options = defaults();
    fail_each(sg_draw_dot, t.graph, &options, out_of_memory);
    fail_each(sg_draw_mermaid, t.graph, &options, out_of_memory);
    options.focus = "codes.norm", options.radius = 2;
    fail_each(sg_draw_dot, t.graph, &options, out_of_memory);
    options.focus = NULL, options.only = "norm*";
    fail_each(sg_draw_dot, t.graph, &options, out_of_memory);
    test_graph_finish(&t);
}
END_TEST

START_TEST(comparison) {
    test_graph t, before;
    add_graph(&t, 4);
    add_graph(&before, 2);
    sg_dot_options options = defaults();
    options.before = before.graph;
    fail_each(sg_draw_dot, t.graph, &options, out_of_memory);
    fail_each(sg_draw_page, t.graph, &options, out_of_memory);
    test_graph_finish(&t);
    test_graph_finish(&before);
}
END_TEST

START_TEST(page) {
    test_graph t;
    add_graph(&t, 2);
    sg_dot_options options = defaults();
    fail_each(sg_draw_page, t.graph, &options, out_of_memory);
    test_graph_finish(&t);
}
END_TEST

static sg_status draw_memory(char **svg, const sg_graph *graph, const sg_dot_options *options,
                             sg_error *error) {
    sg_value loss = sg_graph_find(graph, "loss");
    sg_program_options program = {.size = sizeof program, .fetch = &loss, .fetch_count = 1};
    return options->dark ? sg_draw_memory_dot(svg, graph, &program, options, error)
                         : sg_draw_memory_page(svg, graph, &program, options, error);
}

START_TEST(chart_of_memory) {
    test_graph t;
    add_graph(&t, 2);
    sg_dot_options options = defaults();
    fail_each(draw_memory, t.graph, &options, NULL); /* the planner has messages of its own */
    options.dark = true;
    fail_each(draw_memory, t.graph, &options, NULL);
    test_graph_finish(&t);
}
END_TEST

static sg_report_options report_options(bool compare) {
    return (sg_report_options){.size = sizeof(sg_report_options),
                               .data = "{\"runs\": [\"</script><!--\"]}",
                               .compare = compare,
                               .diagram = "<p title=\"a\">&amp;</p>"};
}

static sg_status draw_report(char **html, const sg_graph *graph, const sg_dot_options *options,
                             sg_error *error) {
    (void)graph;
    sg_report_options report = report_options(options->dark);
    return sg_draw_report(html, &report, error);
}

START_TEST(report) {
    sg_dot_options options = defaults();
    fail_each(draw_report, NULL, &options, "out of memory for a report");
    options.dark = true;
    fail_each(draw_report, NULL, &options, "out of memory for a report");
}
END_TEST

/* What is put into the page stays what it is. */
START_TEST(report_of_hostile_words) {
    sg_error error = {0};
    char *html;
    sg_report_options o = report_options(false);
    assert_ok(sg_draw_report(&html, &o, &error));
    ck_assert_ptr_nonnull(strstr(html, "{\"runs\": [\"\\u003c/script>\\u003c!--\"]}"));
    ck_assert_ptr_nonnull(strstr(html, "srcdoc=\"<p title=&quot;a&quot;>&amp;amp;</p>\""));
    ck_assert_ptr_nonnull(strstr(html, "It could not be drawn")); /* there is no chart of memory */
    ck_assert_ptr_null(strchr(strstr(html, "id=\"data\">"), '@'));
    free(html);
    o.data = NULL;
    ck_assert_int_eq(sg_draw_report(&html, &o, &error), SG_BAD_USAGE);
    ck_assert_str_eq(error.message, "a report needs data");
    o.size = 1;
    ck_assert_int_eq(sg_draw_report(&html, &o, &error), SG_BAD_USAGE);
    ck_assert_ptr_null(html);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_allocation_fails_once, comparison, page, chart_of_memory, report,
                                  report_of_hostile_words,     NULL};
    return unit_run(unit_suite("draw_memory", tests));
}
