/* floor_div: a / b rounded down; its gradient is zero. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_FLOOR_DIV);
}

static const sg_sample samples[] = {SG_BINARY_SAMPLES(0.3, 2, 0.3, 2), SG_INTEGER_SAMPLE, {.name = NULL}};

const sg_op sg_op_floor_div = {
    SG_BINARY_OP("floor_div", "a / b rounded down; its gradient is zero", sg_binary_infer, run),
    .flags = SG_OP_NONDIFF,
    .samples = samples,
};
