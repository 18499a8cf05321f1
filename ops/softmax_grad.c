/* softmax_grad: the gradient of softmax. */
#include "kernel/loops.h"
#include "ops/lines.h"

static void rows_of(const sg_loops *loops, sg_type type, int64_t rows, int64_t n, void *const *operand) {
    if (type == SG_F32)
        loops->softmax_gradient_f32(rows, n, operand[0], operand[1], operand[2]);
    else
        loops->softmax_gradient_f64(rows, n, operand[0], operand[1], operand[2]);
}

static void run(const sg_task *task) {
    sg_lines_run(task, rows_of);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value y = e->in[0], dy = e->in[1];
    sg_value sum = sg_emit(g, "sum", SG_IN(sg_emit(g, "mul", SG_IN(y, dy))),
                           sg_arg_ints("axis", 1, &e->node->attr[0].i), sg_arg_bool("keep", true));
    e->out[0] = sg_emit(g, "mul", SG_IN(y, sg_emit(g, "sub", SG_IN(dy, sum))));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 4.0 * (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg middle[] = {SG_ARG_INT("axis", 1), {0}};
static const sg_arg far[] = {SG_ARG_INT("axis", -3), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {
        .name = "rows",
        SG_INPUTS(REAL(3, 7), REAL(3, 7)),
    },
    {
        .name = "middle",
        SG_INPUTS(REAL(2, 5, 18), REAL(2, 5, 18)),
        .args = middle,
    },
    {
        .name = "no_rows",
        SG_INPUTS(REAL(0, 4), REAL(0, 4)),
    },
    {.name = "shapes",
     SG_INPUTS(REAL(4, 3), REAL(4, 2)),
     .message = "the inputs f32 [4, 3] and f32 [4, 2] must agree"},
    {.name = "far",
     SG_INPUTS(REAL(4, 3), REAL(4, 3)),
     .args = far,
     .message = "axis -3 is out of range for rank 2"},
    {.name = NULL},
};

const sg_op sg_op_softmax_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "softmax_grad",
               .doc = "gradient of softmax: y * (dy - sum(y * dy))",
               .attrs = SG_ATTRS(SG_LINES_ATTR_AXIS)},
    .family = "normalisation",
    .in = {{"y", "of softmax", 0}, {"dy", "its gradient", 0}},
    .out = {{"dx", "gradient of x", 0}},
    .infer = sg_lines_infer,
    .domain = sg_lines_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .inplace = {{1, 0}, {0, 0}},
    .inplace_count = 2,
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
