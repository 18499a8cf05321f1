/* l1: the weighted mean absolute error. */
#include "ops/loss.h"
#include "ops/rows.h"

static void run(const sg_task *task) {
    sg_loss_run(task, SG_LOSS_L1, 0);
}

static sg_status gradient(sg_backward *b) {
    return sg_loss_gradient(b, "l1_grad");
}

static sg_status expand(sg_expansion *e) {
    sg_value difference = sg_emit(e->graph, "sub", SG_IN(e->in[0], e->in[1]));
    return sg_loss_expand(e, sg_emit(e->graph, "abs", SG_IN(difference)));
}

static double flops(const sg_signature *s) {
    return 4.0 * (double)sg_shape_elements(&s->in[0].shape);
}

/* Apart from each other, since the error has a kink where they are equal. */
#define OUTPUT(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 1, .high = 2 }
#define TARGET(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = -1, .high = 0.9 }
#define WEIGHT(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 1 }
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5))},
    {.name = "masked", SG_INPUTS(OUTPUT(2, 3, 4, 4), TARGET(2, 3, 4, 4), WEIGHT(2, 1, 4, 4))},
    {.name = "scalar",
     SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR, .low = 1, .high = 2},
               {.type = SG_F32, .shape = SG_SCALAR, .low = -1, .high = 0.9})},
    {.name = "shapes",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 4)),
     .message = "output is f32 [3, 5], but target is f32 [3, 4]"},
    {.name = "weight_type",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5), {.type = SG_I32, .shape = SG_DIMS(3, 5), .low = 0, .high = 1}),
     .message = "weight must be f32, not i32: cast it"},
    {.name = "weight_shape",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5), WEIGHT(4)),
     .message = "weight f32 [4] does not broadcast to output f32 [3, 5]"},
    {.name = NULL},
};

const sg_op sg_op_l1 = {
    .schema = {.kind = SG_KIND_OP,
               .name = "l1",
               .doc = "weighted mean of |output - target|",
               .attrs = SG_ATTRS(SG_LOSS_ATTR_EPS)},
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
