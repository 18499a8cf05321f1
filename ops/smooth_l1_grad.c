/* smooth_l1_grad: the gradient of smooth_l1. */
#include "ops/elementwise.h"
#include "ops/loss.h"

static void run(const sg_task *task) {
    sg_loss_grad_run(task, SG_LOSS_SMOOTH_L1, task->attr[SG_LOSS_PARAMETER].f);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value o = e->in[SG_LOSS_OUTPUT], t = e->in[SG_LOSS_TARGET];
    double beta = e->node->attr[SG_LOSS_PARAMETER].f;
    sg_value slope = sg_emit(g, "sub", SG_IN(o, t));
    if (beta > 0)
        slope = sg_emit(g, "clamp", SG_IN(sg_emit(g, "div", SG_IN(slope, sg_scalar_like(g, beta, o)))),
                        sg_arg_float("low", -1), sg_arg_float("high", 1));
    else
        slope = sg_emit(g, "sign", SG_IN(slope));
    sg_loss_grad_expand(e, slope, sg_emit(g, "neg", SG_IN(slope)));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 6.0 * (double)sg_shape_elements(&s->in[0].shape);
}

#define OUTPUT(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.2, .high = 4 }
#define TARGET(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = -1, .high = 0.1 }
#define WEIGHT(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 1 }
#define SCALAR \
    { .type = SG_F32, .shape = SG_SCALAR, .low = 0.5, .high = 1 }
static const sg_arg none[] = {SG_ARG_FLOAT("beta", 0), {0}};
static const sg_sample samples[] = {
    {
        .name = "masked",
        SG_INPUTS(OUTPUT(2, 3, 4, 4), TARGET(2, 3, 4, 4), SCALAR, SCALAR, WEIGHT(2, 1, 4, 4)),
    },
    {
        .name = "plain",
        SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5), SCALAR, SCALAR),
    },
    {
        .name = "empty",
        SG_INPUTS(OUTPUT(0, 5), TARGET(0, 5), SCALAR, SCALAR),
    },
    {
        .name = "linear",
        SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5), SCALAR, SCALAR),
        .args = none,
    },
    {.name = "dy",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5), SCALAR, OUTPUT(2)),
     .message = "norm and dy must be scalars of the type of output"},
    {.name = "shapes",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3), SCALAR, SCALAR),
     .message = "output is f32 [3, 5], but target is f32 [3]"},
    {.name = NULL},
};

const sg_op sg_op_smooth_l1_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "smooth_l1_grad",
               .doc = "gradient of smooth_l1",
               .attrs = SG_ATTRS(SG_LOSS_ATTR_EPS, SG_LOSS_ATTR_BETA)},
    .family = "loss",
    .in = {SG_LOSS_GRAD_INPUTS},
    .out = {SG_LOSS_GRAD_OUTPUTS},
    .infer = sg_loss_grad_infer,
    .domain = sg_loss_grad_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .in_layout = {SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED},
    .out_layout = {SG_STRIDED, SG_STRIDED},
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
