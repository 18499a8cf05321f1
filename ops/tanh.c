/* tanh: hyperbolic tangent. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_TANH);
}

static sg_status gradient(sg_backward *b) {
    sg_value one = sg_scalar_like(b->graph, 1, b->in[0]);
    sg_value square = sg_emit(b->graph, "square", SG_IN(b->out[0]));
    sg_value slope = sg_emit(b->graph, "sub", SG_IN(one, square));
    b->dx[0] = sg_emit(b->graph, "mul", SG_IN(b->dy[0], slope));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-3, 3, false), {.name = NULL}};

const sg_op sg_op_tanh = {
    SG_UNARY_OP("tanh", "hyperbolic tangent", sg_unary_infer_float, run),
    .gradient = gradient,
    .samples = samples,
};
