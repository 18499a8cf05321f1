/* sum_to: sums away what broadcasting to x's shape would repeat; the gradient of broadcasting. */
#include "ops/reduce.h"

enum { SHAPE };

static sg_status infer(sg_infer *c) {
    sg_shape wanted = sg_shape_of(c->attr[SHAPE].n, c->attr[SHAPE].ints), both;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    if (!sg_shape_broadcast(&c->in[0].shape, &wanted, &both) || !sg_shape_equal(&both, &c->in[0].shape))
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE,
                          "%s does not broadcast to %s, so it cannot be summed to it",
                          sg_shape_words(&wanted, a), sg_shape_words(&c->in[0].shape, b));
    c->out[0] = (sg_typed){c->in[0].type, wanted};
    return SG_OK;
}

static unsigned axes_of(const sg_signature *s) {
    const sg_shape *in = &s->in[0].shape, *out = &s->out[0].shape;
    unsigned bits = 0;
    for (int d = 0; d < in->rank; d++) {
        int axis = d - (in->rank - out->rank);
        if (axis < 0 || (out->dim[axis] == 1 && in->dim[d] != 1)) bits |= 1u << d;
    }
    return bits;
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_sum_domain(s, axes_of(s), d);
}

static void run(const sg_task *task) {
    sg_sum_run(task, axes_of(task->signature), 1);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "broadcast_to", SG_IN(b->dy[0]),
                       sg_arg_shape("shape", &sg_graph_value(b->graph, b->in[0])->shape));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    return (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg row[] = {SG_ARG_INTS("shape", 5), {0}};
static const sg_arg column[] = {SG_ARG_INTS("shape", 3, 1), {0}};
static const sg_arg scalar[] = {SG_ARG_INTS("shape", 1), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "row", SG_INPUTS(REAL(2, 3, 5)), .args = row},
    {.name = "column", SG_INPUTS(REAL(3, 5)), .args = column},
    {.name = "one", SG_INPUTS(REAL(3, 5)), .args = scalar},
    {.name = "wrong",
     SG_INPUTS(REAL(3, 4)),
     .args = row,
     .message = "[5] does not broadcast to [3, 4], so it cannot be summed to it"},
    {.name = NULL},
};

const sg_op sg_op_sum_to = {
    .schema = {.kind = SG_KIND_OP,
               .name = "sum_to",
               .doc = "sums away what broadcasting from a smaller shape repeats",
               .attrs = SG_ATTRS({.name = "shape",
                                  .type = SG_ATTR_INTS,
                                  .doc = "sizes of the result, which broadcasts to x",
                                  .min = 0,
                                  .max = 1e18})},
    .family = "reduction",
    .in = {{"x", "numbers", 0}},
    .out = {{"y", "the sums", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .in_layout = {SG_STRIDED},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
