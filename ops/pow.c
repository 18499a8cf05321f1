/* pow: a to the power of b; a must not be negative for the gradient of b. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_POW);
}

/* As PyTorch: the slope by a is 0 where b is 0, the slope by b is 0 where a is 0 and b is not negative; the
 * products would be 0 * infinity there. */
static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    sg_value x = b->in[0], y = b->in[1], zero = sg_scalar_like(g, 0, y);
    sg_value base = sg_emit(g, "equal", SG_IN(x, sg_scalar_like(g, 0, x)));
    /* What is not finite is kept out of the way, not hidden behind: then its own gradients do no harm. */
    if (b->needed[0]) {
        sg_value exponent = sg_emit(g, "sub", SG_IN(y, sg_scalar_like(g, 1, y)));
        sg_value flat = sg_emit(g, "logical_and", SG_IN(base, sg_emit(g, "equal", SG_IN(y, zero))));
        sg_value lower = sg_emit(g, "pow", SG_IN(x, sg_emit(g, "where", SG_IN(flat, zero, exponent))));
        sg_value slope = sg_emit(g, "mul", SG_IN(y, lower));
        b->dx[0] = sg_reduce_like(g, sg_emit(g, "mul", SG_IN(b->dy[0], slope)), x);
    }
    if (b->needed[1]) {
        sg_value exponent = sg_emit(g, "greater_equal", SG_IN(y, zero));
        sg_value flat = sg_emit(g, "logical_and", SG_IN(base, exponent));
        sg_value inside = sg_emit(g, "where", SG_IN(flat, sg_scalar_like(g, 1, x), x));
        sg_value slope = sg_emit(g, "mul", SG_IN(b->out[0], sg_emit(g, "log", SG_IN(inside))));
        b->dx[1] = sg_reduce_like(g, sg_emit(g, "mul", SG_IN(b->dy[0], slope)), y);
    }
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {
    SG_BINARY_SAMPLES(0.3, 2, 0.3, 2),
    /* 0 in f32 */
    {.name = "zero_base",
     SG_INPUTS(SG_SAMPLE_INPUT(1e-50, 1e-50, SG_DIMS(9)),
               {.type = SG_I32, .shape = SG_DIMS(9), .low = 0, .high = 3})},
    {.name = "whole_base",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(9), .low = 0, .high = 3},
               SG_SAMPLE_INPUT(0.5, 2, SG_DIMS(9)))},
    {.name = NULL},
};

const sg_op sg_op_pow = {
    SG_BINARY_OP("pow", "a to the power of b; a must not be negative for the gradient of b", sg_binary_infer,
                 run),
    .gradient = gradient,
    .samples = samples,
};
