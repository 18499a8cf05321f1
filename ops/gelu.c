/* gelu: x * (1 + erf(x / sqrt 2)) / 2 (Hendrycks and Gimpel, exact form). */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_GELU);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "gelu_grad", SG_IN(b->in[0], b->dy[0]));
    return sg_graph_status(b->graph, NULL);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[0];
    sg_value scaled = sg_emit(g, "mul", SG_IN(x, sg_scalar_like(g, 0.7071067811865476, x))); /* 1 / sqrt 2 */
    sg_value shifted = sg_emit(g, "add", SG_IN(sg_emit(g, "erf", SG_IN(scaled)), sg_scalar_like(g, 1, x)));
    sg_value half = sg_emit(g, "mul", SG_IN(x, sg_scalar_like(g, 0.5, x)));
    e->out[0] = sg_emit(g, "mul", SG_IN(half, shifted));
    return sg_graph_status(g, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-4, 4, false), {.name = NULL}};

const sg_op sg_op_gelu = {
    SG_UNARY_OP("gelu", "x * (1 + erf(x / sqrt 2)) / 2 (Hendrycks and Gimpel, exact form)",
                sg_unary_infer_float, run),
    .gradient = gradient,
    .expand = expand,
    .samples = samples,
};
