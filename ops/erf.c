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

static const sg_sample samples[] = {
    {.name = "matrix", .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -3, .high = 3}}, .in_count = 1},
    {.name = "scalar", .in = {{.type = SG_F32, .shape = SG_SCALAR, .low = -3, .high = 3}}, .in_count = 1},
    {.name = "empty",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 0, 3), .low = -3, .high = 3}},
     .in_count = 1},
    {.name = "long",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 3, 131), .low = -3, .high = 3}},
     .in_count = 1},
    {.name = NULL},
};

const sg_op sg_op_erf = {
    .schema = {.kind = SG_KIND_OP, .name = "erf", .doc = "error function"},
    .family = "elementwise",
    .in = {{"x", "numbers", 0}},
    .out = {{"y", "the function of each element", 0}},
    .infer = sg_unary_infer_float,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .inplace = {{0, 0}},
    .inplace_count = 1,
    .gradient = gradient,
    .samples = samples,
};
