/* smooth_l1: a square near zero, linear beyond beta (Girshick 2015). */
#include "ops/elementwise.h"
#include "ops/loss.h"
#include "ops/rows.h"

static void run(const sg_task *task) {
    sg_loss_run(task, SG_LOSS_SMOOTH_L1, task->attr[SG_LOSS_PARAMETER].f);
}

static sg_status gradient(sg_backward *b) {
    return sg_loss_gradient(b, "smooth_l1_grad");
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    double beta = e->node->attr[SG_LOSS_PARAMETER].f;
    sg_value distance = sg_emit(g, "abs", SG_IN(sg_emit(g, "sub", SG_IN(e->in[0], e->in[1]))));
    if (beta == 0) return sg_loss_expand(e, distance);
    sg_value near = sg_emit(g, "less", SG_IN(distance, sg_scalar_like(g, beta, distance)));
    sg_value square = sg_emit(
        g, "mul", SG_IN(sg_emit(g, "square", SG_IN(distance)), sg_scalar_like(g, 0.5 / beta, distance)));
    sg_value linear = sg_emit(g, "sub", SG_IN(distance, sg_scalar_like(g, beta / 2, distance)));
    return sg_loss_expand(e, sg_emit(g, "where", SG_IN(near, square, linear)));
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
static const sg_arg narrow[] = {SG_ARG_FLOAT("beta", 0.15), {0}};
static const sg_arg none[] = {SG_ARG_FLOAT("beta", 0), {0}};
static const sg_arg negative[] = {SG_ARG_FLOAT("beta", -1), {0}};
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5))},
    {.name = "masked", SG_INPUTS(OUTPUT(2, 3, 4, 4), TARGET(2, 3, 4, 4), WEIGHT(2, 1, 4, 4))},
    {.name = "row_weight", SG_INPUTS(OUTPUT(4, 3), TARGET(4, 3), WEIGHT(3))},
    {.name = "scalar",
     SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR, .low = 0.2, .high = 4},
               {.type = SG_F32, .shape = SG_SCALAR, .low = -1, .high = 0.1})},
    {.name = "narrow", SG_INPUTS(OUTPUT(4, 6), TARGET(4, 6)), .args = narrow},
    {.name = "linear", SG_INPUTS(OUTPUT(4, 6), TARGET(4, 6)), .args = none},
    {.name = "negative",
     SG_INPUTS(OUTPUT(3), TARGET(3)),
     .args = negative,
     .message = "beta is -1, but must lie between 0 and 1e+09"},
    {.name = "shapes",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 4)),
     .message = "output is f32 [3, 5], but target is f32 [3, 4]"},
    {.name = "weight_shape",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5), WEIGHT(4)),
     .message = "weight f32 [4] does not broadcast to output f32 [3, 5]"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3)}, {.type = SG_I32, .shape = SG_DIMS(3)}),
     .message = "output must be a float, not i32"},
    {.name = NULL},
};

const sg_op sg_op_smooth_l1 = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "smooth_l1",
         .doc = "weighted mean of d^2 / (2 beta) where |d| < beta, else |d| - beta / 2; d = output - target",
         .attrs = SG_ATTRS(SG_LOSS_ATTR_EPS, SG_LOSS_ATTR_BETA)},
    .family = "loss",
    .in = {SG_LOSS_INPUTS},
    .out = {SG_LOSS_OUTPUTS},
    .infer = sg_loss_infer,
    .domain = sg_loss_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .finish = sg_loss_finish,
    .in_layout = {SG_STRIDED, SG_STRIDED, SG_STRIDED},
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .weighted = sg_loss_rows,
    .samples = samples,
};
