/* exp: e to the power of x. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_EXP);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "mul", SG_IN(b->dy[0], b->out[0]));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-2, 2, false), {.name = NULL}};

const sg_op sg_op_exp = {
    SG_UNARY_OP("exp", "e to the power of x", sg_unary_infer_float, run),
    .gradient = gradient,
    .samples = samples,
};
