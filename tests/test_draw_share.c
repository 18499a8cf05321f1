/* Diagrams of blocks that use the weights of others. */
#include "draw_text.h"

static void add_layers(test_graph *t, const char *name, sg_value weight[3]) {
    add_scope(t, name, "chain", 1);
    for (int i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s.block.%d", name, i);
        add_scope(t, path, "layer", 2);
        weight[i] = add_weight(t, under(path, "weight"), SG_SHAPE(4, 4));
    }
}

/* Three rounds, each with a weight. */
static sg_value add_rounds(test_graph *t, const char *name, sg_value x, const sg_value weight[3]) {
    add_scope(t, name, "chain", 3);
    for (int i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s.block.%d", name, i);
        add_scope(t, path, "layer", 4);
        x = ADD(t, "affine", under(path, "y"), INPUTS(x, weight[i]), NO_ARGS);
        x = ADD(t, "gelu", under(path, "bent"), INPUTS(x), NO_ARGS);
    }
    return x;
}

static char *draw_depth(test_graph *t, int depth) {
    sg_dot_options options = defaults();
    options.depth = depth;
    return draw(t, options);
}

START_TEST(weights_are_drawn_where_they_are_read) {
    test_graph t;
    sg_value weight[3];
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    add_layers(&t, "whole", weight); /* it computes nothing */
    x = add_rounds(&t, "codes", x, weight);
    x = add_rounds(&t, "judged", x, weight);
    ADD(&t, "mean", "loss", INPUTS(x), NO_ARGS);
    char *text = draw_depth(&t, 0);
    ck_assert(has(text, "COLOR=\"#565656\">48 params · "));
    ck_assert(has(text, "COLOR=\"#565656\">weights of codes · "));
    ck_assert_int_eq(count(text, ">48 params · "), 2); /* in the title, and in the box */
    ck_assert(!has(text, "\"whole"));
    free(text);
    /* Frames say what their boxes add up to: 48 = 3 × 16. */
    text = draw_depth(&t, 2);
    ck_assert(has(text, ">48 params (100%)"));
    ck_assert(has(text, ">3 × 16 params (100%)"));
    ck_assert_int_eq(count(text, "COLOR=\"#565656\">16 params · "), 1);
    ck_assert_int_eq(count(text, ">weights of codes<"), 1);
    ck_assert(!has(text, "\"whole"));
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(everything_is_drawn_where_it_is) {
    test_graph t;
    sg_value weight[3];
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    add_layers(&t, "whole", weight);
    add_rounds(&t, "codes", x, weight);
    sg_dot_options options = defaults();
    options.all = true;
    char *text = draw(&t, options);
    ck_assert(has(text, "subgraph \"cluster whole.block.1\""));
    ck_assert(has(text, "\"whole.block.1.weight\" [id="));
    ck_assert(has(text, "\"whole.block.1.weight\" -> \"codes.block.1.y\""));
    free(text);
    test_graph_finish(&t);
}
END_TEST

/* Every round of `codes` reads one weight: that has a box, wherever it comes from. */
START_TEST(rounds_that_share_one_weight_show_it) {
    test_graph t;
    sg_value weight[3];
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    add_layers(&t, "whole", weight);
    add_rounds(&t, "codes", x, (sg_value[]){weight[1], weight[1], weight[1]});
    char *text = draw_depth(&t, 2);
    ck_assert(has(text, "\"whole.block.1.weight\" [id="));
    ck_assert(has(text, "\"whole.block.1.weight\" -> \"codes.block.0.y\""));
    ck_assert(!has(text, "\"whole.block.1.weight\" -> \"codes.block.1.y\""));
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(averages_are_told_and_folded) {
    test_graph t;
    sg_value weight[3], average[3];
    sg_shape shape = SG_SHAPE(4, 4);
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    add_layers(&t, "codes", weight);
    add_rounds(&t, "codes", x, weight);
    for (int i = 0; i < 3; i++) {
        char path[64], of[64];
        snprintf(path, sizeof path, "teacher.block.%d.weight", i);
        snprintf(of, sizeof of, "codes.block.%d.weight", i);
        average[i] = ADD(&t, "average", path, NO_INPUTS, sg_arg_shape("shape", &shape), sg_arg_text("of", of),
                         sg_arg_float("average", 0.9));
    }
    add_rounds(&t, "teacher", x, average);
    char *text = draw_depth(&t, 1);
    ck_assert_int_eq(count(text, "× 3</B>"), 2);
    ck_assert_int_eq(count(text, ">averages of codes<"), 1);
    free(text);
    text = draw_depth(&t, 0);
    ck_assert(has(text, ">averages of codes · "));
    free(text);
    test_graph_finish(&t);
}
END_TEST

/* A node by itself is no block: a dotted line leads to it from the block whose weight it reads. */
START_TEST(a_node_that_reads_a_weight_of_a_block_has_a_line) {
    test_graph t;
    sg_value weight[3];
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    add_layers(&t, "codes", weight);
    x = add_rounds(&t, "codes", x, weight);
    ADD(&t, "affine", "again", INPUTS(x, weight[1]), NO_ARGS);
    char *text = draw_depth(&t, 0);
    ck_assert(has(text, ">shared weights<"));
    ck_assert(has(text, ", style=dotted, constraint=false, tailclip=false"));
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(a_value_is_told_once) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    sg_value y = ADD(&t, "gelu", "a", INPUTS(x), NO_ARGS);
    y = ADD(&t, "add", "b", INPUTS(y, x), NO_ARGS);
    ADD(&t, "mul", "c", INPUTS(y, x), NO_ARGS);
    char *text = draw(&t, defaults());
    ck_assert(has(text, "\"x\" -> \"x > a\" ["));
    ck_assert(has(text, "\"x\" -> \"b\" [tooltip=\"x\", minlen=2"));
    ck_assert(has(text, "\"x\" -> \"c\" [tooltip=\"x\", minlen=2"));
    ck_assert_int_eq(count(text, ">batch×4 f32<"), 3);
    free(text);
    test_graph_finish(&t);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        weights_are_drawn_where_they_are_read,
        everything_is_drawn_where_it_is,
        rounds_that_share_one_weight_show_it,
        averages_are_told_and_folded,
        a_node_that_reads_a_weight_of_a_block_has_a_line,
        a_value_is_told_once,
        NULL,
    };
    return unit_run(unit_suite("draw_share", tests));
}
