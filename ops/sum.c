/* sum: the sum over axes, added in f64. */
#include "ops/reduce.h"
#include "ops/rows.h"

static unsigned axes_of(const sg_attr *attr, int rank) {
    unsigned bits = 0;
    sg_reduced_axes(&attr[SG_REDUCE_AXIS], rank, &bits, NULL);
    return bits;
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_sum_domain(s, axes_of(s->attr, s->in[0].shape.rank), d);
}

static void run(const sg_task *task) {
    sg_sum_run(task, axes_of(task->attr, task->in[0].shape.rank), 1);
}

static sg_status gradient(sg_backward *b) {
    unsigned bits = axes_of(b->node->attr, sg_graph_value(b->graph, b->in[0])->shape.rank);
    b->dx[0] = sg_unreduce(b->graph, b->dy[0], b->in[0], bits);
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    return (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg first[] = {SG_ARG_INTS("axis", 0), {0}};
static const sg_arg last[] = {SG_ARG_INTS("axis", -1), SG_ARG_BOOL("keep", true), {0}};
static const sg_arg two[] = {SG_ARG_INTS("axis", 0, 2), {0}};
static const sg_arg far[] = {SG_ARG_INTS("axis", 3), {0}};
static const sg_arg twice[] = {SG_ARG_INTS("axis", 1, -2), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "all", SG_INPUTS(REAL(3, 5))},
    {.name = "first", SG_INPUTS(REAL(3, 4, 5)), .args = first},
    {.name = "last", SG_INPUTS(REAL(3, 4, 50)), .args = last},
    {.name = "two", SG_INPUTS(REAL(3, 4, 5)), .args = two},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR})},
    {.name = "empty", SG_INPUTS(REAL(0, 4)), .args = first},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3, 4), .low = -9, .high = 9}),
     .args = first},
    {.name = "far", SG_INPUTS(REAL(3, 4)), .args = far, .message = "axis 3 is out of range for rank 2"},
    {.name = "twice", SG_INPUTS(REAL(3, 4, 5)), .args = twice, .message = "axis -2 is named twice"},
    {.name = NULL},
};

const sg_op sg_op_sum = {
    .schema = {.kind = SG_KIND_OP,
               .name = "sum",
               .doc = "the sum over axes, added in f64",
               .attrs = SG_ATTRS(SG_REDUCE_ATTRS)},
    .family = "reduction",
    .in = {{"x", "numbers", 0}},
    .out = {{"y", "the sums, in the type of x", 0}},
    .infer = sg_reduce_infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .in_layout = {SG_STRIDED},
    .gradient = gradient,
    .flops = flops,
    .rows = &sg_rows_reduce,
    .samples = samples,
};
