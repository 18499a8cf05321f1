/* gelu_tanh: GELU by its tanh approximation: x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_GELU_TANH);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "gelu_tanh_grad", SG_IN(b->in[0], b->dy[0]));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {SG_UNARY_SAMPLES(-4, 4, false), {.name = NULL}};

const sg_op sg_op_gelu_tanh = {
    SG_UNARY_OP("gelu_tanh",
                "GELU by its tanh approximation: x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2",
                sg_unary_infer_float, run),
    .gradient = gradient,
    .samples = samples,
};
