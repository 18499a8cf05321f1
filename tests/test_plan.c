/* Plans of random graphs: every way of running one gives the same numbers, which are those of the reference.
 *
 * Each graph (random_graph.h) runs grouped in blocks of two samples and of four and three, without groups and
 * with several workers (equal bits), with values computed again for the backward pass (equal bits), and node
 * by node without any plan (reference.h: equal up to rounding, since sums are cut elsewhere). Memory is
 * filled with NaN first, so that a read of what nobody wrote shows.
 */
#include "rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "random_graph.h"
#include "reference.h"

enum { GRAPHS = 160, BATCH = 13, STEPS = 8 };

static void build_of(random_graph *r, uint32_t number, int64_t batch, int64_t samples, int64_t rows) {
    sg_error error = {0};
    const random_sizes sizes = {SG_F64, batch, samples, rows, 9, STEPS};
    sg_status status = random_graph_build(r, number, &sizes, &error);
    ck_assert_msg(status == SG_OK, "graph %u: %s", number, error.message);
}

static void build(random_graph *r, uint32_t number, int64_t batch) {
    build_of(r, number, batch, BATCH, 6);
}

static void fill_stored(const random_graph *r, const rig *e) {
    for (int i = 0; i < r->input_count; i++) {
        if (!r->inputs[i].stored) continue;
        const sg_node *node = r->graph->nodes[sg_graph_value(r->graph, r->inputs[i].value)->node];
        sg_tensor stored = *sg_store_find(e->store, node->path);
        random_graph_fill(r, r->inputs[i].value, &stored);
    }
}

typedef struct setup {
    int threads;
    bool no_group, no_recompute;
    int64_t batch, block;
} setup;

/* Made once a process: most of the time of a small run would go into it. */
static sg_context *context_of(int threads) {
    static sg_context *contexts[5];
    sg_error error = {0};
    const sg_context_options options = {.size = sizeof options, .threads = threads};
    if (!contexts[threads]) assert_ok(sg_context_create(&contexts[threads], &options, &error));
    return contexts[threads];
}

/* Runs the graph, both phases, and returns all fetched numbers one behind the other. */
static double *run_as(const random_graph *r, setup how, size_t *count) {
    sg_error error = {0};
    rig e = {.context = context_of(how.threads), .graph = r->graph};
    assert_ok(sg_store_create(&e.store, &error));
    assert_ok(sg_arena_create(&e.arena, &error));
    sg_program_options options = {.size = sizeof options,
                                  .fetch = r->fetch,
                                  .fetch_count = r->fetch_count,
                                  .no_group = how.no_group,
                                  .no_recompute = how.no_recompute,
                                  .block = how.block,
                                  .poison = true};
    assert_ok(sg_store_initialise(e.store, e.context, r->graph, 1, &error));
    fill_stored(r, &e);
    assert_ok(rig_create(&e, &options, &error));
    for (int i = 0; i < r->input_count; i++) {
        sg_tensor fed = sg_program_feed(e.program, r->inputs[i].value);
        random_graph_fill(r, r->inputs[i].value, &fed);
    }
    rig_run(&e, (sg_draw){.seed = 1, .batch = how.batch});
    double *all = rig_get_all(&e, r->fetch_count, r->fetch, count);
    e.context = NULL;
    rig_end_engine(&e);
    return all;
}

static double *run_in(const random_graph *r, int threads, bool no_group, int64_t batch, int64_t block,
                      size_t *count) {
    return run_as(r, (setup){threads, no_group, false, batch, block}, count);
}

static double *run(const random_graph *r, int threads, bool no_group, int64_t batch, size_t *count) {
    return run_in(r, threads, no_group, batch, batch > 1 ? 2 : 0, count);
}

/* Whatever the backward pass computes again, it gets the same bits: nothing, a random part of the graph, or
 * all. */
static void check_recompute(random_graph *r, uint32_t number, int64_t batch, int64_t block,
                            const double *wanted) {
    dice d = {number, 1 << 20};
    for (int way = 0; way < 4; way++) {
        size_t count;
        for (int i = 0; i < r->graph->node_count; i++)
            if (r->graph->nodes[i]->forward < 0)
                r->graph->nodes[i]->recompute = way == 1 || (way == 2 && dice_roll(&d, 2));
        double *other = run_as(r, (setup){1 + way % 2, way == 3, way == 0, batch, block}, &count);
        for (size_t k = 0; k < count; k++)
            if (memcmp(&wanted[k], &other[k], sizeof(double)) != 0)
                ck_abort_msg("graph %u: number %zu is %.17g, but %.17g recomputed, way %d", number, k,
                             wanted[k], other[k], way);
        free(other);
    }
}

/* Equal up to rounding, among numbers of which the largest is `scale`; false for NaN. */
static bool is_near(double x, double wanted, double scale) {
    return fabs(x - wanted) <= 1e-10 * fabs(wanted) + 1e-13 * (1 + scale);
}

static void fill(void *data, sg_value value, sg_tensor *to) {
    random_graph_fill(data, value, to);
}

/* Are all numbers what the graph means? */
static void check_numbers(uint32_t number, const double *wanted, const double *got, size_t count) {
    double scale = 0;
    for (size_t k = 0; k < count; k++) scale = fmax(scale, fabs(wanted[k]));
    for (size_t k = 0; k < count; k++)
        if (!is_near(got[k], wanted[k], scale))
            ck_abort_msg("graph %u: number %zu is %.17g, but should be %.17g", number, k, got[k], wanted[k]);
}

static double *refer(random_graph *r, int64_t batch) {
    const sg_draw draw = {.seed = 1, .batch = batch};
    return reference_run(context_of(1), r->graph, &draw, fill, r, r->fetch_count, r->fetch);
}

/* One sample is cut by its rows: equal bits for every number of workers, nearly those of one block. */
START_TEST(one_sample_is_cut) {
    uint32_t number = (uint32_t)_i;
    random_graph r;
    size_t count, other_count;
    build_of(&r, number, 1, 1, 18);
    double *cut = run_in(&r, 1, false, 1, 4, &count), *wanted = refer(&r, 1);
    check_numbers(number, wanted, cut, count);
    for (int way = 1; way <= 4; way++) {
        double *other = run_in(&r, way, way % 2, 1, 4, &other_count);
        for (size_t k = 0; k < count; k++)
            if (memcmp(&cut[k], &other[k], sizeof(double)) != 0)
                ck_abort_msg("graph %u: number %zu is %.17g, but %.17g with %d workers", number, k, cut[k],
                             other[k], way);
        free(other);
    }
    check_recompute(&r, number, 1, 4, cut);
    free(cut);
    free(wanted);
    sg_graph_destroy(r.graph);
}
END_TEST

START_TEST(every_way_of_running_agrees) {
    uint32_t number = (uint32_t)_i;
    random_graph r;
    size_t count, other_count;
    build(&r, number, BATCH);
    double *grouped = run(&r, 1, false, BATCH, &count);
    for (size_t k = 0; k < count; k++)
        if (!isfinite(grouped[k])) ck_abort_msg("graph %u: number %zu is not finite", number, k);
    for (int way = 0; way < 3; way++) {
        double *other = run(&r, way == 0 ? 1 : way + 1, way == 0, BATCH, &other_count);
        ck_assert_uint_eq(count, other_count);
        for (size_t k = 0; k < count; k++)
            if (memcmp(&grouped[k], &other[k], sizeof(double)) != 0)
                ck_abort_msg("graph %u: number %zu is %.17g, but %.17g %s", number, k, grouped[k], other[k],
                             way ? "with more workers" : "without groups");
        free(other);
    }
    check_recompute(&r, number, BATCH, 2, grouped);
    /* 13 samples as 4, 3, 3 and 3. */
    double *uneven = run_in(&r, 1, false, BATCH, 4, &other_count);
    for (int way = 0; way < 3; way++) {
        double *other = run_in(&r, way == 0 ? 1 : way + 1, way == 0, BATCH, 4, &other_count);
        ck_assert_msg(memcmp(uneven, other, count * sizeof *other) == 0, "graph %u: uneven blocks, way %d",
                      number, way);
        free(other);
    }
    double *wanted = refer(&r, BATCH);
    check_numbers(number, wanted, grouped, count);
    check_numbers(number, wanted, uneven, count);
    free(uneven);
    free(wanted);
    free(grouped);
    sg_graph_destroy(r.graph);
}
END_TEST

/* Blocks of 8 samples and more, whatever the batch and the block that is asked for: the same bits grouped,
 * node by node and with several workers. 62 samples in blocks of 17 are 16, 16, 15 and 15. */
START_TEST(blocks_of_many_samples_agree) {
    static const int batches[] = {20, 46, 62}, blocks[] = {8, 16, 17, 24};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            random_graph r;
            size_t count, other_count;
            build_of(&r, (uint32_t)(_i), batches[i], batches[i], 6);
            double *wanted = run_in(&r, 1, true, batches[i], blocks[k], &count);
            for (int threads = 1; threads <= 3; threads++) {
                double *other = run_in(&r, threads, false, batches[i], blocks[k], &other_count);
                ck_assert_msg(memcmp(wanted, other, count * sizeof *other) == 0,
                              "graph %d: %d samples in blocks of %d, %d workers", _i, batches[i], blocks[k],
                              threads);
                free(other);
            }
            free(wanted);
            sg_graph_destroy(r.graph);
        }
}
END_TEST

/* One image has blocks for several workers: its rows, its heads, strips of its rows of pixels. */
START_TEST(one_image_has_several_blocks) {
    sg_error error = {0};
    sg_graph *g;
    sg_graph_options options = {sizeof options, SG_F32, true, 1};
    ck_assert(sg_graph_create(&g, &options, &error) == SG_OK);
    sg_shape rows = SG_SHAPE(1, 784, 192), heads = SG_SHAPE(1, 3, 196, 64), map = SG_SHAPE(1, 16, 64, 64),
             square = SG_SHAPE(192, 192), kernel = SG_SHAPE(16, 16, 3, 3);
    const sg_shape *shapes[] = {&rows, &heads, &map, &square, &kernel};
    sg_value in[5];
    for (int k = 0; k < 5; k++)
        in[k] =
            sg_graph_add(g, "input", NULL, NULL, 0, (const sg_arg[]){sg_arg_shape("shape", shapes[k]), {0}});
    sg_value y[] = {sg_emit(g, "affine", SG_IN(in[0], in[3])), sg_emit(g, "layer_norm", SG_IN(in[0])),
                    sg_emit(g, "gelu", SG_IN(in[0])), sg_emit(g, "dot_attention", SG_IN(in[1], in[1], in[1])),
                    sg_emit(g, "conv2d", SG_IN(in[2], in[4]), sg_arg_ints("pad", 1, (const int64_t[]){1}))};
    sg_value loss = SG_NO_VALUE, grad[5];
    for (int k = 0; k < 5; k++) {
        sg_value part = sg_emit(g, "sum", SG_IN(sg_emit(g, "square", SG_IN(y[k]))));
        loss = k ? sg_emit(g, "add", SG_IN(loss, part)) : part;
    }
    ck_assert(sg_graph_differentiate(g, loss, SG_NO_VALUE, 5, in, grad, &error) == SG_OK);
    random_graph r = {.graph = g, .fetch_count = 6, .input_count = 5};
    memcpy(r.fetch, grad, sizeof grad);
    r.fetch[5] = loss;
    for (int k = 0; k < 5; k++) r.inputs[k].value = in[k];
    rig e;
    rig_engine(&e, 1, NULL);
    e.graph = g;
    sg_program_options how = {.size = sizeof how, .fetch = r.fetch, .fetch_count = 6};
    assert_ok(rig_create(&e, &how, &error));
    static const char *const cut[] = {"affine",    "affine_grad",       "layer_norm",    "gelu",
                                      "gelu_grad", "layer_norm_grad",   "dot_attention", "dot_attention_grad",
                                      "conv2d",    "conv2d_weight_grad"};
    int found = 0;
    for (int i = 0; i < sg_program_node_count(e.program); i++)
        for (size_t k = 0; k < sizeof cut / sizeof *cut; k++) {
            sg_program_node node = sg_program_node_at(e.program, i);
            if (strcmp(sg_op_schema(node.node->op)->name, cut[k]) != 0) continue;
            found++;
            ck_assert_msg(node.blocks > 1, "%s is one block", cut[k]);
            /* Small blocks cost more than a second worker gives: they pack the matrix again and again. */
            if (k < 2)
                ck_assert_msg(784 / node.blocks >= (k ? 384 : 128), "%s has %d blocks", cut[k], node.blocks);
        }
    ck_assert_int_eq(found, 12); /* layer_norm and gelu run again in the backward pass */
    rig_end_engine(&e);
    size_t count, other_count;
    double *alone = run_in(&r, 1, true, 1, 0, &count);
    for (int threads = 2; threads <= 4; threads++) {
        double *other = run_in(&r, threads, false, 1, 0, &other_count);
        ck_assert(count == other_count && memcmp(alone, other, count * sizeof *alone) == 0);
        free(other);
    }
    free(alone);
    sg_graph_destroy(g);
}
END_TEST

/* A copy that a reshape needs, and that a softmax then overwrites: not before the reshape's reader, which
 * waits for a sum, has read it. */
START_TEST(a_copy_is_not_overwritten_too_early) {
    sg_error error = {0};
    sg_graph_options options = {sizeof options, SG_F64, true, BATCH};
    random_graph r = {.fetch_count = 2};
    ck_assert(sg_graph_create(&r.graph, &options, &error) == SG_OK);
    sg_value x = random_graph_input(&r, SG_SHAPE(BATCH, 4, 6));
    sg_value p = sg_emit(r.graph, "permute", SG_IN(x), sg_arg_ints("axes", 3, (const int64_t[]){0, 2, 1}));
    sg_value flat =
        sg_emit(r.graph, "reshape", SG_IN(p), sg_arg_ints("shape", 2, (const int64_t[]){BATCH, 24}));
    sg_value sum = sg_emit(r.graph, "sum", SG_IN(x));
    r.fetch[0] = sg_emit(r.graph, "mul", SG_IN(flat, sum));
    r.fetch[1] = sg_emit(r.graph, "exp", SG_IN(sg_emit(r.graph, "softmax", SG_IN(p))));
    ck_assert(r.fetch[1] != SG_NO_VALUE);
    size_t count;
    double *plain = run(&r, 1, true, BATCH, &count), *grouped = run(&r, 1, false, BATCH, &count);
    r.fetch_count = 1;
    double *alone = run(&r, 1, false, BATCH, &count);
    ck_assert_uint_eq(count, BATCH * 24);
    for (size_t k = 0; k < count; k++)
        ck_assert_msg(plain[k] == alone[k] && grouped[k] == alone[k], "number %zu is %.17g, %.17g and %.17g",
                      k, alone[k], plain[k], grouped[k]);
    free(plain);
    free(grouped);
    free(alone);
    sg_graph_destroy(r.graph);
}
END_TEST

static sg_value stored_state(random_graph *r, const char *name) {
    const sg_shape shape = SG_SHAPE(BATCH, 4);
    sg_value state =
        sg_graph_add(r->graph, "state", name, NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &shape), {0}});
    r->inputs[r->input_count++] = (random_input){.value = state, .stored = true};
    return state;
}

/* A state is blended with a value before another node, the last to read either, is added: that one runs
 * before the update, which still needs the value, and so does not overwrite it. In the second round that node
 * reads the state of another update, before which the first must not run. */
START_TEST(what_an_update_reads_is_not_overwritten_before) {
    sg_error error = {0};
    sg_graph_options options = {sizeof options, SG_F64, true, BATCH};
    random_graph r = {.fetch_count = 2};
    ck_assert(sg_graph_create(&r.graph, &options, &error) == SG_OK);
    sg_value x = sg_emit(r.graph, "tanh", SG_IN(random_graph_input(&r, SG_SHAPE(BATCH, 4))));
    sg_value state = stored_state(&r, "state"), other = _i ? stored_state(&r, "other") : state;
    r.fetch[0] = sg_emit(r.graph, "blend", SG_IN(state, x), sg_arg_float("momentum", 0.25));
    if (_i) {
        r.fetch[r.fetch_count++] =
            sg_emit(r.graph, "blend", SG_IN(other, state), sg_arg_float("momentum", 0.5));
        ck_assert(r.fetch[2] != SG_NO_VALUE);
    }
    r.fetch[1] = sg_emit(r.graph, "exp", SG_IN(sg_emit(r.graph, "add", SG_IN(x, other))));
    ck_assert(r.fetch[1] != SG_NO_VALUE);
    size_t count;
    double *got = run(&r, 1, false, BATCH, &count), *wanted = refer(&r, BATCH);
    check_numbers(0, wanted, got, count);
    free(got);
    free(wanted);
    sg_graph_destroy(r.graph);
}
END_TEST

/* Groups of weights that have nothing to do with each other run side by side; who reads what one of them
 * makes waits. */
START_TEST(only_those_wait_who_must) {
    sg_error error = {0};
    sg_graph *g;
    sg_graph_options options = {sizeof options, SG_F32, true, 1};
    ck_assert(sg_graph_create(&g, &options, &error) == SG_OK);
    const sg_shape shape = SG_SHAPE(64, 4096);
    sg_value made[4];
    for (int k = 0; k < 3; k++) {
        char path[8];
        snprintf(path, sizeof path, "w%d", k);
        sg_value w =
            sg_graph_add(g, "weight", path, NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &shape), {0}});
        made[k] = sg_emit(g, "exp", SG_IN(w));
    }
    made[3] = sg_emit(g, "softmax", SG_IN(made[1]));
    sg_program_options how = {.size = sizeof how, .fetch = made, .fetch_count = 4};
    sg_plan *plan;
    assert_ok(sg_plan_create(&plan, g, &how, &error));
    ck_assert_int_eq(plan->group_count, 4);
    for (int i = 0; i < 4; i++) {
        const sg_group *group = &plan->groups[i];
        const char *op = sg_op_schema(plan->nodes[plan->order[group->first]]->node->op)->name;
        ck_assert_msg(group->blocks > 1, "group %d has one block", i);
        ck_assert_msg(group->waits == (i == 0 || strcmp(op, "softmax") == 0), "group %d (%s) %s", i, op,
                      group->waits ? "waits" : "does not wait");
    }
    sg_plan_destroy(plan);
    sg_graph_destroy(g);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, every_way_of_running_agrees, 0, GRAPHS);
    tcase_add_loop_test(tests, one_sample_is_cut, 0, GRAPHS);
    tcase_add_loop_test(tests, blocks_of_many_samples_agree, 0, GRAPHS / 10);
    tcase_add_test(tests, one_image_has_several_blocks);
    tcase_add_test(tests, a_copy_is_not_overwritten_too_early);
    tcase_add_loop_test(tests, what_an_update_reads_is_not_overwritten_before, 0, 2);
    tcase_add_test(tests, only_those_wait_who_must);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
