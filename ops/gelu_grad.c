/* gelu_grad: the gradient of gelu, in one pass over x and dy. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_grad_run(task, SG_GRADIENT_GELU);
}

static const sg_sample samples[] = {SG_UNARY_GRAD_SAMPLES("gelu"), {.name = NULL}};

const sg_op sg_op_gelu_grad = {
    SG_UNARY_GRAD_OP("gelu", "input", run),
    .expand = sg_unary_grad_expand,
    .samples = samples,
};
