/* bce_grad: the gradient of bce. */
#include "ops/elementwise.h"
#include "ops/loss.h"

static void run(const sg_task *task) {
    sg_loss_grad_run(task, SG_LOSS_BCE, 0);
}

/* As PyTorch: logarithms are cut off at -100, the divisor is kept from 0. */
static const double LEAST = -100, SMALLEST = 1e-12;

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value o = e->in[SG_LOSS_OUTPUT], t = e->in[SG_LOSS_TARGET];
    sg_value one = sg_scalar_like(g, 1, o), least = sg_scalar_like(g, LEAST, o);
    sg_value rest = sg_emit(g, "sub", SG_IN(one, o));
    sg_value spread =
        sg_emit(g, "maximum", SG_IN(sg_emit(g, "mul", SG_IN(o, rest)), sg_scalar_like(g, SMALLEST, o)));
    sg_value hit = sg_emit(g, "maximum", SG_IN(sg_emit(g, "log", SG_IN(o)), least));
    sg_value miss = sg_emit(g, "maximum", SG_IN(sg_emit(g, "log", SG_IN(rest)), least));
    sg_loss_grad_expand(e, sg_emit(g, "div", SG_IN(sg_emit(g, "sub", SG_IN(o, t)), spread)),
                        sg_emit(g, "sub", SG_IN(miss, hit)));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 60.0 * (double)sg_shape_elements(&s->in[0].shape);
}

#define OUTPUT(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.05, .high = 0.95 }
#define TARGET(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 1 }
#define WEIGHT(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 1 }
#define SCALAR \
    { .type = SG_F32, .shape = SG_SCALAR, .low = 0.5, .high = 1 }
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
    {.name = "dy",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5), SCALAR, OUTPUT(2)),
     .message = "norm and dy must be scalars of the type of output"},
    {.name = "shapes",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3), SCALAR, SCALAR),
     .message = "output is f32 [3, 5], but target is f32 [3]"},
    {.name = NULL},
};

const sg_op sg_op_bce_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "bce_grad",
               .doc = "gradient of bce",
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
