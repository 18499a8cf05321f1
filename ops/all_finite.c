/* all_finite: is there neither NaN nor infinity in any input? */
#include <math.h>

#include "kernel/loops.h"
#include "simgraph/op.h"

static sg_status infer(sg_infer *c) {
    c->out[0] = (sg_typed){SG_I32, {0}};
    return SG_OK;
}

static bool is_finite(const sg_loops *loops, const sg_tensor *x) {
    int64_t n = sg_tensor_elements(x);
    if (x->type == SG_F32) return loops->all_finite_f32(n, x->data);
    if (x->type == SG_F64) return loops->all_finite_f64(n, x->data);
    for (int64_t i = 0; x->type == SG_BF16 && i < n; i++)
        if (!isfinite(sg_tensor_get(x, i))) return false;
    return true; /* integers are */
}

static void run(const sg_task *task) {
    int32_t all = 1;
    for (int k = 0; k < task->node->in_count; k++) all = all && is_finite(task->loops, &task->in[k]);
    *(int32_t *)task->out[0].data = all;
}

static double flops(const sg_signature *s) {
    double elements = 0;
    for (int k = 0; k < s->in_count; k++) elements += (double)sg_shape_elements(&s->in[k].shape);
    return elements;
}

static const sg_sample samples[] = {
    {.name = "matrix", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 5)})},
    {.name = "several",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 5)}, {.type = SG_I32, .shape = SG_DIMS(2)})},
    {.name = "empty", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(0)})},
    {.name = NULL},
};

const sg_op sg_op_all_finite = {
    .schema = {.kind = SG_KIND_OP,
               .name = "all_finite",
               .doc = "1 where no input holds NaN or infinity, else 0 (i32)"},
    .family = "reduction",
    .in = {{"x", "any values", SG_PORT_VARIADIC}},
    .out = {{"y", "a scalar, 1 or 0", 0}},
    .flags = SG_OP_NONDIFF | SG_OP_STORAGE,
    .infer = infer,
    .kernels = {{SG_ANY_TYPE, run}},
    .flops = flops,
    .samples = samples,
};
