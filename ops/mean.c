/* mean: the mean over axes, added in f64. */
#include "ops/reduce.h"
#include "ops/rows.h"

static unsigned axes_of(const sg_attr *attr, int rank) {
    unsigned bits = 0;
    sg_reduced_axes(&attr[SG_REDUCE_AXIS], rank, &bits, NULL);
    return bits;
}

static sg_status infer(sg_infer *c) {
    sg_status status = sg_reduce_infer(c);
    if (status == SG_OK && !sg_type_is_float(c->out[0].type)) c->out[0].type = c->float_type;
    return status;
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_sum_domain(s, axes_of(s->attr, s->in[0].shape.rank), d);
}

/* 1 / (elements that fall together); of the whole value, since a task may see a part. */
static double scale_of(const sg_signature *s) {
    return (double)sg_shape_elements(&s->out[0].shape) / (double)sg_shape_elements(&s->in[0].shape);
}

static void run(const sg_task *task) {
    sg_sum_run(task, axes_of(task->attr, task->in[0].shape.rank), scale_of(task->signature));
}

static void finish(const sg_task *task) {
    sg_sum_finish(task, scale_of(task->signature));
}

static sg_status gradient(sg_backward *b) {
    const sg_shape *in = &sg_graph_value(b->graph, b->in[0])->shape;
    const sg_shape *out = &sg_graph_value(b->graph, b->out[0])->shape;
    double scale = (double)sg_shape_elements(out) / (double)sg_shape_elements(in);
    unsigned bits = axes_of(b->node->attr, in->rank);
    sg_value factor = sg_emit(b->graph, "constant", NULL, 0, sg_arg_float("value", scale),
                              sg_arg_dtype("type", sg_graph_value(b->graph, b->dy[0])->type));
    b->dx[0] = sg_unreduce(b->graph, sg_emit(b->graph, "mul", SG_IN(b->dy[0], factor)), b->in[0], bits);
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    return (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg first[] = {SG_ARG_INTS("axis", 0), {0}};
static const sg_arg last[] = {SG_ARG_INTS("axis", -1), SG_ARG_BOOL("keep", true), {0}};
static const sg_arg maps[] = {SG_ARG_INTS("axis", 2, 3), {0}};
static const sg_arg far[] = {SG_ARG_INTS("axis", 3), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "all", SG_INPUTS(REAL(3, 5))},
    {.name = "first", SG_INPUTS(REAL(3, 4, 5)), .args = first},
    {.name = "last", SG_INPUTS(REAL(3, 4, 50)), .args = last},
    {.name = "maps", SG_INPUTS(REAL(2, 3, 4, 5)), .args = maps},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR})},
    {.name = "empty", SG_INPUTS(REAL(4, 0)), .args = first},
    {.name = "far", SG_INPUTS(REAL(3, 4)), .args = far, .message = "axis 3 is out of range for rank 2"},
    {.name = NULL},
};

const sg_op sg_op_mean = {
    .schema = {.kind = SG_KIND_OP,
               .name = "mean",
               .doc = "the mean over axes, added in f64",
               .attrs = SG_ATTRS(SG_REDUCE_ATTRS)},
    .family = "reduction",
    .in = {{"x", "numbers", 0}},
    .out = {{"y", "the means, a float", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .finish = finish,
    .in_layout = {SG_STRIDED},
    .gradient = gradient,
    .flops = flops,
    .rows = &sg_rows_reduce,
    .samples = samples,
};
