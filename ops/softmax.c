/* softmax: exp(x) / sum of exp(x) along an axis. */
#include "kernel/loops.h"
#include "ops/lines.h"
#include "ops/rows.h"

static void rows_of(const sg_loops *loops, sg_type type, int64_t rows, int64_t n, void *const *operand) {
    if (type == SG_F32)
        loops->softmax_f32(rows, n, operand[0], operand[1]);
    else
        loops->softmax_f64(rows, n, operand[0], operand[1]);
}

static void run(const sg_task *task) {
    sg_lines_run(task, rows_of);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] =
        sg_emit(b->graph, "softmax_grad", SG_IN(b->out[0], b->dy[0]), sg_arg_int("axis", b->node->attr[0].i));
    return sg_graph_status(b->graph, NULL);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    if (sg_shape_elements(&sg_graph_value(g, e->in[0])->shape) == 0) {
        e->out[0] = e->in[0]; /* nothing has no maximum */
        return SG_OK;
    }
    sg_arg axis = sg_arg_ints("axis", 1, &e->node->attr[0].i), keep = sg_arg_bool("keep", true);
    sg_value most = sg_emit(g, "max", SG_IN(e->in[0]), axis, keep);
    sg_value shifted = sg_emit(g, "sub", SG_IN(e->in[0], most));
    sg_value grown = sg_emit(g, "exp", SG_IN(shifted)), sum = sg_emit(g, "sum", SG_IN(grown), axis, keep);
    e->out[0] = sg_emit(g, "div", SG_IN(grown, sum));
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    return 14.0 * (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg first[] = {SG_ARG_INT("axis", 0), {0}};
static const sg_arg middle[] = {SG_ARG_INT("axis", 1), {0}};
static const sg_arg far[] = {SG_ARG_INT("axis", 2), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "rows", SG_INPUTS(REAL(3, 7))},
    {.name = "line", SG_INPUTS(REAL(19))},
    {.name = "heads", SG_INPUTS(REAL(2, 3, 5, 5))},
    {.name = "first", SG_INPUTS(REAL(4, 6)), .args = first},
    {.name = "middle", SG_INPUTS(REAL(2, 5, 18)), .args = middle},
    {.name = "one", SG_INPUTS(REAL(4, 1))},
    {.name = "large",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 4), .low = 300, .high = 302}),
     .tolerance_f32 = 1e-4},
    {.name = "no_rows", SG_INPUTS(REAL(0, 4))},
    {.name = "nothing", SG_INPUTS(REAL(4, 0, 2)), .args = middle, .no_gradient = "it has no element"},
    {.name = "far", SG_INPUTS(REAL(4, 3)), .args = far, .message = "axis 2 is out of range for rank 2"},
    {.name = "scalar",
     SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR}),
     .message = "axis -1 is out of range for rank 0"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(4, 3)}),
     .message = "the input must be a float, not i32"},
    {.name = NULL},
};

const sg_op sg_op_softmax = {
    .schema = {.kind = SG_KIND_OP,
               .name = "softmax",
               .doc = "exp(x) / sum(exp(x)) along an axis",
               .attrs = SG_ATTRS(SG_LINES_ATTR_AXIS)},
    .family = "normalisation",
    .in = {{"x", "scores, floats", 0}},
    .out = {{"y", "shares that add up to 1", 0}},
    .infer = sg_lines_infer,
    .domain = sg_lines_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .inplace = {{0, 0}},
    .inplace_count = 1,
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .rows = &sg_rows_lines,
    .samples = samples,
};
