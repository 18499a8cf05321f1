/* gelu_tanh: GELU by its tanh approximation: x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_GELU_TANH);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "gelu_tanh_grad", SG_IN(b->in[0], b->dy[0]));
    return sg_graph_status(b->graph, NULL);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[0], one = sg_scalar_like(g, 1, x);
    sg_value square =
        sg_emit(g, "mul", SG_IN(sg_emit(g, "square", SG_IN(x)), sg_scalar_like(g, 0.044715, x)));
    sg_value bent = sg_emit(g, "mul", SG_IN(x, sg_emit(g, "add", SG_IN(square, one))));
    sg_value scaled =
        sg_emit(g, "mul", SG_IN(bent, sg_scalar_like(g, 0.7978845608028654, x))); /* sqrt(2 / pi) */
    sg_value shifted = sg_emit(g, "add", SG_IN(sg_emit(g, "tanh", SG_IN(scaled)), one));
    sg_value half = sg_emit(g, "mul", SG_IN(x, sg_scalar_like(g, 0.5, x)));
    e->out[0] = sg_emit(g, "mul", SG_IN(half, shifted));
    return sg_graph_status(g, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-4, 4, false), {.name = NULL}};

const sg_op sg_op_gelu_tanh = {
    SG_UNARY_OP("gelu_tanh",
                "GELU by its tanh approximation: x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2",
                sg_unary_infer_float, run),
    .gradient = gradient,
    .expand = expand,
    .samples = samples,
};
