/* neg: -x. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_NEG);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "neg", SG_IN(b->dy[0]));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-2, 2, false), {.name = NULL}};

const sg_op sg_op_neg = {
    SG_UNARY_OP("neg", "-x", sg_unary_infer, run),
    .gradient = gradient,
    .samples = samples,
};
