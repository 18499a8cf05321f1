/* The engine's contracts on a small transformer: gradients, grouping, threads, layouts. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "graph/graph.h"
#include "simgraph/program.h"

enum { BATCH = 200, TOKENS = 9, WIDTH = 16, HEADS = 4 };

typedef struct model {
    sg_graph *graph;
    sg_value image, mask, loss, ok, norm;
    sg_value weights[32], grads[32];
    int weight_count;
} model;

static sg_value weight(model *m, const char *path, sg_shape shape) {
    static const char *const init = "normal";
    sg_call call = {.schema = sg_registry_find(SG_KIND_INIT, init)};
    call.attr[0] = (sg_attr){.set = true, .present = true, .f = 0.3};
    call.attr[1] = (sg_attr){.present = true, .f = shape.rank == 1 ? 0.5 : 0};
    sg_value v =
        sg_graph_add(m->graph, "weight", path, NULL, 0,
                     (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_call("init", &call), {0}});
    m->weights[m->weight_count++] = v;
    return v;
}

static sg_value linear(model *m, const char *name, sg_value x, int64_t in, int64_t out) {
    char path[64];
    snprintf(path, sizeof path, "%s.weight", name);
    sg_value w = weight(m, path, SG_SHAPE(out, in));
    snprintf(path, sizeof path, "%s.bias", name);
    return sg_emit(m->graph, "affine", SG_IN(x, w, weight(m, path, SG_SHAPE(out))));
}

static sg_value part(sg_graph *g, sg_value qkv, int k) {
    int64_t starts[3] = {0, 0, k * WIDTH}, stops[3] = {1 << 30, 1 << 30, (k + 1) * WIDTH};
    sg_value cut =
        sg_emit(g, "slice", SG_IN(qkv), sg_arg_ints("starts", 3, starts), sg_arg_ints("stops", 3, stops));
    sg_shape split = sg_graph_value(g, cut)->shape;
    split.rank = 4;
    split.dim[2] = HEADS;
    split.dim[3] = WIDTH / HEADS;
    sg_value heads = sg_emit(g, "reshape", SG_IN(cut), sg_arg_shape("shape", &split));
    return sg_emit(g, "permute", SG_IN(heads), sg_arg_ints("axes", 4, (const int64_t[]){0, 2, 1, 3}));
}

/* Mask token, position, attention block with residuals, MLP, linear decoder, masked L1. */
static void build(model *m, sg_type type, int64_t batch) {
    memset(m, 0, sizeof *m);
    sg_graph_options options = {sizeof options, type, true, batch};
    sg_error error = {0};
    ck_assert_msg(sg_graph_create(&m->graph, &options, &error) == SG_OK, "%s", error.message);
    sg_graph *g = m->graph;
    sg_shape image = SG_SHAPE(batch, TOKENS, WIDTH), mask = SG_SHAPE(batch, 3, 3),
             column = SG_SHAPE(batch, TOKENS, 1);
    m->image =
        sg_graph_add(g, "input", "image", NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &image), {0}});
    m->mask = sg_graph_add(g, "random_mask", "mask", NULL, 0,
                           (const sg_arg[]){sg_arg_shape("shape", &mask), sg_arg_float("ratio", 0.6), {0}});
    sg_value spread = sg_emit(g, "reshape", SG_IN(m->mask), sg_arg_shape("shape", &column));
    sg_value tokens = linear(m, "embed", m->image, WIDTH, WIDTH);
    sg_value token = weight(m, "mask_token", SG_SHAPE(WIDTH));
    sg_value shown = sg_emit(g, "where", SG_IN(spread, token, tokens));
    sg_value placed = sg_emit(g, "add", SG_IN(shown, weight(m, "position", SG_SHAPE(TOKENS, WIDTH))));
    sg_value w = weight(m, "norm.weight", SG_SHAPE(WIDTH)), b = weight(m, "norm.bias", SG_SHAPE(WIDTH));
    sg_value normal = sg_emit(g, "layer_norm", SG_IN(placed, w, b));
    sg_value qkv = linear(m, "qkv", normal, WIDTH, 3 * WIDTH);
    sg_value mixed = sg_emit(g, "dot_attention", SG_IN(part(g, qkv, 0), part(g, qkv, 1), part(g, qkv, 2)));
    sg_value joined =
        sg_emit(g, "permute", SG_IN(mixed), sg_arg_ints("axes", 4, (const int64_t[]){0, 2, 1, 3}));
    joined = sg_emit(g, "reshape", SG_IN(joined), sg_arg_shape("shape", &image));
    sg_value mid = sg_emit(g, "add", SG_IN(placed, linear(m, "proj", joined, WIDTH, WIDTH)));
    sg_value hidden = sg_emit(g, "gelu", SG_IN(linear(m, "fc1", mid, WIDTH, 4 * WIDTH)));
    sg_value out = sg_emit(g, "add", SG_IN(mid, linear(m, "fc2", hidden, 4 * WIDTH, WIDTH)));
    sg_value recon = linear(m, "decoder", out, WIDTH, WIDTH);
    m->loss = sg_graph_add(g, "l1", "loss", SG_IN(recon, m->image, spread), NULL);
    ck_assert_msg(sg_graph_status(g, &error) == SG_OK, "%s", error.message);
    ck_assert_msg(sg_graph_differentiate(g, m->loss, SG_NO_VALUE, m->weight_count, m->weights, m->grads,
                                         &error) == SG_OK,
                  "%s", error.message);
}

/* Adds global-norm clipping and AdamW; returns the inputs of the host. */
static void add_update(model *m, sg_value *rate, sg_value *corrections) {
    sg_graph *g = m->graph;
    sg_graph_set_phase(g, SG_PHASE_UPDATE);
    sg_value squares[32];
    for (int i = 0; i < m->weight_count; i++) squares[i] = sg_emit(g, "sum_squares", SG_IN(m->grads[i]));
    sg_value all = sg_graph_add(g, "concat", NULL, squares, m->weight_count, NULL);
    m->norm = sg_graph_add(g, "sqrt", "norm", SG_IN(sg_emit(g, "sum", SG_IN(all))), NULL);
    sg_arg f64 = sg_arg_dtype("type", SG_F64);
    sg_value eps = sg_emit(g, "constant", NULL, 0, sg_arg_float("value", 1e-6), f64);
    sg_value limit = sg_emit(g, "constant", NULL, 0, sg_arg_float("value", 0.05), f64);
    sg_value one = sg_emit(g, "constant", NULL, 0, sg_arg_float("value", 1), f64);
    sg_value ratio = sg_emit(g, "div", SG_IN(limit, sg_emit(g, "add", SG_IN(m->norm, eps))));
    sg_value factor = sg_emit(g, "minimum", SG_IN(one, ratio));
    m->ok = sg_graph_add(g, "all_finite", "ok", SG_IN(m->loss, m->norm), NULL);
    sg_shape two = SG_SHAPE(2);
    *rate =
        sg_graph_add(g, "input", "rate", NULL, 0, (const sg_arg[]){sg_arg_ints("shape", 0, NULL), f64, {0}});
    *corrections = sg_graph_add(g, "input", "corrections", NULL, 0,
                                (const sg_arg[]){sg_arg_shape("shape", &two), f64, {0}});
    for (int i = 0; i < m->weight_count; i++) {
        sg_value_info info = *sg_graph_value(g, m->weights[i]);
        char path[96];
        sg_value state[2];
        for (int k = 0; k < 2; k++) {
            snprintf(path, sizeof path, "adamw.%c/%s", "mv"[k], sg_graph_node(g, info.node) -> path);
            state[k] = sg_graph_add(g, "state", path, NULL, 0,
                                    (const sg_arg[]){sg_arg_shape("shape", &info.shape), {0}});
        }
        sg_emit(g, "adamw",
                SG_IN(m->weights[i], state[0], state[1], m->grads[i], *rate, *corrections, factor, m->ok),
                sg_arg_float("decay", 0.05));
    }
    sg_error error = {0};
    ck_assert_msg(sg_graph_status(g, &error) == SG_OK, "%s", error.message);
}

static void fill_image(sg_tensor image, uint32_t step) {
    for (int64_t i = 0; i < sg_tensor_elements(&image); i++) {
        uint32_t words[4];
        sg_philox_draw(7, (uint32_t)i, step, 0, 1, words);
        sg_tensor_set(&image, i, sg_uniform_f64(words[0], words[1]));
    }
}

typedef struct engine {
    sg_context *context;
    sg_store *store;
    sg_arena *arena;
} engine;

static void engine_init(engine *e, int threads) {
    sg_error error = {0};
    sg_context_options options = {sizeof options, threads, NULL};
    ck_assert_msg(sg_context_create(&e->context, &options, &error) == SG_OK, "%s", error.message);
    ck_assert(sg_store_create(&e->store, &error) == SG_OK);
    ck_assert(sg_arena_create(&e->arena, &error) == SG_OK);
}

static void engine_finish(engine *e) {
    sg_arena_destroy(e->arena);
    sg_store_destroy(e->store);
    sg_context_destroy(e->context);
}

START_TEST(gradients_match_differences) {
    model m;
    engine e;
    sg_error error = {0};
    build(&m, SG_F64, BATCH);
    engine_init(&e, 2);
    ck_assert_msg(sg_store_initialise(e.store, e.context, m.graph, 1, &error) == SG_OK, "%s", error.message);
    sg_value fetch[33];
    memcpy(fetch, m.grads, sizeof m.grads);
    fetch[m.weight_count] = m.loss;
    sg_program_options options = {sizeof options, fetch, m.weight_count + 1, NULL, 0, false, false};
    sg_program *program;
    ck_assert_msg(sg_program_create(&program, e.context, m.graph, e.store, e.arena, &options, &error) ==
                      SG_OK,
                  "%s", error.message);
    fill_image(sg_program_feed(program, m.image), 0);
    sg_draw draw = {.seed = 3, .batch = BATCH};
    ck_assert(sg_program_run(program, SG_PHASE_GRADIENT, &draw, &error) == SG_OK);
    sg_tensor grads[32];
    for (int i = 0; i < m.weight_count; i++) {
        sg_tensor now = sg_program_fetch(program, m.grads[i]);
        ck_assert(sg_tensor_init(&grads[i], SG_F64, now.shape, &error) == SG_OK);
        sg_tensor_copy(&grads[i], &now, &error);
    }
    for (int i = 0; i < m.weight_count; i++) {
        sg_tensor *w =
            sg_store_find(e.store, sg_graph_node(m.graph, sg_graph_value(m.graph, m.weights[i])->node)->path);
        int64_t n = sg_tensor_elements(w);
        for (int64_t k = 0; k < n; k += n / 5 + 1) {
            double at = sg_tensor_get(w, k), side[2], h = 1e-5;
            for (int s = 0; s < 2; s++) {
                sg_tensor_set(w, k, at + (s ? h : -h));
                ck_assert(sg_program_run(program, SG_PHASE_GRADIENT, &draw, &error) == SG_OK);
                sg_tensor loss = sg_program_fetch(program, m.loss);
                side[s] = sg_tensor_get(&loss, 0);
            }
            sg_tensor_set(w, k, at);
            double expected = (side[1] - side[0]) / (2 * h), got = sg_tensor_get(&grads[i], k);
            ck_assert_msg(fabs(expected - got) <= 1e-6 * fabs(expected) + 1e-8,
                          "weight %d element %d: %.12g, expected %.12g", i, (int)k, got, expected);
        }
    }
    for (int i = 0; i < m.weight_count; i++) sg_tensor_finish(&grads[i]);
    sg_program_destroy(program);
    engine_finish(&e);
    sg_graph_destroy(m.graph);
}
END_TEST

/* Trains 20 steps and returns all stored bytes. */
static char *train(int threads, bool no_group, int nan_at, size_t *bytes) {
    model m;
    engine e;
    sg_error error = {0};
    sg_value rate, corrections;
    build(&m, SG_F32, BATCH);
    add_update(&m, &rate, &corrections);
    engine_init(&e, threads);
    ck_assert_msg(sg_store_initialise(e.store, e.context, m.graph, 1, &error) == SG_OK, "%s", error.message);
    sg_value fetch[] = {m.loss, m.norm};
    sg_program_options options = {sizeof options, fetch, 2, NULL, 0, no_group, false};
    sg_program *program;
    ck_assert_msg(sg_program_create(&program, e.context, m.graph, e.store, e.arena, &options, &error) ==
                      SG_OK,
                  "%s", error.message);
    for (int step = 1, done = 1; step <= 20; step++) {
        sg_draw draw = {.seed = 3, .epoch = (uint32_t)step, .batch = BATCH};
        sg_tensor image = sg_program_feed(program, m.image), r = sg_program_feed(program, rate);
        sg_tensor c = sg_program_feed(program, corrections);
        fill_image(image, (uint32_t)step);
        if (step == nan_at) sg_tensor_set(&image, 5, NAN);
        sg_tensor_set(&r, 0, 1e-3);
        sg_tensor_set(&c, 0, 1 / (1 - pow(0.9, done)));
        sg_tensor_set(&c, 1, 1 / (1 - pow(0.999, done)));
        ck_assert(sg_program_run(program, SG_PHASE_GRADIENT, &draw, &error) == SG_OK);
        ck_assert(sg_program_run(program, SG_PHASE_UPDATE, &draw, &error) == SG_OK);
        if (step == nan_at) continue;
        sg_tensor loss = sg_program_fetch(program, m.loss);
        ck_assert(isfinite(sg_tensor_get(&loss, 0)));
        done++;
    }
    *bytes = sg_store_bytes(e.store);
    char *all = malloc(*bytes), *to = all;
    for (size_t i = 0; i < sg_store_count(e.store); i++) {
        const sg_tensor *t = sg_store_tensor(e.store, i);
        memcpy(to, t->data, sg_tensor_bytes(t));
        to += sg_tensor_bytes(t);
    }
    sg_program_destroy(program);
    engine_finish(&e);
    sg_graph_destroy(m.graph);
    return all;
}

START_TEST(bits_do_not_depend_on_threads_or_groups) {
    size_t bytes, again;
    char *first = train(1, false, 0, &bytes);
    for (int threads = 2; threads <= 5; threads++) {
        /* 5 stands for no groups. */
        char *other = train(threads == 5 ? 2 : threads, threads == 5, 0, &again);
        ck_assert_uint_eq(bytes, again);
        ck_assert_msg(memcmp(first, other, bytes) == 0, "other bits with %d threads%s", threads,
                      threads == 5 ? " (2, no groups)" : "");
        free(other);
    }
    free(first);
}
END_TEST

START_TEST(a_step_with_nan_changes_nothing) {
    /* The 20th step is lost, so the weights are those of 19 steps: of a run whose first 19 are the same. */
    size_t bytes, again;
    char *lost = train(2, false, 20, &bytes), *whole = train(2, false, 0, &again);
    ck_assert(memcmp(lost, whole, bytes) != 0);
    for (size_t i = 0; i < bytes / sizeof(float); i++) ck_assert(isfinite(((float *)lost)[i]));
    free(lost);
    free(whole);
}
END_TEST

START_TEST(heads_are_split_and_merged_without_copies) {
    model m;
    engine e;
    sg_error error = {0};
    build(&m, SG_F32, BATCH);
    engine_init(&e, 1);
    ck_assert(sg_store_initialise(e.store, e.context, m.graph, 1, &error) == SG_OK);
    sg_program_options options = {sizeof options, m.grads, m.weight_count, NULL, 0, false, false};
    sg_program *program;
    ck_assert(sg_program_create(&program, e.context, m.graph, e.store, e.arena, &options, &error) == SG_OK);
    int copies = 0, groups = 0;
    for (int i = 0; i < sg_program_node_count(program); i++) {
        sg_program_node node = sg_program_node_at(program, i);
        if (strcmp(sg_op_schema(node.node->op)->name, "copy") == 0) copies++;
        if (node.group + 1 > groups) groups = node.group + 1;
    }
    ck_assert_int_eq(copies, 0);
    ck_assert_int_le(groups, 3);
    sg_program_destroy(program);
    engine_finish(&e);
    sg_graph_destroy(m.graph);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("engine");
    TCase *tests = tcase_create("engine");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, gradients_match_differences);
    tcase_add_test(tests, bits_do_not_depend_on_threads_or_groups);
    tcase_add_test(tests, a_step_with_nan_changes_nothing);
    tcase_add_test(tests, heads_are_split_and_merged_without_copies);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
