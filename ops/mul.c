/* mul: a * b. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_MUL);
}

static sg_status gradient(sg_backward *b) {
    for (int k = 0; k < 2; k++)
        if (b->needed[k])
            b->dx[k] =
                sg_reduce_like(b->graph, sg_emit(b->graph, "mul", SG_IN(b->dy[0], b->in[1 - k])), b->in[k]);
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_BINARY_SAMPLES(-2, 2, -2, 2), SG_INTEGER_SAMPLE, {.name = NULL}};

const sg_op sg_op_mul = {
    SG_BINARY_OP("mul", "a * b", sg_binary_infer, run),
    .gradient = gradient,
    .samples = samples,
};
