/* The engine while memory runs out: building, differentiating, planning and making a program, with the n-th
 * allocation failing for every n, once or from there on. The first failure is reported as such, nothing
 * crashes, and nothing is left over. */
#include "failing_malloc.h"

#ifndef HAS_OWN_MALLOC

#include <string.h>

#include "graph/graph.h"
#include "simgraph/program.h"
#include "unit.h"

enum { BATCH = 4, WIDTH = 8, LAYERS = 3 };

static sg_value weight(sg_graph *g, const char *path, sg_shape shape) {
    sg_call init = {.schema = sg_registry_find(SG_KIND_INIT, "normal")};
    init.attr[0] = (sg_attr){.set = true, .present = true, .f = 0.1};
    init.attr[1] = (sg_attr){.set = true, .present = true};
    return sg_graph_add(g, "weight", path, NULL, 0,
                        (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_call("init", &init), {0}});
}

/* Attention over cut, turned and joined values, so that the plan needs views, copies, groups and sums. */
static sg_value build(sg_graph *g, sg_value weights[LAYERS]) {
    sg_shape image = SG_SHAPE(BATCH, 5, WIDTH);
    sg_value x = sg_graph_add(g, "input", "x", NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &image), {0}}),
             y = x;
    for (int layer = 0; layer < LAYERS; layer++) {
        char path[32];
        snprintf(path, sizeof path, "w%d", layer);
        weights[layer] = weight(g, path, SG_SHAPE(2 * WIDTH, WIDTH));
        sg_value wide = sg_emit(g, "gelu", SG_IN(sg_emit(g, "affine", SG_IN(y, weights[layer]))));
        int64_t middle[] = {0, 0, WIDTH}, end[] = {BATCH, 5, 2 * WIDTH}, half[] = {BATCH, 5, WIDTH};
        sg_value left = sg_emit(g, "slice", SG_IN(wide), sg_arg_ints("stops", 3, half));
        sg_value right =
            sg_emit(g, "slice", SG_IN(wide), sg_arg_ints("starts", 3, middle), sg_arg_ints("stops", 3, end));
        sg_value mixed = sg_emit(g, "dot_attention", SG_IN(left, right, right));
        int64_t turned[] = {0, 2, 1}, flat[] = {BATCH, 5, WIDTH};
        sg_value turn = sg_emit(g, "permute", SG_IN(mixed), sg_arg_ints("axes", 3, turned));
        y = sg_emit(g, "add", SG_IN(y, sg_emit(g, "reshape", SG_IN(turn), sg_arg_ints("shape", 3, flat))));
    }
    return sg_emit(g, "mean", SG_IN(sg_emit(g, "square", SG_IN(y))));
}

typedef struct engine {
    sg_graph *graph;
    sg_context *context;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
} engine;

static sg_status make(engine *e, sg_error *error) {
    sg_graph_options graph = {sizeof graph, SG_F32, true, BATCH};
    sg_context_options context = {sizeof context, 1, NULL};
    sg_value weights[LAYERS], fetch[LAYERS + 1];
    sg_status status = sg_graph_create(&e->graph, &graph, error);
    if (status != SG_OK) return status;
    fetch[LAYERS] = build(e->graph, weights);
    if ((status = sg_graph_status(e->graph, error)) != SG_OK) return status;
    status = sg_graph_differentiate(e->graph, fetch[LAYERS], SG_NO_VALUE, LAYERS, weights, fetch, error);
    if (status != SG_OK) return status;
    sg_mark nowhere = {0};
    if ((status = sg_graph_add_scope(e->graph, "a", "block", "doc", nowhere, error)) != SG_OK) return status;
    if ((status = sg_context_create(&e->context, &context, error)) != SG_OK) return status;
    if ((status = sg_store_create(&e->store, error)) != SG_OK) return status;
    if ((status = sg_arena_create(&e->arena, error)) != SG_OK) return status;
    if ((status = sg_store_initialise(e->store, e->context, e->graph, 1, error)) != SG_OK) return status;
    sg_program_options options = {.size = sizeof options, .fetch = fetch, .fetch_count = LAYERS + 1};
    return sg_program_create(&e->program, e->context, e->graph, e->store, e->arena, &options, error);
}

static void destroy(engine *e) {
    sg_program_destroy(e->program);
    sg_arena_destroy(e->arena);
    sg_store_destroy(e->store);
    sg_context_destroy(e->context);
    sg_graph_destroy(e->graph);
}

START_TEST(every_allocation_fails) {
    sg_error error = {0};
    engine whole = {0};
    assert_ok(make(&whole, &error)); /* what libraries allocate once for the process */
    destroy(&whole);
    for (int twice = 0; twice < 2; twice++)
        for (long n = 0;; n++) {
            ck_assert_int_lt(n, 100000);
            engine e = {0};
            error = (sg_error){0};
            long before = heap.live;
            heap.left = n, heap.for_ever = twice, heap.reached = false;
            sg_status status = make(&e, &error);
            heap.left = -1;
            destroy(&e);
            ck_assert_msg(heap.live == before, "allocation %ld: %ld blocks are left", n, heap.live - before);
            if (!heap.reached) {
                ck_assert_int_gt(n, 100); /* and many failed */
                assert_ok(status);
                break;
            }
            /* What can be done without (the number of CPUs) may fail once. */
            if (status == SG_OK && !twice) continue;
            ck_assert_msg(status == SG_OUT_OF_MEMORY, "allocation %ld: status %d, \"%s\"", n, status,
                          error.message);
            ck_assert_msg(error.status == status && strstr(error.message, "memory"), "allocation %ld: \"%s\"",
                          n, error.message);
        }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_allocation_fails, NULL};
    return unit_run(unit_suite("out_of_memory", tests));
}
#endif
