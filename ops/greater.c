/* greater: a > b, 1 or 0. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_compare_run(task, SG_COMPARE_GT);
}

static const sg_sample samples[] = {SG_COMPARE_SAMPLES, {.name = NULL}};

const sg_op sg_op_greater = {
    SG_COMPARE_OP("greater", "a > b: 1 or 0 (i32)", run),
    .samples = samples,
};
