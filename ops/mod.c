/* mod: a - b * floor(a / b), with the sign of b. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_MOD);
}

static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    if (b->needed[0]) b->dx[0] = sg_reduce_like(g, b->dy[0], b->in[0]);
    if (b->needed[1]) {
        sg_value whole = sg_emit(g, "floor_div", SG_IN(b->in[0], b->in[1]));
        sg_value slope = sg_emit(g, "neg", SG_IN(sg_emit(g, "mul", SG_IN(b->dy[0], whole))));
        b->dx[1] = sg_reduce_like(g, slope, b->in[1]);
    }
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {
    SG_BINARY_SAMPLES(0.1, 0.25, 0.3, 0.6), SG_INTEGER_SAMPLE, {.name = NULL}};

const sg_op sg_op_mod = {
    SG_BINARY_OP("mod", "a - b * floor(a / b), with the sign of b", sg_binary_infer, run),
    .gradient = gradient,
    .samples = samples,
};
