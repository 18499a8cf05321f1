/* exp: e to the power of x. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_unary_run(task, SG_UNARY_EXP);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "mul", SG_IN(b->dy[0], b->out[0]));
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {
    {.name = "matrix", .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -2, .high = 2}}, .in_count = 1},
    {.name = "scalar", .in = {{.type = SG_F32, .shape = SG_SCALAR, .low = -2, .high = 2}}, .in_count = 1},
    {.name = "empty",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 0, 3), .low = -2, .high = 2}},
     .in_count = 1},
    {.name = "long",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 3, 131), .low = -2, .high = 2}},
     .in_count = 1},
    {.name = NULL},
};

const sg_op sg_op_exp = {
    .schema = {.kind = SG_KIND_OP, .name = "exp", .doc = "e to the power of x"},
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
