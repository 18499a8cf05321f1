/* affine: y = x W^T + b over the last axis. */
#include "ops/product.h"
#include "ops/rows.h"

enum { X, WEIGHT, BIAS };

static sg_status infer(sg_infer *c) {
    const sg_shape *x = &c->in[X].shape, *w = &c->in[WEIGHT].shape, *b = &c->in[BIAS].shape;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (!sg_type_is_float(c->in[X].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, X, "x must be a float, not %s",
                          sg_type_name(c->in[X].type));
    if (x->rank < 1) return sg_fail_at(c->error, SG_BLAME_INPUT, X, "x must have at least one axis");
    if (w->rank != 2 || w->dim[1] != x->dim[x->rank - 1])
        return sg_fail_at(c->error, SG_BLAME_INPUT, WEIGHT, "weight must be [out, %lld] for x %s, but is %s",
                          (long long)x->dim[x->rank - 1], sg_shape_words(x, s), sg_shape_words(w, t));
    if (c->present[BIAS] && (b->rank != 1 || b->dim[0] != w->dim[0]))
        return sg_fail_at(c->error, SG_BLAME_INPUT, BIAS, "bias must be [%lld] for weight %s, but is %s",
                          (long long)w->dim[0], sg_shape_words(w, s), sg_shape_words(b, t));
    for (int k = WEIGHT; k <= BIAS; k++)
        if (c->present[k] && c->in[k].type != c->in[X].type)
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s is %s, but x is %s",
                              k == BIAS ? "bias" : "weight", sg_type_name(c->in[k].type),
                              sg_type_name(c->in[X].type));
    c->out[0] = c->in[X];
    c->out[0].shape.dim[x->rank - 1] = w->dim[0];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (x->rank < 2 || x->dim[0] < 1) return;
    d->items = x->dim[0];
    d->in[X] = d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X], *w = &task->in[WEIGHT], *b = &task->in[BIAS], *y = &task->out[0];
    int64_t rows = sg_row_count(&x->shape), in = w->shape.dim[1], out = w->shape.dim[0];
    sg_gemm_bias(task, x->type, false, true, rows, out, in, 1, x->data, in, w->data, in, 0, y->data, out,
                 b->data);
}

/* x times the weight or its transpose; a single row becomes a matrix for that. */
static sg_value multiply(sg_graph *g, sg_value x, sg_value weight, bool transpose) {
    const sg_shape from = sg_graph_value(g, x)->shape, w = sg_graph_value(g, weight)->shape;
    sg_shape row = SG_SHAPE(1, from.dim[0]), back = SG_SHAPE(w.dim[transpose ? 0 : 1]);
    if (from.rank == 1) x = sg_emit(g, "reshape", SG_IN(x), sg_arg_shape("shape", &row));
    sg_value y = sg_emit(g, "matmul", SG_IN(x, weight), sg_arg_bool("transpose_b", transpose));
    return from.rank == 1 ? sg_emit(g, "reshape", SG_IN(y), sg_arg_shape("shape", &back)) : y;
}

static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    if (b->needed[X]) b->dx[X] = multiply(g, b->dy[0], b->in[WEIGHT], false);
    bool bias = b->node->in_count > BIAS && b->needed[BIAS];
    if (b->needed[WEIGHT] || bias) {
        sg_value both = sg_emit(g, "affine_grad", SG_IN(b->in[X], b->dy[0]));
        if (b->needed[WEIGHT]) b->dx[WEIGHT] = both;
        if (bias) b->dx[BIAS] = both + 1;
    }
    return sg_graph_status(g, NULL);
}

static sg_status expand(sg_expansion *e) {
    sg_value y = multiply(e->graph, e->in[X], e->in[WEIGHT], true);
    bool bias = e->node->in_count > BIAS && e->in[BIAS] != SG_NO_VALUE;
    e->out[0] = bias ? sg_emit(e->graph, "add", SG_IN(y, e->in[BIAS])) : y;
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 2.0 * (double)sg_shape_elements(&s->out[0].shape) * (double)s->in[WEIGHT].shape.dim[1];
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(REAL(4, 3), REAL(5, 3), REAL(5))},
    {.name = "tokens", SG_INPUTS(REAL(2, 7, 6), REAL(9, 6), REAL(9))},
    {.name = "no_bias", SG_INPUTS(REAL(2, 3, 4), REAL(5, 4))},
    {.name = "one", SG_INPUTS(REAL(1, 1), REAL(1, 1), REAL(1))},
    {.name = "empty", SG_INPUTS(REAL(0, 3), REAL(5, 3), REAL(5))},
    {.name = "row", SG_INPUTS(REAL(3), REAL(5, 3), REAL(5))},
    {.name = "weight_shape",
     SG_INPUTS(REAL(4, 3), REAL(5, 4)),
     .message = "weight must be [out, 3] for x [4, 3], but is [5, 4]"},
    {.name = "bias_shape",
     SG_INPUTS(REAL(4, 3), REAL(5, 3), REAL(4)),
     .message = "bias must be [5] for weight [5, 3], but is [4]"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(4, 3)}, REAL(5, 3)),
     .message = "x must be a float, not i32"},
    {.name = NULL},
};

const sg_op sg_op_affine = {
    .schema = {.kind = SG_KIND_OP,
               .name = "affine",
               .doc = "x W^T + b over the last axis, as torch.nn.functional.linear"},
    .family = "product",
    .in = {{"x", "[..., in]", 0}, {"weight", "[out, in]", 0}, {"bias", "[out]", SG_PORT_OPTIONAL}},
    .out = {{"y", "[..., out]", 0}},
    .leading = true,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .rows = &sg_rows_lines,
    .samples = samples,
};
