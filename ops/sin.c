/* sin: sine of an angle in radians. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_SIN);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "mul", SG_IN(b->dy[0], sg_emit(b->graph, "cos", SG_IN(b->in[0]))));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-4, 4, false), {.name = NULL}};

const sg_op sg_op_sin = {
    SG_UNARY_OP("sin", "sine of an angle in radians", sg_unary_infer_float, run),
    .gradient = gradient,
    .samples = samples,
};
