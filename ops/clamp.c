/* clamp: moves what lies outside of low..high to the nearer end. */
#include <math.h>

#include "ops/elementwise.h"
#include "ops/rows.h"

enum { LOW, HIGH };

static sg_status infer(sg_infer *c) {
    const sg_attr *low = &c->attr[LOW], *high = &c->attr[HIGH];
    c->out[0] = c->in[0];
    if (!low->present && !high->present)
        return sg_fail(c->error, SG_BAD_GRAPH, "clamp needs low, high or both");
    if (low->present && high->present && low->f > high->f)
        return sg_fail_at(c->error, SG_BLAME_ATTR, HIGH, "high is %.6g, but must not be below low, %.6g",
                          high->f, low->f);
    return SG_OK;
}

/* One side: y = function(x, end), the end rounded inward for integers. */
static void bound(const sg_task *task, const sg_tensor *x, double end, sg_binary function) {
    double space = 0;
    sg_tensor limit = sg_tensor_view(x->type, (sg_shape){0}, &space);
    bool upper = function == SG_BINARY_MINIMUM;
    sg_tensor_set(&limit, 0, sg_type_is_float(x->type) ? end : upper ? floor(end) : ceil(end));
    sg_tensor in[2] = {*x, limit};
    sg_task part = *task;
    part.in = in;
    sg_binary_run(&part, function);
}

static void run(const sg_task *task) {
    const sg_attr *low = &task->attr[LOW], *high = &task->attr[HIGH];
    const sg_tensor *x = &task->in[0];
    if (low->present) {
        bound(task, x, low->f, SG_BINARY_MAXIMUM);
        x = &task->out[0];
    }
    if (high->present) bound(task, x, high->f, SG_BINARY_MINIMUM);
}

/* Passes where low <= x <= high, as in PyTorch. */
static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    const sg_attr *attr = b->node->attr;
    sg_value zero = sg_scalar_like(g, 0, b->in[0]), dx = b->dy[0];
    if (attr[LOW].present) {
        sg_value inside =
            sg_emit(g, "greater_equal", SG_IN(b->in[0], sg_scalar_like(g, attr[LOW].f, b->in[0])));
        dx = sg_emit(g, "where", SG_IN(inside, dx, zero));
    }
    if (attr[HIGH].present) {
        sg_value inside =
            sg_emit(g, "less_equal", SG_IN(b->in[0], sg_scalar_like(g, attr[HIGH].f, b->in[0])));
        dx = sg_emit(g, "where", SG_IN(inside, dx, zero));
    }
    b->dx[0] = dx;
    return sg_graph_status(g, NULL);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    const sg_attr *attr = e->node->attr;
    sg_value y = e->in[0];
    if (attr[LOW].present) y = sg_emit(g, "maximum", SG_IN(y, sg_scalar_like(g, attr[LOW].f, y)));
    if (attr[HIGH].present) y = sg_emit(g, "minimum", SG_IN(y, sg_scalar_like(g, attr[HIGH].f, y)));
    e->out[0] = y;
    return sg_graph_status(g, NULL);
}

static const sg_arg both[] = {SG_ARG_FLOAT("low", 0), SG_ARG_FLOAT("high", 1.5), {0}};
static const sg_arg low[] = {SG_ARG_FLOAT("low", -0.5), {0}};
static const sg_arg high[] = {SG_ARG_FLOAT("high", 0.5), {0}};
static const sg_arg fractions[] = {SG_ARG_FLOAT("low", -2), SG_ARG_FLOAT("high", 3), {0}};
static const sg_arg crossed[] = {SG_ARG_FLOAT("low", 2), SG_ARG_FLOAT("high", 1), {0}};
#define REAL(KINK, ...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .has_kink = true, .kink = KINK }
static const sg_sample samples[] = {
    {.name = "both", SG_INPUTS(REAL(0, 3, 5)), .args = both},
    {.name = "low", SG_INPUTS(REAL(-0.5, 3, 5)), .args = low},
    {.name = "high", SG_INPUTS(REAL(0.5, 2, 70, 3)), .args = high},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR, .low = 0.6, .high = 2}), .args = high},
    {.name = "empty", SG_INPUTS(REAL(0, 0, 4)), .args = both},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(17), .low = -9, .high = 9}),
     .args = fractions},
    {.name = "bytes",
     SG_INPUTS({.type = SG_U8, .shape = SG_DIMS(2, 9), .low = 0, .high = 9}),
     .args = fractions},
    {.name = "neither", SG_INPUTS(REAL(0, 3)), .message = "clamp needs low, high or both"},
    {.name = "crossed",
     SG_INPUTS(REAL(0, 3)),
     .args = crossed,
     .message = "high is 1, but must not be below low, 2"},
    {.name = NULL},
};

const sg_op sg_op_clamp = {
    .schema = {.kind = SG_KIND_OP,
               .name = "clamp",
               .doc = "low where x is below it, high where x is above it, else x",
               .attrs = SG_ATTRS({.name = "low",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "",
                                  .doc = "smallest value; unbounded unless set"},
                                 {.name = "high",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "",
                                  .doc = "largest value; unbounded unless set"})},
    .family = "elementwise",
    .in = {{"x", "numbers", 0}},
    .out = {{"y", "the same, within bounds", 0}},
    .infer = infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .inplace = {{0, 0}},
    .inplace_count = 1,
    .gradient = gradient,
    .expand = expand,
    .rows = &sg_rows_each,
    .samples = samples,
};
