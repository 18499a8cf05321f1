/* gelu_tanh_grad: the gradient of gelu_tanh, in one pass over x and dy. */
#include "ops/elementwise.h"

static sg_status infer(sg_infer *c) {
    if (!sg_shape_equal(&c->in[0].shape, &c->in[1].shape) || c->in[0].type != c->in[1].type)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 1, "dy must have the shape and type of x");
    if (!sg_type_is_float(c->in[0].type)) return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x must be a float");
    c->out[0] = c->in[0];
    return SG_OK;
}

static void run(const sg_task *task) {
    int64_t n = sg_tensor_elements(&task->out[0]);
    if (task->out[0].type == SG_F32)
        task->loops->unary_gradient_f32[SG_GRADIENT_GELU_TANH](n, task->in[0].data, task->in[1].data,
                                                               task->out[0].data);
    else
        task->loops->unary_gradient_f64[SG_GRADIENT_GELU_TANH](n, task->in[0].data, task->in[1].data,
                                                               task->out[0].data);
}

static const sg_sample samples[] = {
    {.name = "matrix",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -4, .high = 4},
            {.type = SG_F32, .shape = SG_DIMS(3, 5)}},
     .in_count = 2,
     .no_gradient = "second derivatives go through the expansion of gelu_tanh"},
    {.name = "shapes",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5)}, {.type = SG_F32, .shape = SG_DIMS(3, 4)}},
     .in_count = 2,
     .message = "dy must have the shape and type of x"},
    {.name = NULL},
};

const sg_op sg_op_gelu_tanh_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "gelu_tanh_grad",
               .doc = "gradient of gelu_tanh: dy times its slope at x"},
    .family = "elementwise",
    .in = {{"x", "input of gelu_tanh", 0}, {"dy", "gradient of its output", 0}},
    .out = {{"dx", "gradient of x", 0}},
    .infer = infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .inplace = {{1, 0}, {0, 0}},
    .inplace_count = 2,
    .samples = samples,
};
