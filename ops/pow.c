/* pow: a to the power of b; a must be positive for the gradient of b. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_POW);
}

static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    if (b->needed[0]) {
        sg_value one = sg_scalar_like(g, 1, b->in[0]);
        sg_value lower = sg_emit(g, "pow", SG_IN(b->in[0], sg_emit(g, "sub", SG_IN(b->in[1], one))));
        sg_value slope = sg_emit(g, "mul", SG_IN(b->in[1], lower));
        b->dx[0] = sg_reduce_like(g, sg_emit(g, "mul", SG_IN(b->dy[0], slope)), b->in[0]);
    }
    if (b->needed[1]) {
        sg_value slope = sg_emit(g, "mul", SG_IN(b->out[0], sg_emit(g, "log", SG_IN(b->in[0]))));
        b->dx[1] = sg_reduce_like(g, sg_emit(g, "mul", SG_IN(b->dy[0], slope)), b->in[1]);
    }
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_BINARY_SAMPLES(0.3, 2, 0.3, 2), {.name = NULL}};

const sg_op sg_op_pow = {
    SG_BINARY_OP("pow", "a to the power of b; a must be positive for the gradient of b", sg_binary_infer,
                 run),
    .gradient = gradient,
    .samples = samples,
};
