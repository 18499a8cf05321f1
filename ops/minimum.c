/* minimum: the smaller of a and b; NaN if either is. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_binary_run(task, SG_BINARY_MINIMUM);
}

static sg_status gradient(sg_backward *b) {
    /* Where a and b are equal each gets half, as in PyTorch. */
    sg_graph *g = b->graph;
    sg_value half = sg_scalar_like(g, 0.5, b->dy[0]);
    for (int k = 0; k < 2; k++) {
        if (!b->needed[k]) continue;
        sg_value wins = sg_emit(g, "less", SG_IN(b->in[k], b->in[1 - k]));
        sg_value ties = sg_emit(g, "equal", SG_IN(b->in[k], b->in[1 - k]));
        sg_value shared = sg_emit(
            g, "where",
            SG_IN(ties, half,
                  sg_emit(g, "cast", SG_IN(wins), sg_arg_dtype("type", sg_graph_value(g, b->dy[0])->type))));
        b->dx[k] = sg_reduce_like(g, sg_emit(g, "mul", SG_IN(b->dy[0], shared)), b->in[k]);
    }
    return sg_graph_status(b->graph, NULL);
}

static const sg_sample samples[] = {
    {.name = "same",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -2, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -2, .high = 2}},
     .in_count = 2},
    {.name = "row",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -2, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(5), .low = -2, .high = 2}},
     .in_count = 2},
    {.name = "column",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 1), .low = -2, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -2, .high = 2}},
     .in_count = 2},
    {.name = "scalar",
     .in = {{.type = SG_F32, .shape = SG_SCALAR, .low = -2, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(2, 3, 4), .low = -2, .high = 2}},
     .in_count = 2},
    {.name = "outer",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 1, 4), .low = -2, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(1, 3, 1), .low = -2, .high = 2}},
     .in_count = 2},
    {.name = "empty",
     .in = {{.type = SG_F32, .shape = SG_DIMS(0, 3), .low = -2, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(3), .low = -2, .high = 2}},
     .in_count = 2},
    {.name = "long",
     .in = {{.type = SG_F32, .shape = SG_DIMS(2, 70, 9), .low = -2, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(70, 9), .low = -2, .high = 2}},
     .in_count = 2},
    {.name = "shapes",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -2, .high = 2},
            {.type = SG_F32, .shape = SG_DIMS(4), .low = -2, .high = 2}},
     .in_count = 2,
     .message = "shapes [3, 5] and [4] do not broadcast together"},
    {.name = "integers",
     .in = {{.type = SG_I32, .shape = SG_DIMS(7), .low = -9, .high = 9},
            {.type = SG_I32, .shape = SG_DIMS(7), .low = 1, .high = 5}},
     .in_count = 2},
    {.name = NULL},
};

const sg_op sg_op_minimum = {
    .schema = {.kind = SG_KIND_OP, .name = "minimum", .doc = "the smaller of a and b; NaN if either is"},
    .family = "elementwise",
    .in = {{"a", "numbers", 0}, {"b", "numbers, broadcast with a", 0}},
    .out = {{"y", "the broadcast shape, the promoted type", 0}},
    .infer = sg_binary_infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .inplace = {{0, 0}, {1, 0}},
    .inplace_count = 2,
    .gradient = gradient,
    .samples = samples,
};
