/* copy: the same numbers in other memory; the planner puts it where a kernel cannot read a layout. */
#include "ops/elementwise.h"
#include "ops/rows.h"

static void run(const sg_task *task) {
    sg_tensor_copy(&task->out[0], &task->in[0], NULL);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = b->dy[0];
    return SG_OK;
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_sample samples[] = {
    {.name = "matrix", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 5)})},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR})},
    {.name = "empty", SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(0, 2)})},
    {.name = NULL},
};

const sg_op sg_op_copy = {
    .schema = {.kind = SG_KIND_OP, .name = "copy", .doc = "the same numbers in other, contiguous memory"},
    .family = "layout",
    .in = {{"x", "any value", 0}},
    .out = {{"y", "the same", 0}},
    .flags = SG_OP_STORAGE,
    .infer = sg_unary_infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .gradient = gradient,
    .flops = flops,
    .rows = &sg_rows_each,
    .samples = samples,
};
