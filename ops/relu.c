/* relu: max(x, 0); the gradient at 0 is 0. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_RELU);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "relu_grad", SG_IN(b->out[0], b->dy[0])); /* so that x need not be kept */
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-2, 2, true), {.name = NULL}};

const sg_op sg_op_relu = {
    SG_UNARY_OP("relu", "max(x, 0); the gradient at 0 is 0", sg_unary_infer, run),
    .gradient = gradient,
    .samples = samples,
};
