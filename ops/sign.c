/* sign: -1, 0 or 1; its gradient is zero. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_SIGN);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-2, 2, true), {.name = NULL}};

const sg_op sg_op_sign = {
    SG_UNARY_OP("sign", "-1, 0 or 1; its gradient is zero", sg_unary_infer, run),
    .flags = SG_OP_NONDIFF,
    .samples = samples,
};
