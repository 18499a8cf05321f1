/* minimum: the smaller of a and b; NaN if either is. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_MINIMUM);
}

static sg_status gradient(sg_backward *b) {
    /* Where a and b are equal each gets half, as in PyTorch. */
    sg_graph *g = b->graph;
    sg_value half = sg_scalar_like(g, 0.5, b->dy[0]);
    for (int k = 0; k < 2; k++) {
        if (!b->needed[k]) continue;
        sg_value wins = sg_emit(g, "less", SG_IN(b->in[k], b->in[1 - k]));
        sg_value ties = sg_emit(g, "equal", SG_IN(b->in[k], b->in[1 - k]));
        sg_value shared = sg_emit(
            g, "where",
            SG_IN(ties, half,
                  sg_emit(g, "cast", SG_IN(wins), sg_arg_dtype("type", sg_graph_value(g, b->dy[0])->type))));
        b->dx[k] = sg_reduce_like(g, sg_emit(g, "mul", SG_IN(b->dy[0], shared)), b->in[k]);
    }
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_BINARY_SAMPLES(-2, 2, -2, 2), SG_INTEGER_SAMPLE, {.name = NULL}};

const sg_op sg_op_minimum = {
    SG_BINARY_OP("minimum", "the smaller of a and b; NaN if either is", sg_binary_infer, run),
    .gradient = gradient,
    .samples = samples,
};
