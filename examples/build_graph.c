/* Builds a graph in code, differentiates it, and fits a line with the gradients.
 *
 *     cc build_graph.c $(pkg-config --cflags --libs simgraph) -o build_graph && ./build_graph
 */
#include <simgraph/program.h>

#include <stdio.h>

enum { POINTS = 64, STEPS = 200 };

typedef struct line {
    sg_graph *graph;
    sg_value x, y, loss;  /* what is fed, and what is made small */
    sg_value weight[2];   /* slope and height */
    sg_value gradient[2]; /* of the loss with respect to them */
} line;

/* loss = mean((slope * x + height - y)^2) and its gradients. Building is sticky: one check at the end. */
static sg_status build(line *l, sg_error *error) {
    sg_graph_options options = {.size = sizeof options, .float_type = SG_F32, .batch = POINTS};
    sg_status status = sg_graph_create(&l->graph, &options, error);
    if (status != SG_OK) return status;
    sg_graph *g = l->graph;
    sg_shape points = SG_SHAPE(POINTS), one = SG_SHAPE(1);
    l->x = sg_graph_add(g, "input", "x", NULL, 0, (sg_arg[]){sg_arg_shape("shape", &points), {0}});
    l->y = sg_graph_add(g, "input", "y", NULL, 0, (sg_arg[]){sg_arg_shape("shape", &points), {0}});
    l->weight[0] = sg_graph_add(g, "weight", "slope", NULL, 0, (sg_arg[]){sg_arg_shape("shape", &one), {0}});
    l->weight[1] = sg_graph_add(g, "weight", "height", NULL, 0, (sg_arg[]){sg_arg_shape("shape", &one), {0}});
    sg_value fit = sg_emit(g, "add", SG_IN(sg_emit(g, "mul", SG_IN(l->weight[0], l->x)), l->weight[1]));
    l->loss = sg_emit(g, "mean", SG_IN(sg_emit(g, "square", SG_IN(sg_emit(g, "sub", SG_IN(fit, l->y))))));
    return sg_graph_differentiate(g, l->loss, SG_NO_VALUE, 2, l->weight, l->gradient, error);
}

/* Points on y = 2 x - 1. */
static void feed(sg_program *program, const line *l) {
    sg_tensor x = sg_program_feed(program, l->x), y = sg_program_feed(program, l->y);
    for (int i = 0; i < POINTS; i++) {
        double at = 2.0 * i / (POINTS - 1) - 1;
        sg_tensor_set(&x, i, at);
        sg_tensor_set(&y, i, 2 * at - 1);
    }
}

static sg_status fit(const line *l, sg_program *program, sg_store *store, sg_error *error) {
    const char *const names[] = {"slope", "height"};
    sg_draw draw = {.batch = POINTS};
    feed(program, l);
    for (int step = 0; step < STEPS; step++) {
        sg_status status = sg_program_run(program, SG_PHASE_GRADIENT, &draw, error);
        if (status != SG_OK) return status;
        for (int k = 0; k < 2; k++) { /* one step down the slope */
            sg_tensor *weight = sg_store_find(store, names[k]);
            sg_tensor gradient = sg_program_fetch(program, l->gradient[k]);
            sg_tensor_set(weight, 0, sg_tensor_get(weight, 0) - 0.1 * sg_tensor_get(&gradient, 0));
        }
    }
    sg_tensor loss = sg_program_fetch(program, l->loss);
    printf("slope %.3f, height %.3f, loss %.3f\n", sg_tensor_get(sg_store_find(store, "slope"), 0),
           sg_tensor_get(sg_store_find(store, "height"), 0), sg_tensor_get(&loss, 0));
    return SG_OK;
}

int main(void) {
    line l = {0};
    sg_error error;
    sg_context *context = NULL;
    sg_store *store = NULL;
    sg_arena *arena = NULL;
    sg_program *program = NULL;
    sg_status status = build(&l, &error);
    if (status == SG_OK) status = sg_context_create(&context, NULL, &error);
    if (status == SG_OK) status = sg_store_create(&store, &error);
    if (status == SG_OK) status = sg_arena_create(&arena, &error);
    if (status == SG_OK) status = sg_store_initialise(store, context, l.graph, 0, &error);
    /* A program is a plan of the graph; what is fetched stays readable after a run. */
    const sg_value fetch[] = {l.loss, l.gradient[0], l.gradient[1]};
    sg_program_options options = {.size = sizeof options, .fetch = fetch, .fetch_count = 3};
    if (status == SG_OK)
        status = sg_program_create(&program, context, l.graph, store, arena, &options, &error);
    if (status == SG_OK) status = fit(&l, program, store, &error);
    if (status != SG_OK) fprintf(stderr, "build_graph: %s\n", error.message);
    sg_program_destroy(program);
    sg_arena_destroy(arena);
    sg_store_destroy(store);
    sg_graph_destroy(l.graph);
    sg_context_destroy(context);
    return (int)status;
}
