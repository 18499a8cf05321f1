/* How fast this machine multiplies large matrices, through the library's own pool: what a step is held
 * against. */
#include "bench.h"

#include "simgraph/clock.h"

enum { SIDE = 1536, RUNS = 5 };

static sg_status time_product(sg_context *context, sg_graph *graph, sg_store *store, sg_arena *arena,
                              double *rate, sg_error *error) {
    sg_shape shape = SG_SHAPE(SIDE, SIDE);
    sg_value a = sg_emit(graph, "input", NULL, 0, sg_arg_shape("shape", &shape));
    sg_value b = sg_emit(graph, "input", NULL, 0, sg_arg_shape("shape", &shape));
    sg_value c = sg_emit(graph, "matmul", SG_IN(a, b), sg_arg_bool("transpose_b", true));
    sg_status status = sg_graph_status(graph, error);
    sg_program *program = NULL;
    sg_program_options options = {.size = sizeof options, .fetch = &c, .fetch_count = 1};
    if (status == SG_OK) status = sg_program_create(&program, context, graph, store, arena, &options, error);
    if (status != SG_OK) return status;
    sg_value inputs[] = {a, b};
    for (int k = 0; k < 2; k++) {
        sg_tensor to = sg_program_feed(program, inputs[k]);
        for (int64_t i = 0; i < sg_tensor_elements(&to); i++) ((float *)to.data)[i] = (float)(i % 7) - 3;
    }
    sg_draw draw = {.batch = 1};
    *rate = 0;
    for (int i = 0; status == SG_OK && i < RUNS; i++) {
        double begun = sg_clock();
        status = sg_program_run(program, SG_PHASE_GRADIENT, &draw, error);
        double found = 2.0 * SIDE * SIDE * SIDE / (sg_clock() - begun);
        if (found > *rate) *rate = found;
    }
    sg_program_destroy(program);
    return status;
}

sg_status cli_bench_product(const sg_context_options *engine, bool rounded, double *rate, sg_error *error) {
    sg_context *context = NULL;
    sg_graph *graph = NULL;
    sg_store *store = NULL;
    sg_arena *arena = NULL;
    sg_graph_options wanted = {
        .size = sizeof wanted, .float_type = SG_F32, .batch = 1, .round_products = rounded};
    sg_status status = sg_context_create(&context, engine, error);
    if (status == SG_OK) status = sg_graph_create(&graph, &wanted, error);
    if (status == SG_OK) status = sg_store_create(&store, error);
    if (status == SG_OK) status = sg_arena_create(&arena, error);
    if (status == SG_OK) status = time_product(context, graph, store, arena, rate, error);
    sg_arena_destroy(arena);
    sg_store_destroy(store);
    sg_graph_destroy(graph);
    sg_context_destroy(context);
    return status;
}
