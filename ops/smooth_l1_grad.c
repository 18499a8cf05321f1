/* smooth_l1_grad: the gradient of smooth_l1. */
#include "ops/loss.h"

static void run(const sg_task *task) {
    sg_loss_grad_run(task, SG_LOSS_SMOOTH_L1, task->attr[SG_LOSS_PARAMETER].f);
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
#define SECOND "second derivatives go through the expansion of the loss"
static const sg_arg none[] = {SG_ARG_FLOAT("beta", 0), {0}};
static const sg_sample samples[] = {
    {.name = "masked",
     .in = {OUTPUT(2, 3, 4, 4), TARGET(2, 3, 4, 4), SCALAR, SCALAR, WEIGHT(2, 1, 4, 4)},
     .in_count = 5,
     .no_gradient = SECOND},
    {.name = "plain",
     .in = {OUTPUT(3, 5), TARGET(3, 5), SCALAR, SCALAR},
     .in_count = 4,
     .no_gradient = SECOND},
    {.name = "empty",
     .in = {OUTPUT(0, 5), TARGET(0, 5), SCALAR, SCALAR},
     .in_count = 4,
     .no_gradient = SECOND},
    {.name = "linear",
     .in = {OUTPUT(3, 5), TARGET(3, 5), SCALAR, SCALAR},
     .in_count = 4,
     .args = none,
     .no_gradient = SECOND},
    {.name = "dy",
     .in = {OUTPUT(3, 5), TARGET(3, 5), SCALAR, OUTPUT(2)},
     .in_count = 4,
     .message = "norm and dy must be scalars of the type of output"},
    {.name = "shapes",
     .in = {OUTPUT(3, 5), TARGET(3), SCALAR, SCALAR},
     .in_count = 4,
     .message = "output is f32 [3, 5], but target is f32 [3]"},
    {.name = NULL},
};

const sg_op sg_op_smooth_l1_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "smooth_l1_grad",
               .doc = "gradient of smooth_l1",
               .attrs = {SG_LOSS_ATTR_EPS, SG_LOSS_ATTR_BETA}},
    .family = "loss",
    .in = {SG_LOSS_GRAD_INPUTS},
    .out = {SG_LOSS_GRAD_OUTPUTS},
    .infer = sg_loss_grad_infer,
    .domain = sg_loss_grad_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .in_layout = {SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED},
    .out_layout = {SG_STRIDED, SG_STRIDED},
    .flops = flops,
    .samples = samples,
};
