/* sqrt: square root. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_SQRT);
}

static sg_status gradient(sg_backward *b) {
    sg_value half = sg_scalar_like(b->graph, 0.5, b->in[0]);
    sg_value scaled = sg_emit(b->graph, "mul", SG_IN(b->dy[0], half));
    b->dx[0] = sg_emit(b->graph, "div", SG_IN(scaled, b->out[0]));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(0.1, 3, false), {.name = NULL}};

const sg_op sg_op_sqrt = {
    SG_UNARY_OP("sqrt", "square root", sg_unary_infer_float, run),
    .gradient = gradient,
    .samples = samples,
};
