/* silu: x * sigmoid(x). */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_SILU);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "silu_grad", SG_IN(b->in[0], b->dy[0]));
    return sg_graph_status(b->graph, NULL);
}

static sg_status expand(sg_expansion *e) {
    e->out[0] = sg_emit(e->graph, "mul", SG_IN(e->in[0], sg_emit(e->graph, "sigmoid", SG_IN(e->in[0]))));
    return sg_graph_status(e->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-4, 4, false), {.name = NULL}};

const sg_op sg_op_silu = {
    SG_UNARY_OP("silu", "x * sigmoid(x)", sg_unary_infer_float, run),
    .gradient = gradient,
    .expand = expand,
    .samples = samples,
};
