/* Parts of diagrams, comparisons, times, pages, Mermaid, and the chart of memory. */
#include "draw_page.h"
#include "scratch.h"

#include "simgraph/program.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#ifndef DRAW_MERMAID
#define DRAW_MERMAID "tests/draw_small.mmd"
#endif

/* x -> a -> b -> c -> d -> e, and x -> d. */
static void add_chain(test_graph *t, const char *const *ops) {
    sg_value x = add_fed(t, "x", SG_SHAPE(SG_SYMBOLIC_BATCH, 4)), y = x;
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++)
        y = i == 3 ? ADD(t, "add", names[i], INPUTS(y, x), NO_ARGS)
                   : ADD(t, ops ? ops[i] : "gelu", names[i], INPUTS(y), NO_ARGS);
}

/* ---- parts ---- */

START_TEST(focus_keeps_what_is_near) {
    test_graph t;
    test_graph_init(&t, SG_SYMBOLIC_BATCH);
    add_chain(&t, NULL);
    static const struct {
        const char *focus;
        int radius;
        const char *drawn, *cut, *gone;
    } cases[] = {
        {"b", 0, "b", "ac", "xde"}, {"b", 1, "abcx", "d", "e"}, {"x", 1, "xadbce", "", ""},
        {"e", 1, "ed", "cx", "ab"}, {"e", 9, "xabcde", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sg_dot_options options = defaults();
        options.focus = cases[i].focus;
        options.radius = cases[i].radius;
        char *text = draw(&t, options), box[32];
        for (const char *s = "xabcde"; *s; s++) {
            snprintf(box, sizeof box, "\n  \"%c\" [id=", *s);
            const char *found = strstr(text, box);
            ck_assert_msg(!found == !!strchr(cases[i].gone, *s), "case %zu: %c", i, *s);
            if (!found) continue;
            /* What is cut off is counted; a box is of its own kind wherever it stands. */
            const char *end = strchr(found + 1, '\n'), *cut = strstr(found, "… "),
                       *kind = strstr(found, "class=\"");
            ck_assert_msg((cut && cut < end) == !!strchr(cases[i].cut, *s), "case %zu: %c", i, *s);
            const char *wanted = *s == 'x' ? "class=\"input" : "class=\"elementwise";
            ck_assert_msg(strncmp(kind, wanted, strlen(wanted)) == 0, "case %zu: %c", i, *s);
            bool thick = strstr(found, ",bold\"") && strstr(found, ",bold\"") < end;
            ck_assert_msg(thick == (*s == *cases[i].focus), "case %zu: %c", i, *s);
        }
        free(text);
    }
    test_graph_finish(&t);
}
END_TEST

START_TEST(patterns_keep_ways) {
    test_graph t;
    test_graph_init(&t, SG_SYMBOLIC_BATCH);
    add_chain(&t, NULL);
    sg_dot_options options = defaults();
    options.only = "[never]";
    char *text = NULL;
    sg_error error = {0};
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "no node that is drawn matches `[never]`");
    options.only = "e";
    text = draw(&t, options);
    ck_assert_int_eq(count(text, "[id="), 1);
    free(text);
    test_graph_finish(&t);

    /* Between the norms of a block there are ways, but no edges. */
    test_graph_init(&t, 97);
    add_vit(&t, 2, false);
    options.only = "norm*";
    text = draw(&t, options);
    ck_assert(has(
        text,
        "\"codes.block.0.norm1\" -> \"codes.block.0.norm2\" [tooltip=\"through nodes that are not drawn\""));
    ck_assert(has(text, "\"codes.block.0.norm2\" -> \"codes.norm\" [tooltip=\"through nodes"));
    ck_assert(!has(text, "\"codes.block.0.norm2\" -> \"codes.block.0.norm1\""));
    ck_assert(!has(text, "\"codes.block.0.mid\""));
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(wrong_parts) {
    test_graph t;
    test_graph_init(&t, 97);
    add_vit(&t, 2, false);
    sg_value none = ADD(&t, "constant", "ten", NO_INPUTS, sg_arg_float("value", 10),
                        sg_arg_ints("shape", 1, (int64_t[]){3}));
    ADD(&t, "exp", "grown", INPUTS(none), NO_ARGS);
    char *text;
    sg_error error = {0};
    sg_dot_options options = defaults();
    options.focus = "codes.norn";
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "no node or block is named `codes.norn`; did you mean `codes.norm`?");
    options.focus = "ten";
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "`ten` has no box: constants are only drawn with everything else");
    options.all = true;
    free(draw(&t, options));
    options = defaults();
    options.radius = -1;
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "radius -1 of a diagram: must be 0 or more");
    options = defaults();
    options.focus = options.only = "mask";
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "a diagram has a focus or a pattern of nodes, not both");
    options = defaults();
    options.focus = "mask", options.before = t.graph;
    assert_fails(sg_draw_dot(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "a comparison of two graphs shows all of them, without times");
    options.focus = NULL;
    assert_fails(sg_draw_mermaid(&text, t.graph, &options, &error), SG_BAD_USAGE,
                 "a Mermaid diagram shows neither changes nor times");
    test_graph_finish(&t);
}
END_TEST

START_TEST(blocks_of_formulas_have_the_name_of_their_node) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    add_scope(&t, "seen.2_twice", "twice", 3);
    x = ADD(&t, "gelu", "seen.2_twice.a", INPUTS(x), NO_ARGS);
    x = ADD(&t, "gelu", "seen.2_twice.b", INPUTS(x), NO_ARGS);
    ADD(&t, "exp", "seen", INPUTS(x), NO_ARGS);
    sg_dot_options options = defaults();
    options.depth = 0;
    options.links = "at/";
    char *text = draw(&t, options);
    ck_assert(has(text, "<B>seen</B> <FONT COLOR=\"#565656\">twice</FONT>"));
    ck_assert(has(text, ", URL=\"at/net.yaml#L3\""));
    free(text);
    test_graph_finish(&t);
}
END_TEST

/* ---- comparisons ---- */

START_TEST(changes_are_marked) {
    test_graph before, now;
    test_graph_init(&before, SG_SYMBOLIC_BATCH);
    test_graph_init(&now, SG_SYMBOLIC_BATCH);
    static const char *const ops[] = {"gelu", "relu", "gelu", NULL, "gelu"};
    add_chain(&before, NULL);
    ADD(&before, "exp", "old", INPUTS(sg_graph_find(before.graph, "c")), NO_ARGS);
    add_chain(&now, ops); /* b is another op */
    ADD(&now, "exp", "new", INPUTS(sg_graph_find(now.graph, "c")), NO_ARGS);
    sg_dot_options options = defaults();
    options.before = before.graph;
    char *text = draw(&now, options);
    ck_assert(has(text, "<B>~ </B><B>b</B>"));
    ck_assert(has(text, "<B>+ </B><B>new</B>"));
    ck_assert(has(text, "<B>− </B><B>old</B>"));
    ck_assert_int_eq(count(text, "<B>~ </B>"), 1);
    ck_assert_int_eq(count(text, "<B>+ </B>"), 1);
    ck_assert_int_eq(count(text, "<B>− </B>"), 1);
    ck_assert(has(text, ">5 as before&"));
    ck_assert(has(text, ">+ 1 added&") && has(text, ">− 1 removed&") && has(text, ">~ 1 changed&"));
    ck_assert(has(text, "\"c\" -> \"- c > old\""));
    ck_assert(has(text, "\\nchanged\\nwas gelu\"")); /* and nothing else of b was other */
    ck_assert_int_eq(count(text, "\"a\" [id="), 1);  /* what both have is drawn once */
    free(text);
    options.before = now.graph; /* nothing differs from itself */
    text = draw(&now, options);
    ck_assert(has(text, ">7 as before&"));
    ck_assert_int_eq(count(text, "<B>~ </B>") + count(text, "<B>+ </B>") + count(text, "<B>− </B>"), 0);
    free(text);
    test_graph_finish(&before);
    test_graph_finish(&now);
}
END_TEST

START_TEST(rounds_are_compared) {
    test_graph before, now;
    test_graph_init(&before, 97);
    test_graph_init(&now, 97);
    add_vit(&before, 12, false);
    add_vit(&now, 4, false);
    sg_dot_options options = defaults();
    options.before = before.graph;
    options.depth = 2;
    char *text = draw(&now, options);
    ck_assert(has(text, "<B>~ block.0–3: vit_block × 4 (was × 12)</B>"));
    ck_assert(has(text, "<B>~ codes: vit_encoder</B>"));
    ck_assert(!has(text, " added&") && !has(text, " removed&"));
    free(text);
    options.depth = 0; /* the closed encoder is what changed */
    text = draw(&now, options);
    ck_assert(has(text, "<B>~ </B><B>codes</B>"));
    free(text);
    /* Every second round gains a node: drawn on its own, compared round by round. */
    test_graph_finish(&now);
    test_graph_init(&now, 97);
    add_vit(&now, 12, true);
    options.depth = 2;
    text = draw(&now, options);
    ck_assert(has(text, "<B>+ </B><B>turned</B>"));
    ck_assert(has(text, "<B>~ block.1: vit_block</B>"));
    ck_assert(!has(text, "<B>~ </B><B>qkv</B>"));
    free(text);
    test_graph_finish(&before);
    test_graph_finish(&now);
}
END_TEST

/* ---- times ---- */

START_TEST(times_colour_boxes) {
    test_graph t;
    test_graph_init(&t, 97);
    add_vit(&t, 3, false);
    int nodes = sg_graph_node_count(t.graph);
    double *seconds = calloc((size_t)nodes, sizeof *seconds);
    for (int i = 0; i < nodes; i++) {
        const char *path = sg_graph_node(t.graph, i)->path;
        if (strstr(path, "fc1.y")) seconds[i] = 2e-3; /* in each of three rounds */
        if (strcmp(path, "loss") == 0) seconds[i] = 4e-6;
    }
    sg_dot_options options = defaults();
    options.depth = 3;
    options.seconds = seconds;
    options.note = "a <note> & more";
    char *text = draw(&t, options);
    const char *fc1 = strstr(text, "\"codes.block.0.mlp.fc1\" [id="), *loss = strstr(text, "\"loss\" [id=");
    ck_assert_ptr_nonnull(fc1);
    ck_assert_ptr_nonnull(strstr(fc1, "fillcolor=\"#8C1A04\"")); /* the hottest */
    ck_assert(strstr(fc1, "fillcolor=\"#8C1A04\"") < strchr(fc1, '\n'));
    ck_assert(has(fc1, "6.0 ms (99%)"));
    ck_assert(strstr(loss, "fillcolor=\"#FFF9F0\"") < strchr(loss, '\n'));
    ck_assert(has(text, "4 µs (&lt;1%)"));
    ck_assert(has(text, "a &lt;note&gt; &amp; more"));
    ck_assert(has(text, "6.0 ms a step, summed over threads"));
    free(text);
    free(seconds);
    test_graph_finish(&t);
}
END_TEST

/* ---- other formats ---- */

START_TEST(mermaid_text) {
    test_graph t;
    test_graph_init(&t, SG_SYMBOLIC_BATCH);
    sg_value x = add_fed(&t, "x", SG_SHAPE(SG_SYMBOLIC_BATCH, 4));
    for (int i = 0; i < 3; i++) {
        char path[32], inner[40];
        snprintf(path, sizeof path, "net.layer.%d", i);
        if (!i) add_scope(&t, "net", "tower", 1);
        add_scope(&t, path, "layer", 2);
        snprintf(inner, sizeof inner, "%s.mix", path);
        x = ADD(&t, "gelu", under(path, "y"), INPUTS(add_linear(&t, inner, x, 4)), NO_ARGS);
    }
    ADD(&t, "mean", "loss \"&<1>\"", INPUTS(x), NO_ARGS);
    sg_dot_options options = defaults();
    options.title = "a \"title\"";
    char *text;
    sg_error error = {0};
    assert_ok(sg_draw_mermaid(&text, t.graph, &options, &error));
    if (getenv("DRAW_UPDATE")) scratch_write(DRAW_MERMAID, text, strlen(text));
    size_t bytes;
    char *expected = (char *)scratch_read(DRAW_MERMAID, &bytes);
    ck_assert_str_eq(text, expected);
    free(expected);
    free(text);
    test_graph_finish(&t);
}
END_TEST

START_TEST(page_holds_everything) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value loss = add_vit(&t, 12, false), gradient[GRAPH_WEIGHTS];
    sg_error error = {0};
    assert_ok(sg_graph_differentiate(t.graph, loss, SG_NO_VALUE, t.weight_count, t.weight, gradient, &error));
    sg_dot_options options = defaults();
    options.depth = 1;
    options.backward = true;
    json_t *data = page_data(&t, options), *scopes = json_object_get(data, "scopes");
    json_t *boxes = json_object_get(data, "boxes"), *edges = json_object_get(data, "edges"), *entry;
    size_t i;
    int open = 0, gradients = 0;
    json_array_foreach(scopes, i, entry) {
        open += json_is_true(json_object_get(entry, "open"));
        ck_assert_int_lt(json_integer_value(json_object_get(entry, "parent")), (json_int_t)i);
        if (strcmp(json_string_value(json_object_get(entry, "id")), "codes.block.0") == 0)
            ck_assert_int_eq(json_integer_value(json_object_get(entry, "times")), 12);
    }
    ck_assert_int_eq(open, 1); /* as the diagram of depth 1 */
    ck_assert_uint_eq(json_array_size(scopes), 4);
    json_array_foreach(boxes, i, entry) {
        json_int_t forward = json_integer_value(json_object_get(entry, "forward"));
        if (json_integer_value(json_object_get(entry, "part")) != 1) continue;
        gradients++;
        ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(boxes, (size_t)forward), "part")),
                         0);
    }
    ck_assert_int_gt(gradients, 10);
    json_array_foreach(edges, i, entry) for (size_t k = 0; k < 2; k++)
        ck_assert_uint_lt((size_t)json_integer_value(json_array_get(entry, k)), json_array_size(boxes));
    json_decref(data);
    test_graph_finish(&t);
}
END_TEST

START_TEST(page_survives_every_name) {
    test_graph t;
    test_graph_init(&t, 97);
    static const char *const names[] = {"</script><b>", "a\"b\\", "two\nlines",
                                        "\xFF\xFE",     "é\x01",  "@DATA@"};
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    for (int i = 0; i < 5; i++) x = ADD(&t, "gelu", names[i], INPUTS(x), NO_ARGS);
    sg_dot_options options = defaults();
    options.title = "</script>";
    json_t *data = page_data(&t, options), *boxes = json_object_get(data, "boxes");
    ck_assert_str_eq(json_string_value(json_object_get(data, "title")), "</script>");
    ck_assert_uint_eq(json_array_size(boxes), 6);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(boxes, 1), "id")), names[0]);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(boxes, 1), "name")), names[0]);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(boxes, 2), "id")), names[1]);
    json_decref(data);
    test_graph_finish(&t);
}
END_TEST

/* ---- memory ---- */

typedef struct area {
    double x, y, width, height;
} area;

/* The pieces of a chart: rectangles with a title. */
static int read_pieces(const char *svg, area *piece, int room) {
    int found = 0;
    for (const char *s = svg; (s = strstr(s, "<rect class=\"u")); s++) {
        area a;
        const char *x = strstr(s, " x=");
        if (sscanf(x, " x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"><title>", &a.x, &a.y, &a.width,
                   &a.height) != 4)
            continue;
        if (!strstr(s, "<title>") || strstr(s, "<title>") > strchr(s, '\n')) continue;
        ck_assert_int_lt(found, room);
        piece[found++] = a;
    }
    return found;
}

START_TEST(memory_does_not_overlap) {
    enum { ROOM = 4096 };
    static area piece[ROOM];
    test_graph t;
    test_graph_init(&t, 8);
    sg_value loss = add_vit(&t, 4, false), gradient[GRAPH_WEIGHTS];
    sg_error error = {0};
    assert_ok(sg_graph_differentiate(t.graph, loss, SG_NO_VALUE, t.weight_count, t.weight, gradient, &error));
    sg_program_options program = {.size = sizeof program, .fetch = gradient, .fetch_count = t.weight_count};
    sg_dot_options options = defaults();
    options.title = "a <title>";
    options.follow = true;
    char *svg, *again;
    assert_ok(sg_draw_memory(&svg, t.graph, &program, &options, &error));
    assert_ok(sg_draw_memory(&again, t.graph, &program, &options, &error));
    ck_assert_str_eq(svg, again);
    free(again);
    ck_assert(has(svg, "a &lt;title&gt;: memory of a step"));
    ck_assert(has(svg, "@media (prefers-color-scheme:dark)"));
    ck_assert(has(svg, " run together"));
    int pieces = read_pieces(svg, piece, ROOM);
    ck_assert_int_gt(pieces, 50);
    /* No byte belongs to two values at once; coordinates have one decimal. */
    for (int i = 0; i < pieces; i++)
        for (int k = 0; k < i; k++) {
            double x =
                fmin(piece[i].x + piece[i].width, piece[k].x + piece[k].width) - fmax(piece[i].x, piece[k].x);
            double y = fmin(piece[i].y + piece[i].height, piece[k].y + piece[k].height) -
                       fmax(piece[i].y, piece[k].y);
            ck_assert_msg(x <= 0.21 || y <= 0.21, "%d and %d overlap by %g x %g", i, k, x, y);
        }

    /* The peak is what a program of the same plan takes. */
    sg_context *context;
    sg_store *store;
    sg_arena *arena;
    sg_program *run;
    assert_ok(sg_context_create(
        &context, &(sg_context_options){.size = sizeof(sg_context_options), .threads = 1}, &error));
    assert_ok(sg_store_create(&store, &error));
    assert_ok(sg_arena_create(&arena, &error));
    assert_ok(sg_store_initialise(store, context, t.graph, 0, &error));
    assert_ok(sg_program_create(&run, context, t.graph, store, arena, &program, &error));
    char words[64];
    snprintf(words, sizeof words, ">peak %.0f KiB<", (double)sg_program_memory(run).arena / (1 << 10));
    ck_assert_msg(has(svg, words), "%s", words);
    sg_program_destroy(run);
    sg_arena_destroy(arena);
    sg_store_destroy(store);
    sg_context_destroy(context);
    free(svg);
    test_graph_finish(&t);
}
END_TEST

/* The names below the axis, from left to right, as "a|b|c|"; those of blocks that stand beside one another
 * do not run into one another. */
static void read_strip(const char *svg, char *names, size_t room) {
    double x, end = 0;
    char name[64];
    names[0] = 0;
    for (const char *s = svg; (s = strstr(s, "<text ")); s++) {
        if (sscanf(s, "<text x=\"%lf\" y=\"508\" class=\"small\" text-anchor=\"middle\">%63[^<]", &x, name) !=
            2)
            continue;
        double half = 2.2 * (double)strlen(name); /* narrow letters */
        ck_assert_msg(x - half >= end, "%s%s begins at %g, before %g", names, name, x - half, end);
        end = x + half;
        snprintf(names + strlen(names), room - strlen(names), "%s|", name);
    }
}

START_TEST(memory_tells_blocks_apart) {
    static const struct {
        int depth;
        const char *names;
    } cases[] = {
        {2, "codes.block.0|codes.block.1|recon|codes.block.1|codes.block.0|"},
        {4, "block.0|block.1|block.2|block.3|codes.block.3|codes.block.2|codes.block.1|codes.block.0|"},
        {18, "codes.block.0–17|codes.block.17–0|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_graph t;
        test_graph_init(&t, 8);
        sg_value loss = add_vit(&t, cases[i].depth, false), gradient[GRAPH_WEIGHTS];
        sg_error error = {0};
        assert_ok(
            sg_graph_differentiate(t.graph, loss, SG_NO_VALUE, t.weight_count, t.weight, gradient, &error));
        sg_program_options program = {
            .size = sizeof program, .fetch = gradient, .fetch_count = t.weight_count};
        char *svg, names[1024];
        assert_ok(sg_draw_memory(&svg, t.graph, &program, NULL, &error));
        read_strip(svg, names, sizeof names);
        ck_assert_str_eq(names, cases[i].names);
        free(svg);
        test_graph_finish(&t);
    }
}
END_TEST

START_TEST(memory_of_nothing) {
    test_graph t;
    test_graph_init(&t, 8);
    sg_value x = add_fed(&t, "x", SG_SHAPE(8, 4));
    sg_program_options program = {.size = sizeof program, .fetch = &x, .fetch_count = 1};
    char *svg;
    sg_error error = {0};
    assert_ok(sg_draw_memory(&svg, t.graph, &program, NULL, &error));
    ck_assert(has(svg, "arena 0 B") && has(svg, "</svg>"));
    free(svg);
    sg_dot_options options = defaults();
    options.size = 4096;
    assert_fails(sg_draw_memory(&svg, t.graph, &program, &options, &error), SG_BAD_USAGE,
                 "sg_dot_options: the size 4096 is not sizeof(sg_dot_options)");
    test_graph_finish(&t);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {focus_keeps_what_is_near,
                                  patterns_keep_ways,
                                  wrong_parts,
                                  blocks_of_formulas_have_the_name_of_their_node,
                                  changes_are_marked,
                                  rounds_are_compared,
                                  times_colour_boxes,
                                  mermaid_text,
                                  page_holds_everything,
                                  page_survives_every_name,
                                  memory_does_not_overlap,
                                  memory_tells_blocks_apart,
                                  memory_of_nothing,
                                  NULL};
    return unit_run(unit_suite("draw_views", tests));
}
