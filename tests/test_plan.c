/* Plans of random graphs: every way of running one gives the same numbers.
 *
 * Each graph is a random mixture of views, elementwise ops, reductions, products and joins, with gradients.
 * It runs grouped in blocks of two samples, without groups and with several workers (equal bits), and bound
 * as one sample, which cuts everything differently (equal up to rounding). Memory is filled with NaN first,
 * so that a read of what nobody wrote shows. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "graph/graph.h"
#include "simgraph/program.h"

enum { BATCH = 12, GRAPHS = 300, STEPS = 14, MAX_VALUES = 64, MAX_FETCH = 16 };

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

static void build(random_graph *r, uint32_t number, int64_t batch) {
    memset(r, 0, sizeof *r);
    dice d = {number, 0};
    sg_error error = {0};
    sg_graph_options options = {sizeof options, SG_F64, true, batch};
    ck_assert(sg_graph_create(&r->graph, &options, &error) == SG_OK);
    r->values[r->count++] = new_input(r, SG_SHAPE(BATCH, 6, 9), "input");
    r->values[r->count++] = new_input(r, SG_SHAPE(BATCH, 6, 9), "input");
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

/* Runs the graph and returns all fetched numbers one behind the other. */
static double *run(const random_graph *r, int threads, bool no_group, int64_t batch, size_t *count) {
    sg_error error = {0};
    sg_context *context;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    sg_context_options context_options = {sizeof context_options, threads, NULL};
    ck_assert(sg_context_create(&context, &context_options, &error) == SG_OK);
    ck_assert(sg_store_create(&store, &error) == SG_OK);
    ck_assert(sg_arena_create(&arena, &error) == SG_OK);
    sg_program_options options = {.size = sizeof options,
                                  .fetch = r->fetch,
                                  .fetch_count = r->fetch_count,
                                  .no_group = no_group,
                                  .block = batch > 1 ? 2 : 0,
                                  .poison = true};
    sg_status status = sg_program_create(&program, context, r->graph, store, arena, &options, &error);
    ck_assert_msg(status == SG_OK, "%s", error.message);
    for (int i = 0; i < r->input_count; i++) {
        sg_tensor t = sg_program_feed(program, r->inputs[i]);
        for (int64_t k = 0; t.data && k < sg_tensor_elements(&t); k++) {
            uint32_t words[4];
            sg_philox_draw(5, (uint32_t)k, (uint32_t)i, 0, 0, words);
            sg_tensor_set(&t, k, 2 * sg_uniform_f64(words[0], words[1]) - 1);
        }
    }
    sg_draw draw = {.seed = 1, .batch = batch};
    ck_assert(sg_program_run(program, SG_PHASE_GRADIENT, &draw, &error) == SG_OK);
    *count = 0;
    for (int i = 0; i < r->fetch_count; i++)
        *count += (size_t)sg_shape_elements(&sg_graph_value(r->graph, r->fetch[i])->shape);
    double *all = malloc(sizeof(double) * (*count + 1)), *to = all;
    for (int i = 0; i < r->fetch_count; i++) {
        sg_tensor t = sg_program_fetch(program, r->fetch[i]);
        for (int64_t k = 0; k < sg_tensor_elements(&t); k++) *to++ = sg_tensor_get(&t, k);
    }
    sg_program_destroy(program);
    sg_arena_destroy(arena);
    sg_store_destroy(store);
    sg_context_destroy(context);
    return all;
}

START_TEST(every_way_of_running_agrees) {
    uint32_t number = (uint32_t)_i;
    random_graph r, alone;
    size_t count, other_count;
    build(&r, number, BATCH);
    double *grouped = run(&r, 1, false, BATCH, &count);
    for (size_t k = 0; k < count; k++)
        ck_assert_msg(isfinite(grouped[k]), "graph %u: number %zu is not finite", number, k);
    for (int way = 0; way < 3; way++) {
        double *other = run(&r, way == 0 ? 1 : way + 1, way == 0, BATCH, &other_count);
        ck_assert_uint_eq(count, other_count);
        for (size_t k = 0; k < count; k++)
            ck_assert_msg(memcmp(&grouped[k], &other[k], sizeof(double)) == 0,
                          "graph %u: number %zu is %.17g, but %.17g %s", number, k, grouped[k], other[k],
                          way ? "with more workers" : "without groups");
        free(other);
    }
    build(&alone, number, 1);
    double *single = run(&alone, 1, true, 1, &other_count);
    ck_assert_uint_eq(count, other_count);
    double scale = 0;
    for (size_t k = 0; k < count; k++) scale = fmax(scale, fabs(single[k]));
    for (size_t k = 0; k < count; k++)
        ck_assert_msg(fabs(grouped[k] - single[k]) <= 1e-10 * fabs(single[k]) + 1e-13 * (1 + scale),
                      "graph %u: number %zu is %.17g, but %.17g as one sample", number, k, grouped[k],
                      single[k]);
    free(single);
    free(grouped);
    sg_graph_destroy(r.graph);
    sg_graph_destroy(alone.graph);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, every_way_of_running_agrees, 0, GRAPHS);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
