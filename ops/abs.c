/* abs: |x|; the gradient at 0 is 0. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_ABS);
}

static sg_status gradient(sg_backward *b) {
    sg_value sign = sg_emit(b->graph, "sign", SG_IN(b->in[0]));
    b->dx[0] = sg_emit(b->graph, "mul", SG_IN(b->dy[0], sign));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-2, 2, true), {.name = NULL}};

const sg_op sg_op_abs = {
    SG_UNARY_OP("abs", "|x|; the gradient at 0 is 0", sg_unary_infer, run),
    .gradient = gradient,
    .samples = samples,
};
