/* A small graph to run in a test: build with rig_begin and sg_emit, fetch values, run with any draw. A graph
 * that several programs are made of is built without a rig, and lent to one for each: rig_engine. */
#ifndef SG_TESTS_RIG_H
#define SG_TESTS_RIG_H

#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "simgraph/program.h"
#include "unit.h"

typedef struct rig {
    sg_context *context;
    sg_graph *graph;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
} rig;

/* All but a graph and its program. */
static inline void rig_engine(rig *r, int threads, const char *product) {
    sg_error error = {0};
    sg_context_options engine = {.size = sizeof engine, .threads = threads, .product = product};
    memset(r, 0, sizeof *r);
    assert_ok(sg_context_create(&r->context, &engine, &error));
    assert_ok(sg_store_create(&r->store, &error));
    assert_ok(sg_arena_create(&r->arena, &error));
}

static inline void rig_begin(rig *r, sg_type type, bool training, int64_t batch) {
    sg_error error = {0};
    sg_graph_options options = {
        .size = sizeof options, .float_type = type, .training = training, .batch = batch};
    rig_engine(r, 2, NULL);
    assert_ok(sg_graph_create(&r->graph, &options, &error));
}

static inline sg_status rig_create(rig *r, const sg_program_options *options, sg_error *error) {
    return sg_program_create(&r->program, r->context, r->graph, r->store, r->arena, options, error);
}

static inline void rig_plan(rig *r, int count, const sg_value *fetch) {
    sg_error error = {0};
    sg_program_options options = {.size = sizeof options, .fetch = fetch, .fetch_count = count};
    assert_ok(sg_graph_status(r->graph, &error));
    assert_ok(sg_store_initialise(r->store, r->context, r->graph, 1, &error));
    assert_ok(rig_create(r, &options, &error));
}

/* Both phases. */
static inline void rig_run(rig *r, sg_draw draw) {
    sg_error error = {0};
    assert_ok(sg_program_run(r->program, SG_PHASE_GRADIENT, &draw, &error));
    assert_ok(sg_program_run(r->program, SG_PHASE_UPDATE, &draw, &error));
}

static inline sg_value rig_input(rig *r, const char *path, sg_type type, sg_shape shape) {
    return sg_graph_add(r->graph, "input", path, NULL, 0,
                        (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_dtype("type", type), {0}});
}

static inline sg_value rig_state(rig *r, const char *path, sg_type type, sg_shape shape) {
    return sg_graph_add(r->graph, "state", path, NULL, 0,
                        (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_dtype("type", type), {0}});
}

/* Writes numbers into a fed value, converted to its type. */
static inline void rig_feed(rig *r, sg_value value, const double *numbers) {
    sg_tensor to = sg_program_feed(r->program, value);
    ck_assert_ptr_nonnull(to.data);
    for (int64_t i = 0; i < sg_tensor_elements(&to); i++) sg_tensor_set(&to, i, numbers[i]);
}

static inline double rig_get(rig *r, sg_value value, int64_t i) {
    sg_tensor from = sg_program_fetch(r->program, value);
    if (!from.data)
        ck_abort_msg("value %d was not fetched", value); /* an assertion writes to a pipe each time */
    return sg_tensor_get(&from, i);
}

/* Of several values, one behind the other: *elements numbers, to be freed. */
static inline double *rig_get_all(rig *r, int count, const sg_value *values, size_t *elements) {
    *elements = 0;
    for (int i = 0; i < count; i++)
        *elements += (size_t)sg_shape_elements(&sg_graph_value(r->graph, values[i])->shape);
    double *all = malloc(sizeof *all * (*elements + 1)), *to = all;
    for (int i = 0; i < count; i++) {
        sg_tensor from = sg_program_fetch(r->program, values[i]);
        for (int64_t k = 0; k < sg_tensor_elements(&from); k++) *to++ = sg_tensor_get(&from, k);
    }
    return all;
}

/* Leaves a graph that was lent. */
static inline void rig_end_engine(rig *r) {
    sg_program_destroy(r->program);
    sg_arena_destroy(r->arena);
    sg_store_destroy(r->store);
    sg_context_destroy(r->context);
}

static inline void rig_end(rig *r) {
    rig_end_engine(r);
    sg_graph_destroy(r->graph);
}

#endif
