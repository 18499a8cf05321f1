/* silu_grad: the gradient of silu, in one pass over x and dy. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_grad_run(task, SG_GRADIENT_SILU);
}

static const sg_sample samples[] = {SG_UNARY_GRAD_SAMPLES("silu"), {.name = NULL}};

const sg_op sg_op_silu_grad = {
    SG_UNARY_GRAD_OP("silu", "input", run),
    .expand = sg_unary_grad_expand,
    .samples = samples,
};
