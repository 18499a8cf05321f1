/* sum_squares: the squared norm, in f64. */
#include "kernel/loops.h"
#include "ops/elementwise.h"

static sg_status infer(sg_infer *c) {
    if (!sg_type_is_float(c->in[0].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x must be a float, not %s",
                          sg_type_name(c->in[0].type));
    c->out[0] = (sg_typed){SG_F64, SG_SHAPE(1)};
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    if (in->rank >= 1 && in->dim[0] > 0) {
        d->items = in->dim[0];
        d->in[0] = SG_OWN;
    }
    d->out[0] = SG_SUM;
    d->acc_count = 1;
    d->acc[0].type = SG_F64;
    d->acc[0].elements = 1;
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[0];
    int64_t n = sg_tensor_elements(x);
    *(double *)task->acc[0] += x->type == SG_F32 ? task->loops->dot_f32(n, x->data, x->data)
                                                 : task->loops->dot_f64(n, x->data, x->data);
}

static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    sg_value dy =
        sg_emit(g, "cast", SG_IN(b->dy[0]), sg_arg_dtype("type", sg_graph_value(g, b->in[0])->type));
    sg_value twice = sg_emit(g, "mul", SG_IN(b->in[0], sg_scalar_like(g, 2, b->in[0])));
    sg_value scalar = sg_emit(g, "reshape", SG_IN(dy), sg_arg_ints("shape", 0, NULL));
    b->dx[0] = sg_emit(g, "mul", SG_IN(twice, scalar));
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    return 2.0 * (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_sample samples[] = {
    {.name = "matrix", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(30, 5)})},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR})},
    {.name = "empty", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(0, 3)})},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3)}),
     .message = "x must be a float, not i32"},
    {.name = NULL},
};

const sg_op sg_op_sum_squares = {
    .schema = {.kind = SG_KIND_OP,
               .name = "sum_squares",
               .doc = "the sum of the squares of all elements, in f64"},
    .family = "reduction",
    .in = {{"x", "floats", 0}},
    .out = {{"y", "[1], f64", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
