/* erf: error function. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_ERF);
}

static sg_status gradient(sg_backward *b) {
    sg_value square = sg_emit(b->graph, "square", SG_IN(b->in[0]));
    sg_value bell = sg_emit(b->graph, "exp", SG_IN(sg_emit(b->graph, "neg", SG_IN(square))));
    sg_value factor = sg_scalar_like(b->graph, 1.1283791670955126, b->in[0]); /* 2 / sqrt(pi) */
    sg_value slope = sg_emit(b->graph, "mul", SG_IN(bell, factor));
    b->dx[0] = sg_emit(b->graph, "mul", SG_IN(b->dy[0], slope));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-3, 3, false), {.name = NULL}};

const sg_op sg_op_erf = {
    SG_UNARY_OP("erf", "error function", sg_unary_infer_float, run),
    .gradient = gradient,
    .samples = samples,
};
