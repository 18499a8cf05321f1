/* sub: a - b. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_SUB);
}

static sg_status gradient(sg_backward *b) {
    if (b->needed[0]) b->dx[0] = sg_reduce_like(b->graph, b->dy[0], b->in[0]);
    if (b->needed[1])
        b->dx[1] = sg_reduce_like(b->graph, sg_emit(b->graph, "neg", SG_IN(b->dy[0])), b->in[1]);
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_BINARY_SAMPLES(-2, 2, -2, 2), SG_INTEGER_SAMPLE, {.name = NULL}};

const sg_op sg_op_sub = {
    SG_BINARY_OP("sub", "a - b", sg_binary_infer, run),
    .gradient = gradient,
    .samples = samples,
};
