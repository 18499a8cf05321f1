/* What boxes, legends and labels say, and pages of two graphs. */
#include "draw_page.h"

#include <stdbool.h>
#include <stdlib.h>

/* The small words behind the op of a box; "" where there are none. */
static const char *settings_of(const char *text, const char *box) {
    static char words[128];
    char begin[128];
    snprintf(begin, sizeof begin, "\"%s\" [id=", box);
    const char *line = strstr(text, begin), small[] = " <FONT POINT-SIZE=\"8\"";
    ck_assert_msg(line != NULL, "%s", box);
    const char *end = strstr(line, ", tooltip="), *second = strstr(line, "<BR/>"),
               *found = strstr(line, small);
    if (second && second < end) end = second;
    words[0] = 0;
    if (found && found < end) sscanf(strchr(found, '>'), ">%127[^<]", words);
    return words;
}

/* ---- attributes in boxes ---- */

START_TEST(attributes_stand_behind_the_op) {
    test_graph t;
    test_graph_init(&t, SG_SYMBOLIC_BATCH);
    int64_t b = SG_SYMBOLIC_BATCH;
    sg_value x = add_fed(&t, "x", SG_SHAPE(b, 2, 8, 8));
    sg_value w = add_weight(&t, "w", SG_SHAPE(4, 2, 3, 3)), v = add_weight(&t, "v", SG_SHAPE(4, 4, 1, 1));
    x = ADD(&t, "conv2d", "wide", INPUTS(x, w), sg_arg_ints("stride", 2, (int64_t[]){2, 2}),
            sg_arg_ints("pad", 2, (int64_t[]){1, 1}));
    x = ADD(&t, "conv2d", "plain", INPUTS(x, v), NO_ARGS);
    x = ADD(&t, "conv2d", "uneven", INPUTS(x, v), sg_arg_ints("stride", 2, (int64_t[]){1, 2}));
    x = ADD(&t, "mean", "pooled", INPUTS(x), sg_arg_ints("axis", 2, (int64_t[]){2, 3}));
    sg_value scale = add_weight(&t, "scale", SG_SHAPE(4));
    x = ADD(&t, "layer_norm", "level", INPUTS(x, scale, scale), sg_arg_float("eps", 1e-6));
    x = ADD(&t, "dropout", "some", INPUTS(x), sg_arg_float("rate", 0.25));
    add_scope(&t, "down", "small", 3);
    ADD(&t, "concat", "down.both", INPUTS(x, x), sg_arg_int("axis", 1));
    char *text = draw(&t, defaults());
    ck_assert_str_eq(settings_of(text, "wide"), "stride 2, pad 1");
    ck_assert_str_eq(settings_of(text, "plain"), ""); /* as the op is by itself */
    ck_assert_str_eq(settings_of(text, "uneven"), "stride 1, 2");
    ck_assert_str_eq(settings_of(text, "pooled"), "axis 2, 3");
    ck_assert_str_eq(settings_of(text, "level"), ""); /* what only guards a division says little */
    ck_assert_str_eq(settings_of(text, "some"), "rate 0.25");
    ck_assert_str_eq(settings_of(text, "down"), "axis 1"); /* a block of one node */
    free(text);
    test_graph_finish(&t);
}
END_TEST

/* The one box that shows what is minimised says so: its own, or that of the closed block around it. */
START_TEST(what_is_minimised_is_marked) {
    test_graph t;
    test_graph_init(&t, 97);
    add_scope(&t, "error", "mse", 4);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    x = ADD(&t, "mean", "error.mean", INPUTS(x), NO_ARGS);
    ADD(&t, "gelu", "error.y", INPUTS(x), NO_ARGS);
    static const struct {
        const char *name, *box;
        int depth;
    } cases[] = {{"x", "x", 0}, {"error.y", "error", 0}, {"error.y", "error.y", 1}, {"z", NULL, 1}};
    for (int i = 0; i < 4; i++) {
        sg_dot_options options = defaults();
        options.depth = cases[i].depth;
        options.minimised = cases[i].name;
        char *text = draw(&t, options);
        const char *found = strstr(text, ">minimised<"), *thick = strstr(text, ",bold\"");
        ck_assert_msg(!found == !cases[i].box && !thick == !cases[i].box, "case %d", i);
        if (found) {
            ck_assert_str_eq(settings_of(text, cases[i].box), "minimised");
            ck_assert_ptr_null(strstr(found + 1, ">minimised<"));
            ck_assert_ptr_nonnull(strstr(thick, "penwidth=2.4"));
        }
        free(text);
    }
    test_graph_finish(&t);
}
END_TEST

/* Rates differ from round to round: the one box for all of them names none. */
START_TEST(rounds_that_are_folded_name_no_rates) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value x = add_fed(&t, "x", SG_SHAPE(97, 4));
    for (int i = 0; i < 4; i++) {
        char path[32];
        snprintf(path, sizeof path, "block.%d", i);
        add_scope(&t, path, "net", 2);
        x = ADD(&t, "gelu", under(path, "a"), INPUTS(x), NO_ARGS);
        x = ADD(&t, "drop_path", under(path, "b"), INPUTS(x), sg_arg_float("rate", 0.1 * i));
    }
    sg_dot_options options = defaults();
    options.depth = 1;
    char *text = draw(&t, options);
    ck_assert(has(text, "block.0–3: net × 4"));
    ck_assert_str_eq(settings_of(text, "block.0.b"), "");
    free(text);
    options.all = true; /* each round on its own */
    text = draw(&t, options);
    ck_assert_str_eq(settings_of(text, "block.3.b"), "rate 0.3");
    free(text);
    test_graph_finish(&t);
}
END_TEST

/* ---- the legend ---- */

START_TEST(legend_lists_what_is_drawn) {
    test_graph t;
    test_graph_init(&t, 97);
    add_vit(&t, 2, false);
    sg_dot_options options = defaults();
    options.depth = 0;
    char *text = draw(&t, options);
    static const char *const all[] = {">input&",         ">random&",      ">product&",   ">elementwise&",
                                      ">normalisation&", ">layout&",      ">reduction&", ">loss&",
                                      ">gradient&",      ">closed block&"};
    static const bool closed[] = {true, true, true, false, false, false, false, true, false, true};
    for (int i = 0; i < 10; i++) ck_assert_msg(has(text, all[i]) == closed[i], "%s", all[i]);
    free(text);
    options.depth = SG_DOT_AUTOMATIC;
    options.focus = "codes.norm", options.radius = 0;
    text = draw(&t, options);
    static const bool near[] = {false, false, true, true, true, false, false, false, false, false};
    for (int i = 0; i < 10; i++) ck_assert_msg(has(text, all[i]) == near[i], "near: %s", all[i]);
    free(text);
    test_graph_finish(&t);
}
END_TEST

/* ---- pages of two graphs ---- */

static const char *word(json_t *entry, const char *key) {
    return json_string_value(json_object_get(entry, key));
}

static int number(json_t *entry, const char *key) {
    return (int)json_integer_value(json_object_get(entry, key));
}

/* The one entry of this id, or NULL. */
static json_t *entry_of(json_t *list, const char *id) {
    json_t *entry, *found = NULL;
    size_t i;
    json_array_foreach(list, i, entry) {
        if (strcmp(word(entry, "id"), id)) continue;
        ck_assert_msg(!found, "%s occurs twice", id);
        found = entry;
    }
    return found;
}

static int change_of(json_t *list, const char *id) {
    json_t *entry = entry_of(list, id);
    ck_assert_msg(entry != NULL, "%s is missing", id);
    return number(entry, "change");
}

static void check_places(json_t *data) {
    json_t *boxes = json_object_get(data, "boxes"), *scopes = json_object_get(data, "scopes"), *entry;
    size_t i;
    json_array_foreach(scopes, i, entry) ck_assert_int_lt(number(entry, "parent"), (int)i);
    json_array_foreach(boxes, i, entry) {
        ck_assert_int_lt(number(entry, "parent"), (int)json_array_size(scopes));
        ck_assert_int_ge(number(entry, "parent"), -1);
        int parent = number(entry, "parent"), forward = number(entry, "forward");
        if (parent >= 0 && number(entry, "part") == 0) {
            const char *path = word(json_array_get(scopes, (size_t)parent), "id");
            ck_assert_msg(strncmp(word(entry, "id"), path, strlen(path)) == 0, "%s in %s", word(entry, "id"),
                          path);
        }
        if (forward >= 0) ck_assert_int_eq(number(json_array_get(boxes, (size_t)forward), "part"), 0);
    }
    json_array_foreach(json_object_get(data, "edges"), i, entry) for (size_t k = 0; k < 2; k++)
        ck_assert_uint_lt((size_t)json_integer_value(json_array_get(entry, k)), json_array_size(boxes));
}

static int edges_between(json_t *data, const char *from, const char *to, int change) {
    json_t *boxes = json_object_get(data, "boxes"), *edge;
    size_t i;
    int found = 0;
    json_array_foreach(json_object_get(data, "edges"), i, edge) {
        const char *ends[2];
        for (size_t k = 0; k < 2; k++)
            ends[k] = word(json_array_get(boxes, (size_t)json_integer_value(json_array_get(edge, k))), "id");
        found += !strcmp(ends[0], from) && !strcmp(ends[1], to) &&
                 json_integer_value(json_array_get(edge, 6)) == change;
    }
    return found;
}

enum { SAME = 0, ADDED, REMOVED, CHANGED };

START_TEST(a_page_holds_both_graphs) {
    test_graph before, now;
    sg_value gradient[GRAPH_WEIGHTS];
    sg_error error = {0};
    test_graph_init(&before, 97);
    test_graph_init(&now, 97);
    sg_value old_loss = add_vit(&before, 3, false);
    ADD(&before, "exp", "old", INPUTS(sg_graph_find(before.graph, "codes.norm.y")), NO_ARGS);
    add_scope(&before, "gone", "small", 4);
    sg_value gone = ADD(&before, "gelu", "gone.a", INPUTS(sg_graph_find(before.graph, "old")), NO_ARGS);
    ADD(&before, "exp", "gone.b", INPUTS(gone), NO_ARGS);
    sg_value loss = add_vit(&now, 3, true); /* every second block has one node more */
    assert_ok(
        sg_graph_differentiate(now.graph, loss, SG_NO_VALUE, now.weight_count, now.weight, gradient, &error));
    assert_ok(sg_graph_differentiate(before.graph, old_loss, SG_NO_VALUE, before.weight_count, before.weight,
                                     gradient, &error));
    sg_dot_options options = defaults();
    options.before = before.graph;
    options.depth = 1;
    options.rankdir = "LR";
    options.backward = true;
    json_t *data = page_data(&now, options);
    json_t *boxes = json_object_get(data, "boxes"), *scopes = json_object_get(data, "scopes");
    ck_assert(json_is_true(json_object_get(data, "compared")));
    ck_assert_str_eq(word(data, "rankdir"), "LR");
    check_places(data);
    ck_assert_int_eq(change_of(boxes, "old"), REMOVED);
    ck_assert_int_eq(change_of(boxes, "gone.b"), REMOVED);
    ck_assert_int_eq(change_of(scopes, "gone"), REMOVED);
    ck_assert_int_eq(change_of(boxes, "codes.block.1.turned"), ADDED);
    ck_assert_int_eq(change_of(boxes, "codes.block.1.mid"), CHANGED); /* it reads another node */
    ck_assert_int_eq(change_of(boxes, "image"), SAME);
    ck_assert_int_eq(change_of(scopes, "codes"), CHANGED);
    ck_assert_int_eq(change_of(boxes, "grad/codes.block.1.turned"), ADDED);
    ck_assert(json_is_true(json_object_get(entry_of(scopes, "codes"), "open"))); /* as at depth 1 */
    ck_assert(!json_is_true(json_object_get(entry_of(scopes, "codes.block.1"), "open")));
    static const char *const ends[] = {"codes.norm", "old", "old", "gone.a", "gone.a", "gone.b"};
    for (int k = 0; k < 6; k += 2) ck_assert_int_eq(edges_between(data, ends[k], ends[k + 1], REMOVED), 1);
    ck_assert_int_eq(edges_between(data, "codes.block.1.turned", "codes.block.1.mid", ADDED), 1);
    ck_assert_int_eq(edges_between(data, "image", "codes.embed", SAME), 1);
    json_decref(data);
    options.before = now.graph; /* nothing differs from itself */
    data = page_data(&now, options);
    json_t *box;
    size_t i;
    json_array_foreach(json_object_get(data, "boxes"), i, box) ck_assert_int_eq(number(box, "change"), SAME);
    check_places(data);
    json_decref(data);
    test_graph_finish(&now);
    test_graph_finish(&before);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        attributes_stand_behind_the_op, what_is_minimised_is_marked, rounds_that_are_folded_name_no_rates,
        legend_lists_what_is_drawn,     a_page_holds_both_graphs,    NULL};
    return unit_run(unit_suite("draw_looks", tests));
}
