/* Diagrams: what is folded, hidden and opened, escapes, and the whole text of a small one. */
#include "draw_text.h"
#include "scratch.h"

#include "graph/graph.h"

#ifndef DRAW_EXPECTED
#define DRAW_EXPECTED "tests/draw_small.dot"
#endif

static bool graphviz_is_here(void) {
    static int here = -1;
    if (here < 0) here = system("dot -V >/dev/null 2>&1") == 0;
    return here == 1;
}

/* Graphviz reads the text and makes a picture without a word. */
static void assert_renders(const char *text) {
    if (!graphviz_is_here()) return;
    sg_error error = {0};
    char *data;
    size_t bytes;
    assert_ok(sg_draw_convert(&data, &bytes, text, "svg", &error));
    ck_assert_ptr_nonnull(strstr(data, "</svg>"));
    free(data);
}

START_TEST(small_text) {
    test_graph t;
    test_graph_init(&t, SG_SYMBOLIC_BATCH);
    sg_value x = add_fed(&t, "x", SG_SHAPE(SG_SYMBOLIC_BATCH, 4));
    add_scope(&t, "net", "perceptron", 3);
    sg_value y = add_linear(&t, "net.first", x, 8);
    y = ADD(&t, "gelu", "net.bent", INPUTS(y), NO_ARGS);
    y = add_linear(&t, "net.second", y, 4);
    ADD(&t, "l1", "loss", INPUTS(y, x), NO_ARGS);
    char *text = draw(&t, defaults());
    if (getenv("DRAW_UPDATE")) scratch_write(DRAW_EXPECTED, text, strlen(text));
    size_t bytes;
    char *expected = (char *)scratch_read(DRAW_EXPECTED, &bytes);
    ck_assert_msg(strcmp(text, expected) == 0, "the text differs from " DRAW_EXPECTED
                                               "; look at it, and where it is right run with DRAW_UPDATE=1");
    assert_renders(text);
    free(expected);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(equal_rounds_are_drawn_once) {
    test_graph t;
    test_graph_init(&t, 97);
    add_vit(&t, 12, false);
    sg_dot_options options = defaults();
    options.depth = 2;
    char *text = draw(&t, options);
    ck_assert(has(text, "<B>block.0–11: vit_block × 12</B>"));
    ck_assert(has(text, "12 × 12.7k params (98%)"));
    ck_assert(has(text, "\"codes.block.0.norm1\" [id="));
    ck_assert(!has(text, "codes.block.1.norm1"));
    ck_assert_int_eq(count(text, "each round feeds the next"), 1);
    ck_assert(has(text, "\"codes.block.0.y\" -> \"codes.block.0.norm1\" [tooltip=\"each round"));
    /* From the last round to the norm behind it. */
    ck_assert(has(text, "\"codes.block.0.y > codes.norm\" -> \"codes.norm\""));
    assert_renders(text);
    free(text);

    options.depth = 1; /* one box with a loop */
    text = draw(&t, options);
    ck_assert(has(text, "<B>block.0–11</B>"));
    ck_assert(has(text, " <B>× 12</B><BR/>"));
    ck_assert(has(text, "12 × 12.7k params · 12 × "));
    ck_assert(has(text, "\"codes.block.0\" -> \"codes.block.0\" [tooltip=\"each round"));
    assert_renders(text);
    free(text);

    options.depth = 2, options.all = true; /* nothing is folded */
    text = draw(&t, options);
    for (int i = 0; i < 12; i++) {
        char name[64];
        snprintf(name, sizeof name, "\"codes.block.%d.mid\" [id=", i);
        ck_assert(has(text, name));
    }
    ck_assert_int_eq(count(text, "each round feeds the next"), 0);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(rounds_that_differ_are_not_folded) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    add_scope(&t, "net", "tower", 1);
    /* 4 -> 8 -> 8 -> 8 -> 16: the first and the last round have shapes of their own. */
    static const int64_t width[] = {8, 8, 8, 16};
    for (int i = 0; i < 4; i++) {
        char path[32], inner[64];
        snprintf(path, sizeof path, "net.step.%d", i);
        snprintf(inner, sizeof inner, "%s.mix", path);
        add_scope(&t, path, "step", 2);
        x = ADD(&t, "gelu", under(path, "y"), INPUTS(add_linear(&t, inner, x, width[i])), NO_ARGS);
    }
    sg_dot_options options = defaults();
    options.depth = 1;
    char *text = draw(&t, options);
    ck_assert(has(text, "\"net.step.0\" [id="));
    ck_assert(has(text, "\"net.step.1\" [id="));
    ck_assert(!has(text, "\"net.step.2\" [id="));
    ck_assert(has(text, "\"net.step.3\" [id="));
    ck_assert(has(text, "<B>step.1–2</B>"));
    assert_renders(text);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(rounds_that_alternate_are_folded_in_groups) {
    test_graph t;
    test_graph_init(&t, 97);
    add_vit(&t, 6, true);
    for (int depth = 1; depth <= 3; depth++) {
        sg_dot_options options = defaults();
        options.depth = depth;
        char *text = draw(&t, options);
        ck_assert(has(text, "<B>block.0–5: 2 rounds × 3</B>"));
        ck_assert(has(text, "codes.block.1"));
        ck_assert(!has(text, "codes.block.2"));
        ck_assert_int_eq(count(text, "each round feeds the next"), 1);
        assert_renders(text);
        free(text);
    }
    test_graph_finish(&t);
}
END_TEST

START_TEST(views_weights_and_constants_vanish) {
    test_graph t;
    test_graph_init(&t, SG_SYMBOLIC_BATCH);
    sg_value x = add_fed(&t, "x", SG_SHAPE(SG_SYMBOLIC_BATCH, 6));
    sg_value y = add_view(&t, "reshape", "turned", x, 3, (int64_t[]){SG_SYMBOLIC_BATCH, 2, 3});
    sg_value own = add_weight(&t, "own", SG_SHAPE(3)), shared = add_weight(&t, "shared", SG_SHAPE(3));
    sg_value ten = ADD(&t, "constant", "ten", NO_INPUTS, sg_arg_float("value", 10),
                       sg_arg_ints("shape", 1, (int64_t[]){3}));
    y = ADD(&t, "mul", "a", INPUTS(y, own), NO_ARGS);
    y = ADD(&t, "mul", "b", INPUTS(y, shared), NO_ARGS);
    y = ADD(&t, "add", "c", INPUTS(y, ADD(&t, "exp", "e", INPUTS(ten), NO_ARGS)), NO_ARGS);
    ADD(&t, "mul", "d", INPUTS(y, shared), NO_ARGS);
    char *text = draw(&t, defaults());
    ck_assert(!has(text, "\"turned\""));
    ck_assert(!has(text, "\"own\""));
    ck_assert(!has(text, "\"ten\""));
    ck_assert(!has(text, "\"e\""));
    ck_assert(has(text, ">batch×6 → batch×2×3 f32<"));
    ck_assert(has(text, "3 params"));
    /* What two boxes read is a box. */
    ck_assert(has(text, "\"shared\" [id="));
    ck_assert(has(text, "\"shared\" -> \"b\""));
    ck_assert(has(text, "\"shared\" -> \"d\""));
    assert_renders(text);
    free(text);

    sg_dot_options options = defaults();
    options.all = true;
    text = draw(&t, options);
    static const char *const names[] = {"turned", "own", "shared", "ten", "e"};
    for (int i = 0; i < 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "\"%s\" [id=", names[i]);
        ck_assert_msg(has(text, name), "%s", name);
    }
    assert_renders(text);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(values_are_counted_not_repeated) {
    test_graph t;
    test_graph_init(&t, 97);
    add_vit(&t, 2, false);
    sg_dot_options options = defaults();
    options.depth = 3;
    char *text = draw(&t, options);
    /* Query, key and value are three slices of one product. */
    ck_assert(has(text, ">3 × batch×4×16×8 f32<"));
    ck_assert(has(text, "tooltip=\"codes.block.0.mix.qkv"));
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(depth_opens_blocks) {
    test_graph t;
    test_graph_init(&t, 97);
    add_vit(&t, 4, false);
    static const int frames[] = {0, 1, 2, 4, 4};
    int boxes = 0, last = 0;
    for (int depth = 0; depth <= 4; depth++) {
        sg_dot_options options = defaults();
        options.depth = depth;
        char *text = draw(&t, options);
        boxes = count(text, "class=");
        ck_assert_int_ge(boxes, last);
        ck_assert_int_eq(count(text, "subgraph"), frames[depth]);
        assert_renders(text);
        last = boxes;
        free(text);
    }
    char *text = draw(&t, defaults());
    boxes = count(text, "class=");
    ck_assert_int_ge(boxes, 10);
    ck_assert_int_le(boxes, 30);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(sizes_are_symbolic_where_they_follow_the_batch) {
    test_graph t;
    test_graph_init(&t, 8);
    sg_value x = add_fed(&t, "x", SG_SHAPE(8, 16, 8)); /* sizes that are multiples by chance */
    sg_value w = add_weight(&t, "w", SG_SHAPE(8, 8)), v = add_weight(&t, "v", SG_SHAPE(8, 8));
    sg_value both = ADD(&t, "mul", "both", INPUTS(w, v), NO_ARGS);
    x = ADD(&t, "affine", "y", INPUTS(x, both), NO_ARGS);
    x = add_view(&t, "reshape", "windows", x, 2, (int64_t[]){128, 8});
    ADD(&t, "gelu", "z", INPUTS(x), NO_ARGS);
    char *text = draw(&t, defaults());
    ck_assert(has(text, ">batch×16×8 f32<"));
    ck_assert(has(text, ">8×8 f32<"));
    ck_assert(has(text, ">batch×16×8 → 16·batch×8 f32<"));
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(gradients_stand_beside) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value loss = add_vit(&t, 4, false), gradient[GRAPH_WEIGHTS];
    sg_dot_options options = defaults();
    char *before = draw(&t, options);
    sg_error error = {0};
    assert_ok(sg_graph_differentiate(t.graph, loss, SG_NO_VALUE, t.weight_count, t.weight, gradient, &error));
    char *text = draw(&t, options);
    ck_assert_str_eq(text, before); /* gradients do not show unless they are asked for */
    free(before);
    free(text);
    options.backward = true;
    text = draw(&t, options);
    ck_assert(has(text, "backward a sample"));
    ck_assert(has(text, "\"grad/codes.block.0.norm1\" [id="));
    ck_assert(!has(text, "\"grad/codes.block.1"));
    ck_assert(has(text, "{ rank=same; \"loss\" -> \"grad/loss\""));
    /* Against the flow, but laid out with it. */
    ck_assert(has(text, "\"grad/recon\" -> \"grad/loss\" ["));
    assert_renders(text);
    free(text);
    options.all = true, options.depth = 9;
    text = draw(&t, options);
    ck_assert(has(text, "\"grad/codes.block.3."));
    /* What a gradient reads of the forward pass is told, not drawn: the line beside it leads there. */
    ck_assert(has(text, "\\nreads codes.block.3.mlp.mid"));
    ck_assert(!has(text, ", style=dotted, constraint=false]"));
    assert_renders(text);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(updates_are_gathered_by_op) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value loss = add_vit(&t, 2, false), gradient[GRAPH_WEIGHTS], square[GRAPH_WEIGHTS];
    sg_error error = {0};
    sg_value rate = add_fed(&t, "train/rate", SG_SHAPE(1));
    assert_ok(sg_graph_differentiate(t.graph, loss, SG_NO_VALUE, t.weight_count, t.weight, gradient, &error));
    sg_graph_set_phase(t.graph, SG_PHASE_UPDATE);
    for (int i = 0; i < t.weight_count; i++)
        square[i] = sg_graph_add(t.graph, "sum_squares", NULL, &gradient[i], 1, NULL);
    sg_value sum = sg_emit(t.graph, "add", SG_IN(square[0], square[1]));
    sg_value wide = sg_emit(t.graph, "cast", SG_IN(rate), sg_arg_dtype("type", SG_F64));
    sg_emit(t.graph, "mul", SG_IN(sum, wide));
    assert_ok(sg_graph_status(t.graph, &error));
    sg_dot_options options = defaults();
    char *text = draw(&t, options);
    ck_assert(!has(text, "sum_squares"));
    ck_assert(!has(text, "train/rate")); /* only updates read it */
    free(text);
    options.backward = true;
    text = draw(&t, options);
    ck_assert(has(text, "subgraph \"cluster update/\""));
    ck_assert(has(text, "<B>sum_squares</B> <B>× 32</B>"));
    ck_assert(has(text, "\"update/train/rate\" [id="));
    ck_assert_int_eq(count(text, "tooltip=\"all 32 gradients of weights\""), 1);
    ck_assert(
        has(text, "\"grad/codes.embed\" -> \"update/sum_squares\" [tooltip=\"all 32 gradients of weights\""));
    ck_assert(has(text, "penwidth=3, arrowsize=0.8, ltail=\"cluster codes\""));
    ck_assert(has(text, "\"title codes\" -> \"grad/codes.embed\" [style=invis]")); /* no tie crosses it */
    ck_assert(has(text, ">once a step, with all 32 gradients of weights<"));
    assert_renders(text);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(gradients_pass_through_sums) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4)), gradient[2];
    sg_value y = ADD(&t, "mul", "first", INPUTS(x, add_weight(&t, "w", SG_SHAPE(4))), NO_ARGS);
    y = ADD(&t, "add", "sum", INPUTS(y, x), NO_ARGS); /* its gradient is what it gets: no node */
    y = ADD(&t, "mul", "second", INPUTS(y, add_weight(&t, "v", SG_SHAPE(4))), NO_ARGS);
    y = ADD(&t, "mean", "loss", INPUTS(y), NO_ARGS);
    sg_error error = {0};
    assert_ok(sg_graph_differentiate(t.graph, y, SG_NO_VALUE, 2, t.weight, gradient, &error));
    sg_dot_options options = defaults();
    options.backward = true;
    char *text = draw(&t, options);
    ck_assert(has(text, "\"grad/sum\" -> \"grad/second\" ["));
    ck_assert(has(text, "\"grad/first\" -> \"grad/sum\" ["));
    ck_assert(!has(text, "\"grad/first\" -> \"grad/second\" ["));
    assert_renders(text);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(blocks_without_weight_stay_closed) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 64));
    add_scope(&t, "heavy", "tower", 1);
    add_scope(&t, "light", "norms", 2);
    x = add_linear(&t, "heavy.a", x, 512);
    x = add_linear(&t, "heavy.b", x, 64);
    x = ADD(&t, "neg", "light.a", INPUTS(x), NO_ARGS);
    ADD(&t, "abs", "light.b", INPUTS(x), NO_ARGS);
    sg_dot_options options = defaults();
    char *text = draw(&t, options);
    ck_assert(has(text, "subgraph \"cluster heavy\""));
    ck_assert(has(text, "\"light\" [id="));
    free(text);
    options.depth = 1;
    text = draw(&t, options);
    ck_assert(has(text, "subgraph \"cluster light\""));
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(every_option_renders) {
    test_graph t;
    test_graph_init(&t, 97);
    add_vit(&t, 3, false);
    for (int i = 0; i < 16; i++) {
        sg_dot_options options = defaults();
        options.all = i & 1;
        options.dark = i & 2;
        options.rankdir = i & 4 ? "LR" : "TB";
        options.backward = i & 8;
        char *text = draw(&t, options);
        ck_assert(has(text, i & 4 ? "rankdir=LR" : "rankdir=TB"));
        assert_renders(text);
        free(text);
    }
    char *text;
    sg_error error = {0};
    assert_ok(sg_draw_dot(&text, t.graph, NULL, &error));
    ck_assert(has(text, "<B>graph</B>"));
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(nothing_to_draw) {
    test_graph t;
    test_graph_init(&t, 1);
    add_scope(&t, "empty", "block", 1);
    char *text = draw(&t, defaults());
    ck_assert(has(text, "0 params · 0 FLOP a sample · 0 nodes"));
    ck_assert(!has(text, "subgraph"));
    assert_renders(text);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(every_text_is_escaped) {
    test_graph t;
    test_graph_init(&t, 97);
    static const char *const paths[] = {
        "a\"b",
        "back\\",
        "back\\\"quote",
        "<b>&amp;\\N",
        "two\nlines",
        "\xC3\xA9t\xC3\xA9",
        "%22",
        "\xFF\xFE broken",
        "\xED\xA0\x80",
        "->;{}[]|",
        "title x",
        "\x01\x7F",
        "a long name that goes on and on \xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC and on and on",
    };
    int paths_count = (int)(sizeof paths / sizeof paths[0]);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 3));
    for (int i = 0; i < paths_count; i++) {
        ck_assert(sg_graph_add_scope(t.graph, paths[i], paths[i], paths[i],
                                     (sg_mark){.file = paths[i], .line = 3, .column = 1}, &t.error) == SG_OK);
        x = ADD(&t, "gelu", under(paths[i], paths[i]), INPUTS(x), NO_ARGS);
        x = ADD(&t, "exp", under(paths[i], "e"), INPUTS(x), NO_ARGS);
    }
    for (int i = 0; i < 4; i++) {
        sg_dot_options options = defaults();
        options.title = "<T> & \"quotes\" \\N \\";
        options.depth = i / 2;
        options.all = i % 2;
        char *text = draw(&t, options);
        ck_assert(has(text, "<B>&lt;T&gt; &amp; &quot;quotes&quot; \\N \\</B>"));
        ck_assert(has(text, "tooltip=\"<T> &amp; \\\"quotes\\\" \\\\N \\\\\""));
        ck_assert(has(text, "\"a%22b"));
        ck_assert(has(text, "\"%2522")); /* no other path has this identifier */
        for (const char *s = text; *s; s++) ck_assert((unsigned char)*s >= 0x20 || *s == '\n');
        assert_renders(text);
        free(text);
    }
    test_graph_finish(&t);
}
END_TEST

START_TEST(wrong_options) {
    test_graph t;
    test_graph_init(&t, 1);
    char *text;
    sg_error error = {0};
    sg_dot_options options = defaults();
    options.depth = -2;
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "depth -2 of a diagram: must be 0 or more, or -1 for automatic");
    ck_assert_ptr_null(text);
    options = defaults();
    options.rankdir = "BT";
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "rankdir `BT` of a diagram: must be TB or LR");
    options.size = 4096;
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "sg_dot_options: the size 4096 is not sizeof(sg_dot_options)");
    sg_graph_add(t.graph, "no_such_op", NULL, NULL, 0, NULL);
    ck_assert_int_eq(sg_draw_dot(&text, t.graph, NULL, &error), SG_BAD_GRAPH);
    test_graph_finish(&t);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {small_text,
                                  equal_rounds_are_drawn_once,
                                  rounds_that_differ_are_not_folded,
                                  rounds_that_alternate_are_folded_in_groups,
                                  views_weights_and_constants_vanish,
                                  values_are_counted_not_repeated,
                                  depth_opens_blocks,
                                  sizes_are_symbolic_where_they_follow_the_batch,
                                  gradients_stand_beside,
                                  updates_are_gathered_by_op,
                                  gradients_pass_through_sums,
                                  blocks_without_weight_stay_closed,
                                  every_option_renders,
                                  nothing_to_draw,
                                  every_text_is_escaped,
                                  wrong_options,
                                  NULL};
    return unit_run(unit_suite("draw", tests));
}
