/* relu: max(x, 0); the gradient at 0 is 0. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_RELU);
}

static sg_status gradient(sg_backward *b) {
    sg_value zero = sg_scalar_like(b->graph, 0, b->in[0]);
    sg_value positive = sg_emit(b->graph, "greater", SG_IN(b->in[0], zero));
    b->dx[0] = sg_emit(b->graph, "where", SG_IN(positive, b->dy[0], zero));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {
    {.name = "matrix",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -2, .high = 2, .has_kink = true, .kink = 0.0}},
     .in_count = 1},
    {.name = "scalar",
     .in = {{.type = SG_F32, .shape = SG_SCALAR, .low = -2, .high = 2, .has_kink = true, .kink = 0.0}},
     .in_count = 1},
    {.name = "empty",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 0, 3), .low = -2, .high = 2, .has_kink = true, .kink = 0.0}},
     .in_count = 1},
    {.name = "long",
     .in =
         {{.type = SG_F32, .shape = SG_DIMS(2, 3, 131), .low = -2, .high = 2, .has_kink = true, .kink = 0.0}},
     .in_count = 1},
    {.name = NULL},
};

const sg_op sg_op_relu = {
    .schema = {.kind = SG_KIND_OP, .name = "relu", .doc = "max(x, 0); the gradient at 0 is 0"},
    .family = "elementwise",
    .in = {{"x", "numbers", 0}},
    .out = {{"y", "the function of each element", 0}},
    .infer = sg_unary_infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .inplace = {{0, 0}},
    .inplace_count = 1,
    .gradient = gradient,
    .samples = samples,
};
