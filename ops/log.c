/* log: natural logarithm. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_LOG);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "div", SG_IN(b->dy[0], b->in[0]));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(0.1, 3, false), {.name = NULL}};

const sg_op sg_op_log = {
    SG_UNARY_OP("log", "natural logarithm", sg_unary_infer_float, run),
    .gradient = gradient,
    .samples = samples,
};
