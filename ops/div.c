/* div: a / b, a float. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_DIV);
}

static sg_status gradient(sg_backward *b) {
    sg_value over_b = sg_emit(b->graph, "div", SG_IN(b->dy[0], b->in[1]));
    if (b->needed[0]) b->dx[0] = sg_reduce_like(b->graph, over_b, b->in[0]);
    if (b->needed[1]) {
        sg_value slope = sg_emit(b->graph, "neg", SG_IN(sg_emit(b->graph, "mul", SG_IN(over_b, b->out[0]))));
        b->dx[1] = sg_reduce_like(b->graph, slope, b->in[1]);
    }
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_BINARY_SAMPLES(0.3, 2, 0.3, 2), {.name = NULL}};

const sg_op sg_op_div = {
    SG_BINARY_OP("div", "a / b, a float", sg_binary_infer_float, run),
    .gradient = gradient,
    .samples = samples,
};
