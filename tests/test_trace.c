/* Traces of programs: what the workers did, and when. */
#include "rig.h"
#include "simgraph/clock.h"

enum { THREADS = 3, SAMPLES = 96, WIDTH = 160, RUNS = 2 };

/* A few layers with their gradients: groups, sums over samples, and an update. */
static void make(rig *r, sg_value *loss) {
    sg_error error = {0};
    sg_graph_options options = {
        .size = sizeof options, .float_type = SG_F32, .training = true, .batch = SAMPLES};
    sg_context_options engine = {.size = sizeof engine, .threads = THREADS};
    *r = (rig){0};
    assert_ok(sg_context_create(&r->context, &engine, &error));
    assert_ok(sg_graph_create(&r->graph, &options, &error));
    assert_ok(sg_store_create(&r->store, &error));
    assert_ok(sg_arena_create(&r->arena, &error));
    sg_value x = rig_input(r, "x", SG_F32, SG_SHAPE(SAMPLES, WIDTH)), weight[3], gradient[3];
    for (int l = 0; l < 3; l++) {
        sg_shape shape = SG_SHAPE(WIDTH, WIDTH);
        char name[8];
        snprintf(name, sizeof name, "w%d", l);
        weight[l] = sg_graph_add(r->graph, "weight", name, NULL, 0,
                                 (const sg_arg[]){sg_arg_shape("shape", &shape), {0}});
        x = sg_emit(r->graph, "gelu", SG_IN(sg_emit(r->graph, "matmul", SG_IN(x, weight[l]))));
    }
    *loss = sg_emit(r->graph, "mean", SG_IN(sg_emit(r->graph, "square", SG_IN(x))));
    assert_ok(sg_graph_differentiate(r->graph, *loss, SG_NO_VALUE, 3, weight, gradient, &error));
    sg_value fetch[] = {*loss, gradient[0], gradient[1], gradient[2]};
    rig_plan(r, 4, fetch);
}

static void run(rig *r) {
    sg_error error = {0};
    sg_draw draw = {.batch = SAMPLES};
    assert_ok(sg_program_run(r->program, SG_PHASE_GRADIENT, &draw, &error));
}

START_TEST(only_what_was_asked_for) {
    rig r;
    sg_value loss;
    size_t count;
    sg_error error = {0};
    make(&r, &loss);
    run(&r);
    sg_program_events(r.program, &count);
    ck_assert_uint_eq(count, 0);
    assert_ok(sg_program_trace(r.program, RUNS, &error));
    for (int i = 0; i < RUNS; i++) run(&r);
    sg_program_events(r.program, &count);
    ck_assert_uint_gt(count, 0);
    size_t noted = count;
    run(&r); /* one more than asked for */
    sg_program_events(r.program, &count);
    ck_assert_uint_eq(count, noted);
    assert_ok(sg_program_trace(r.program, 100, &error));
    sg_program_events(r.program, &count);
    ck_assert_uint_eq(count, 0);
    run(&r);
    sg_program_events(r.program, &noted);
    assert_ok(sg_program_trace(r.program, 0, &error));
    run(&r);
    sg_program_events(r.program, &count);
    ck_assert(count == noted && count > 0);
    rig_end(&r);
}
END_TEST

/* Every node's work is in there once a run, by workers that there are, one thing at a time. */
START_TEST(all_work_once) {
    rig r;
    sg_value loss;
    size_t count;
    sg_error error = {0};
    make(&r, &loss);
    assert_ok(sg_program_trace(r.program, RUNS, &error));
    double begun = sg_clock();
    for (int i = 0; i < RUNS; i++) run(&r);
    double ended = sg_clock();
    const sg_program_event *event = sg_program_events(r.program, &count);
    int nodes = sg_program_node_count(r.program);
    double *share = calloc((size_t)nodes, sizeof *share);
    uint64_t free_at[THREADS] = {0};
    bool joined = false;
    for (size_t i = 0; i < count; i++) {
        ck_assert(event[i].worker >= 0 && event[i].worker < THREADS);
        ck_assert(event[i].node >= -1 && event[i].node < nodes);
        ck_assert(event[i].begin <= event[i].end && event[i].begin >= free_at[event[i].worker]);
        ck_assert(1e-9 * (double)event[i].begin >= begun && 1e-9 * (double)event[i].end <= ended);
        free_at[event[i].worker] = event[i].end;
        if (event[i].node >= 0) share[event[i].node] += event[i].share;
        joined = joined || (event[i].node >= 0 && event[i].share == 0);
    }
    for (int i = 0; i < nodes; i++)
        ck_assert_msg(share[i] > RUNS - 1e-9 && share[i] < RUNS + 1e-9, "%s: %g of its work",
                      sg_program_node_at(r.program, i).node->path, share[i]);
    ck_assert(joined);
    free(share);
    rig_end(&r);
}
END_TEST

/* What workers did and how long they waited is nearly all of their time. The system may take a worker's CPU
 * away between two events, so that one of many runs must do. */
START_TEST(times_add_up) {
    rig r;
    sg_value loss;
    sg_error error = {0};
    double best = 0, wall = 0;
    make(&r, &loss);
    run(&r);
    for (int i = 0; i < 200 && best < 0.95; i++) {
        size_t count;
        assert_ok(sg_program_trace(r.program, 1, &error));
        double begun = sg_clock(), sum = 0;
        run(&r);
        wall = sg_clock() - begun;
        const sg_program_event *event = sg_program_events(r.program, &count);
        for (size_t k = 0; k < count; k++) sum += 1e-9 * (double)(event[k].end - event[k].begin);
        ck_assert_double_le(sum, wall * THREADS * (1 + 1e-6));
        best = sum / (wall * THREADS) > best ? sum / (wall * THREADS) : best;
    }
    ck_assert_msg(best >= 0.95, "only %g of the workers' time (%g ms a run)", best, 1e3 * wall);
    rig_end(&r);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {only_what_was_asked_for, all_work_once, times_add_up, NULL};
    return unit_run(unit_suite("trace", tests));
}
