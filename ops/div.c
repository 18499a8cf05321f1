/* div: a / b, a float. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_DIV);
}

static sg_status gradient(sg_backward *b) {
    sg_value over_b = sg_emit(b->graph, "div", SG_IN(b->dy[0], b->in[1]));
    if (b->needed[0]) b->dx[0] = sg_reduce_like(b->graph, over_b, b->in[0]);
    if (b->needed[1]) {
        sg_value slope = sg_emit(b->graph, "neg", SG_IN(sg_emit(b->graph, "mul", SG_IN(over_b, b->out[0]))));
        b->dx[1] = sg_reduce_like(b->graph, slope, b->in[1]);
    }
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {
    {.name = "same",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = 0.3, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(3, 5), .low = 0.3, .high = 2}},
     .in_count = 2},
    {.name = "row",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = 0.3, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(5), .low = 0.3, .high = 2}},
     .in_count = 2},
    {.name = "column",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 1), .low = 0.3, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(3, 5), .low = 0.3, .high = 2}},
     .in_count = 2},
    {.name = "scalar",
     .in = {{.type = SG_F32, .shape = SG_SCALAR, .low = 0.3, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(2, 3, 4), .low = 0.3, .high = 2}},
     .in_count = 2},
    {.name = "outer",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 1, 4), .low = 0.3, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(1, 3, 1), .low = 0.3, .high = 2}},
     .in_count = 2},
    {.name = "empty",
     .in = {{.type = SG_F32, .shape = SG_DIMS(0, 3), .low = 0.3, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(3), .low = 0.3, .high = 2}},
     .in_count = 2},
    {.name = "long",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 70, 9), .low = 0.3, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(70, 9), .low = 0.3, .high = 2}},
     .in_count = 2},
    {.name = "shapes",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = 0.3, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(4), .low = 0.3, .high = 2}},
     .in_count = 2,
     .message = "shapes [3, 5] and [4] do not broadcast together"},
    {.name = NULL},
};

const sg_op sg_op_div = {
    .schema = {.kind = SG_KIND_OP, .name = "div", .doc = "a / b, a float"},
    .family = "elementwise",
    .in = {{"a", "numbers", 0}, {"b", "numbers, broadcast with a", 0}},
    .out = {{"y", "the broadcast shape, the promoted type", 0}},
    .infer = sg_binary_infer_float,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .inplace = {{0, 0}, {1, 0}},
    .inplace_count = 2,
    .gradient = gradient,
    .samples = samples,
};
