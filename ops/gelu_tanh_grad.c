/* gelu_tanh_grad: the gradient of gelu_tanh, in one pass over x and dy. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_grad_run(task, SG_GRADIENT_GELU_TANH);
}

static const sg_sample samples[] = {SG_UNARY_GRAD_SAMPLES("gelu_tanh"), {.name = NULL}};

const sg_op sg_op_gelu_tanh_grad = {
    SG_UNARY_GRAD_OP("gelu_tanh", "input", run),
    .expand = sg_unary_grad_expand,
    .samples = samples,
};
