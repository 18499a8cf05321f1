/* l1_grad: the gradient of l1, with sign(0) = 0. */
#include "ops/elementwise.h"
#include "ops/loss.h"

static void run(const sg_task *task) {
    sg_loss_grad_run(task, SG_LOSS_L1, 0);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value o = e->in[SG_LOSS_OUTPUT], t = e->in[SG_LOSS_TARGET];
    sg_value sign = sg_emit(g, "sign", SG_IN(sg_emit(g, "sub", SG_IN(o, t))));
    sg_loss_grad_expand(e, sign, sg_emit(g, "neg", SG_IN(sign)));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 4.0 * (double)sg_shape_elements(&s->in[0].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define SCALAR \
    { .type = SG_F32, .shape = SG_SCALAR, .low = 0.5, .high = 1 }
static const sg_sample samples[] = {
    {.name = "masked",
     SG_INPUTS(REAL(2, 3, 4, 4), REAL(2, 3, 4, 4), SCALAR, SCALAR, REAL(2, 1, 4, 4)),
     .no_gradient = "the second derivative is zero"},
    {.name = "plain",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), SCALAR, SCALAR),
     .no_gradient = "the second derivative is zero"},
    {.name = "dy",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), SCALAR, REAL(2)),
     .message = "norm and dy must be scalars of the type of output"},
    {.name = NULL},
};

const sg_op sg_op_l1_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "l1_grad",
               .doc = "gradient of l1; sign(0) is 0",
               .attrs = SG_ATTRS(SG_LOSS_ATTR_EPS)},
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
