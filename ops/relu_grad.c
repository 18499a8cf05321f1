/* relu_grad: the gradient of relu, by its output, so that its input need not be kept. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_grad_run(task, SG_GRADIENT_RELU);
}

static sg_status expand(sg_expansion *e) {
    sg_value zero = sg_scalar_like(e->graph, 0, e->in[0]);
    sg_value positive = sg_emit(e->graph, "greater", SG_IN(e->in[0], zero));
    e->out[0] = sg_emit(e->graph, "where", SG_IN(positive, e->in[1], zero));
    return sg_graph_status(e->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_GRAD_SAMPLES("relu"), {.name = NULL}};

const sg_op sg_op_relu_grad = {
    SG_UNARY_GRAD_OP("relu", "input or output", run),
    .expand = expand,
    .samples = samples,
};
