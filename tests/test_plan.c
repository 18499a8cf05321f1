/* Plans of random graphs: every way of running one gives the same numbers.
 *
 * Each graph is a random mixture of views, elementwise ops, reductions, products and joins, with gradients.
 * It runs grouped in blocks of two samples and of four and three, without groups and with several workers
 * (equal bits), and bound as one sample, which cuts everything differently (equal up to rounding), and with
 * values computed again for the backward pass (equal bits). Memory is filled with NaN first, so that a read
 * of what nobody wrote shows.
 */
#include "rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "plan/plan.h"

enum { GRAPHS = 300, BATCH = 13, STEPS = 14, MAX_VALUES = 64, MAX_FETCH = 16 };

typedef struct dice {
    uint32_t graph, count;
} dice;

static int64_t roll(dice *d, int64_t sides) {
    uint32_t words[4];
    sg_philox_draw(99, d->count++, d->graph, 0, 0, words);
    return (int64_t)(words[0] % (uint32_t)sides);
}

typedef struct random_graph {
    sg_graph *graph;
    sg_value values[MAX_VALUES];
    int count;
    sg_value inputs[8];
    int input_count;
    bool no_recompute;
    sg_value fetch[MAX_FETCH];
    int fetch_count;
} random_graph;

static sg_shape shape_of(const random_graph *r, sg_value v) {
    return sg_graph_value(r->graph, v)->shape;
}

static sg_value new_input(random_graph *r, sg_shape shape, const char *op) {
    char path[32];
    snprintf(path, sizeof path, "%s%d", op, r->input_count);
    sg_value v =
        sg_graph_add(r->graph, op, path, NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &shape), {0}});
    r->inputs[r->input_count++] = v;
    return v;
}

static sg_value random_value(random_graph *r, dice *d) {
    /* Mostly recent ones, so that chains grow; sometimes an old one, so that values live long. */
    int64_t back = roll(d, 3) ? roll(d, r->count < 3 ? r->count : 3) : roll(d, r->count);
    return r->values[r->count - 1 - (int)back];
}

static sg_value random_permute(random_graph *r, dice *d, sg_value x) {
    sg_shape s = shape_of(r, x);
    int64_t axes[SG_MAX_RANK];
    for (int i = 0; i < s.rank; i++) axes[i] = i;
    int first = roll(d, 4) ? 1 : 0; /* the batch axis seldom moves */
    for (int i = s.rank - 1; i > first; i--) {
        int j = first + (int)roll(d, i - first + 1);
        int64_t t = axes[i];
        axes[i] = axes[j];
        axes[j] = t;
    }
    return sg_emit(r->graph, "permute", SG_IN(x), sg_arg_ints("axes", s.rank, axes));
}

static sg_value random_reshape(random_graph *r, dice *d, sg_value x) {
    sg_shape s = shape_of(r, x), to = s;
    int axis = (int)roll(d, s.rank);
    if (roll(d, 2) && s.rank >= 2 && axis + 1 < s.rank) { /* merge */
        to.dim[axis] *= to.dim[axis + 1];
        for (int i = axis + 1; i + 1 < s.rank; i++) to.dim[i] = s.dim[i + 1];
        to.rank--;
    } else if (s.rank < 6) { /* split */
        int64_t part = s.dim[axis] % 3 == 0 ? 3 : s.dim[axis] % 2 == 0 ? 2 : 1;
        for (int i = s.rank; i > axis + 1; i--) to.dim[i] = s.dim[i - 1];
        to.dim[axis + 1] = part;
        to.dim[axis] = s.dim[axis] / part;
        to.rank++;
    }
    return sg_emit(r->graph, "reshape", SG_IN(x), sg_arg_shape("shape", &to));
}

static sg_value random_slice(random_graph *r, dice *d, sg_value x) {
    sg_shape s = shape_of(r, x);
    int64_t starts[SG_MAX_RANK] = {0}, stops[SG_MAX_RANK], steps[SG_MAX_RANK];
    for (int i = 0; i < s.rank; i++) {
        stops[i] = s.dim[i];
        steps[i] = 1;
    }
    int axis = s.rank > 1 && roll(d, 5) ? 1 + (int)roll(d, s.rank - 1) : (int)roll(d, s.rank);
    if (s.dim[axis] < 2) return x;
    starts[axis] = roll(d, s.dim[axis]);
    stops[axis] = starts[axis] + 1 + roll(d, s.dim[axis] - starts[axis]);
    steps[axis] = 1 + roll(d, 2);
    return sg_emit(r->graph, "slice", SG_IN(x), sg_arg_ints("starts", s.rank, starts),
                   sg_arg_ints("stops", s.rank, stops), sg_arg_ints("steps", s.rank, steps));
}

static sg_value random_concat(random_graph *r, dice *d, sg_value x) {
    sg_shape s = shape_of(r, x);
    int axis = (int)roll(d, s.rank);
    sg_value other = roll(d, 2) ? sg_emit(r->graph, "neg", SG_IN(x)) : sg_emit(r->graph, "square", SG_IN(x));
    if (s.dim[axis] > 20) return other;
    return roll(d, 2) ? sg_emit(r->graph, "concat", SG_IN(x, other), sg_arg_int("axis", axis))
                      : sg_emit(r->graph, "concat", SG_IN(other, x, other), sg_arg_int("axis", axis));
}

/* Cuts the last axis in three, works on the parts and joins them: as attention does. */
static sg_value split_and_join(random_graph *r, sg_value x) {
    sg_shape s = shape_of(r, x);
    int last = s.rank - 1;
    if (s.dim[last] % 3) return x;
    sg_value parts[3];
    for (int k = 0; k < 3; k++) {
        int64_t starts[SG_MAX_RANK] = {0}, stops[SG_MAX_RANK];
        for (int i = 0; i < s.rank; i++) stops[i] = s.dim[i];
        starts[last] = k * s.dim[last] / 3;
        stops[last] = (k + 1) * s.dim[last] / 3;
        parts[k] = sg_emit(r->graph, "slice", SG_IN(x), sg_arg_ints("starts", s.rank, starts),
                           sg_arg_ints("stops", s.rank, stops));
        if (k) parts[k] = sg_emit(r->graph, "tanh", SG_IN(parts[k]));
    }
    return sg_graph_add(r->graph, "concat", NULL, (const sg_value[]){parts[2], parts[0], parts[1]}, 3,
                        (const sg_arg[]){sg_arg_int("axis", last), {0}});
}

static sg_value random_product(random_graph *r, dice *d, sg_value x) {
    sg_shape s = shape_of(r, x);
    if (s.rank < 2 || r->input_count >= 8) return x;
    if (roll(d, 2)) {
        int64_t out = 3 * (1 + roll(d, 3));
        sg_value w = new_input(r, SG_SHAPE(out, s.dim[s.rank - 1]), "input");
        return sg_emit(r->graph, "affine", SG_IN(x, w));
    }
    if (s.rank < 3) return x;
    sg_value scores = sg_emit(r->graph, "matmul", SG_IN(x, x), sg_arg_bool("transpose_b", true));
    return sg_emit(r->graph, "tanh", SG_IN(scores));
}

static sg_value random_node(random_graph *r, dice *d) {
    sg_graph *g = r->graph;
    sg_value x = random_value(r, d), y;
    sg_shape s = shape_of(r, x);
    if (s.rank == 0) x = r->values[0], s = shape_of(r, x);
    int64_t axis = roll(d, s.rank);
    switch (roll(d, 13)) {
    case 0:
        return random_permute(r, d, x);
    case 1:
        return random_reshape(r, d, x);
    case 2:
        return random_slice(r, d, x);
    case 3:
        return random_concat(r, d, x);
    case 4:
        return split_and_join(r, x);
    case 5:
        return random_product(r, d, x);
    case 6:
        return sg_emit(g, "tanh", SG_IN(x));
    case 7:
        return sg_emit(g, "sum", SG_IN(x), sg_arg_ints("axis", 1, &axis), sg_arg_bool("keep", roll(d, 2)));
    case 8:
        return s.dim[s.rank - 1] > 1 ? sg_emit(g, "layer_norm", SG_IN(x), sg_arg_float("eps", 1)) : x;
    case 9: { /* a row broadcast against the whole */
        sg_value row = sg_emit(g, "mean", SG_IN(x), sg_arg_ints("axis", 1, &axis), sg_arg_bool("keep", true));
        return sg_emit(g, "sub", SG_IN(x, row));
    }
    case 10:
        return sg_emit(g, "dot_attention", SG_IN(x, x, x));
    default:
        for (int tries = 0; tries < 6; tries++) {
            sg_shape other, both;
            y = random_value(r, d);
            other = shape_of(r, y);
            if (sg_shape_broadcast(&s, &other, &both) && sg_shape_elements(&both) < 20000)
                return sg_emit(g, roll(d, 2) ? "add" : "mul", SG_IN(x, y));
        }
        return sg_emit(g, "neg", SG_IN(x));
    }
}

/* Inputs of so many samples, of rows x 9. */
static void build_of(random_graph *r, uint32_t number, int64_t batch, int64_t samples, int64_t rows) {
    memset(r, 0, sizeof *r);
    dice d = {number, 0};
    sg_error error = {0};
    sg_graph_options options = {sizeof options, SG_F64, true, batch};
    ck_assert(sg_graph_create(&r->graph, &options, &error) == SG_OK);
    r->values[r->count++] = new_input(r, SG_SHAPE(samples, rows, 9), "input");
    r->values[r->count++] = new_input(r, SG_SHAPE(samples, rows, 9), "input");
    r->values[r->count++] = new_input(r, SG_SHAPE(9), "input");
    for (int step = 0; step < STEPS; step++) {
        sg_value v = random_node(r, &d);
        if (v == SG_NO_VALUE) { /* an op that does not fit here: leave it out */
            r->graph->error = (sg_error){0};
            continue;
        }
        if (sg_shape_elements(&r->graph->values[v].shape) > 50000) continue;
        r->values[r->count++] = v;
    }
    for (int i = 0; i < 3; i++) r->fetch[r->fetch_count++] = random_value(r, &d);
    sg_value last = r->values[r->count - 1];
    sg_value loss = sg_emit(r->graph, "mean", SG_IN(sg_emit(r->graph, "square", SG_IN(last))));
    r->fetch[r->fetch_count++] = loss;
    sg_status status = sg_graph_differentiate(r->graph, loss, SG_NO_VALUE, r->input_count, r->inputs,
                                              r->fetch + r->fetch_count, &error);
    ck_assert_msg(status == SG_OK, "graph %u: %s", number, error.message);
    r->fetch_count += r->input_count;
}

static void build(random_graph *r, uint32_t number, int64_t batch) {
    build_of(r, number, batch, BATCH, 6);
}

/* Runs the graph and returns all fetched numbers one behind the other. */
static double *run_in(const random_graph *r, int threads, bool no_group, int64_t batch, int64_t block,
                      size_t *count) {
    sg_error error = {0};
    rig e;
    rig_engine(&e, threads, NULL);
    e.graph = r->graph;
    sg_program_options options = {.size = sizeof options,
                                  .fetch = r->fetch,
                                  .fetch_count = r->fetch_count,
                                  .no_group = no_group,
                                  .no_recompute = r->no_recompute,
                                  .block = block,
                                  .poison = true};
    assert_ok(rig_create(&e, &options, &error));
    for (int i = 0; i < r->input_count; i++) {
        sg_tensor t = sg_program_feed(e.program, r->inputs[i]);
        for (int64_t k = 0; t.data && k < sg_tensor_elements(&t); k++) {
            uint32_t words[4];
            sg_philox_draw(5, (uint32_t)k, (uint32_t)i, 0, 0, words);
            sg_tensor_set(&t, k, 2 * sg_uniform_f64(words[0], words[1]) - 1);
        }
    }
    sg_draw draw = {.seed = 1, .batch = batch};
    assert_ok(sg_program_run(e.program, SG_PHASE_GRADIENT, &draw, &error));
    double *all = rig_get_all(&e, r->fetch_count, r->fetch, count);
    rig_end_engine(&e);
    return all;
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
        r->no_recompute = way == 0;
        for (int i = 0; i < r->graph->node_count; i++)
            if (r->graph->nodes[i]->forward < 0)
                r->graph->nodes[i]->recompute = way == 1 || (way == 2 && roll(&d, 2));
        double *other = run_in(r, 1 + way % 2, way == 3, batch, block, &count);
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

/* One sample is cut by its rows: equal bits for every number of workers, nearly those of one block. */
START_TEST(one_sample_is_cut) {
    uint32_t number = (uint32_t)_i;
    random_graph r;
    size_t count, other_count;
    build_of(&r, number, 1, 1, 18);
    double *cut = run_in(&r, 1, false, 1, 4, &count), *whole = run_in(&r, 1, true, 1, 1 << 20, &other_count);
    double scale = 0;
    for (size_t k = 0; k < count; k++) scale = fmax(scale, fabs(whole[k]));
    for (size_t k = 0; k < count; k++)
        if (!is_near(cut[k], whole[k], scale))
            ck_abort_msg("graph %u: number %zu is %.17g cut, but %.17g in one piece", number, k, cut[k],
                         whole[k]);
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
    free(whole);
    sg_graph_destroy(r.graph);
}
END_TEST

START_TEST(every_way_of_running_agrees) {
    uint32_t number = (uint32_t)_i;
    random_graph r, alone;
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
    build(&alone, number, 1);
    double *single = run(&alone, 1, true, 1, &other_count);
    ck_assert_uint_eq(count, other_count);
    double scale = 0;
    for (size_t k = 0; k < count; k++) scale = fmax(scale, fabs(single[k]));
    for (size_t k = 0; k < count; k++)
        if (!is_near(grouped[k], single[k], scale))
            ck_abort_msg("graph %u: number %zu is %.17g, but %.17g as one sample", number, k, grouped[k],
                         single[k]);
    for (size_t k = 0; k < count; k++)
        ck_assert_msg(is_near(uneven[k], single[k], scale), "graph %u: number %zu in uneven blocks", number,
                      k);
    free(uneven);
    free(single);
    free(grouped);
    sg_graph_destroy(r.graph);
    sg_graph_destroy(alone.graph);
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
    memcpy(r.inputs, in, sizeof in);
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
    sg_value x = new_input(&r, SG_SHAPE(BATCH, 4, 6), "input");
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

/* A state is blended with a value before another node, the last to read either, is added: that one runs
 * before the update, which still needs the value, and so does not overwrite it. */
START_TEST(what_an_update_reads_is_not_overwritten_before) {
    sg_error error = {0};
    sg_graph *g;
    sg_graph_options options = {sizeof options, SG_F64, true, BATCH};
    ck_assert(sg_graph_create(&g, &options, &error) == SG_OK);
    const sg_shape shape = SG_SHAPE(BATCH, 4);
    const sg_arg of_shape[] = {sg_arg_shape("shape", &shape), {0}};
    sg_value x = sg_emit(g, "tanh", SG_IN(sg_graph_add(g, "input", "x", NULL, 0, of_shape)));
    sg_value state = sg_graph_add(g, "state", "state", NULL, 0, of_shape), fetch[2];
    fetch[0] = sg_emit(g, "blend", SG_IN(state, x), sg_arg_float("momentum", 0.25));
    fetch[1] = sg_emit(g, "exp", SG_IN(sg_emit(g, "add", SG_IN(x, state))));
    sg_program_options how = {.size = sizeof how, .fetch = fetch, .fetch_count = 2};
    sg_plan *plan;
    assert_ok(sg_plan_create(&plan, g, &how, &error));
    sg_plan_destroy(plan);
    sg_graph_destroy(g);
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
    tcase_add_test(tests, what_an_update_reads_is_not_overwritten_before);
    tcase_add_test(tests, only_those_wait_who_must);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
