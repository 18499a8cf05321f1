/* square: x * x. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_SQUARE);
}

static sg_status gradient(sg_backward *b) {
    sg_value two = sg_scalar_like(b->graph, 2, b->in[0]);
    sg_value slope = sg_emit(b->graph, "mul", SG_IN(b->in[0], two));
    b->dx[0] = sg_emit(b->graph, "mul", SG_IN(b->dy[0], slope));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-2, 2, false), {.name = NULL}};

const sg_op sg_op_square = {
    SG_UNARY_OP("square", "x * x", sg_unary_infer, run),
    .gradient = gradient,
    .samples = samples,
};
