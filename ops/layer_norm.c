/* layer_norm: normalises the last axis (Ba, Kiros and Hinton 2016). */
#include "kernel/loops.h"
#include "ops/product.h"
#include "ops/rows.h"

enum { X, WEIGHT, BIAS };
enum { Y, MEAN, RSTD };
enum { EPS };

static sg_status infer(sg_infer *c) {
    const sg_shape *x = &c->in[X].shape;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (!sg_type_is_float(c->in[X].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, X, "x must be a float, not %s",
                          sg_type_name(c->in[X].type));
    if (x->rank < 1 || x->dim[x->rank - 1] < 1)
        return sg_fail_at(c->error, SG_BLAME_INPUT, X, "x %s has nothing to normalise over",
                          sg_shape_words(x, s));
    for (int k = WEIGHT; k <= BIAS; k++) {
        const sg_shape *w = &c->in[k].shape;
        if (!c->present[k]) continue;
        if (w->rank != 1 || w->dim[0] != x->dim[x->rank - 1] || c->in[k].type != c->in[X].type)
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s must be %s [%lld] for x %s, but is %s %s",
                              k == BIAS ? "bias" : "weight", sg_type_name(c->in[X].type),
                              (long long)x->dim[x->rank - 1], sg_shape_words(x, s),
                              sg_type_name(c->in[k].type), sg_shape_words(w, t));
    }
    c->out[Y] = c->out[MEAN] = c->out[RSTD] = c->in[X];
    c->out[MEAN].shape.rank = c->out[RSTD].shape.rank = x->rank - 1;
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (x->rank < 2 || x->dim[0] < 1) return;
    d->items = x->dim[0];
    d->in[X] = d->out[Y] = d->out[MEAN] = d->out[RSTD] = SG_OWN;
}

static void run(const sg_task *task) {
    const sg_tensor *in = task->in, *out = task->out;
    int64_t n = in[X].shape.dim[in[X].shape.rank - 1], rows = sg_row_count(&in[X].shape);
    double eps = task->attr[EPS].f;
    if (in[X].type == SG_F32)
        task->loops->layer_norm_f32(rows, n, in[X].data, in[WEIGHT].data, in[BIAS].data, eps, out[Y].data,
                                    out[MEAN].data, out[RSTD].data);
    else
        task->loops->layer_norm_f64(rows, n, in[X].data, in[WEIGHT].data, in[BIAS].data, eps, out[Y].data,
                                    out[MEAN].data, out[RSTD].data);
}

static sg_value input_or_none(const sg_backward *b, int k) {
    return k < b->node->in_count ? b->in[k] : SG_NO_VALUE;
}

static sg_status gradient(sg_backward *b) {
    sg_value dx = sg_emit(b->graph, "layer_norm_grad",
                          SG_IN(b->in[X], b->out[MEAN], b->out[RSTD], b->dy[Y], input_or_none(b, WEIGHT)));
    if (dx == SG_NO_VALUE) return sg_graph_status(b->graph, NULL);
    for (int k = 0; k < b->node->in_count; k++)
        if (b->needed[k]) b->dx[k] = dx + k;
    return SG_OK;
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    int64_t last = -1;
    sg_arg axis = sg_arg_ints("axis", 1, &last), keep = sg_arg_bool("keep", true);
    sg_value x = e->in[X], mean = sg_emit(g, "mean", SG_IN(x), axis, keep);
    sg_value centred = sg_emit(g, "sub", SG_IN(x, mean));
    sg_value variance = sg_emit(g, "mean", SG_IN(sg_emit(g, "square", SG_IN(centred))), axis, keep);
    sg_value eps = sg_emit(g, "constant", NULL, 0, sg_arg_float("value", e->node->attr[EPS].f),
                           sg_arg_dtype("type", sg_graph_value(g, x)->type));
    sg_value rstd = sg_emit(g, "rsqrt", SG_IN(sg_emit(g, "add", SG_IN(variance, eps))));
    sg_value y = sg_emit(g, "mul", SG_IN(centred, rstd));
    if (e->node->in_count > WEIGHT && e->in[WEIGHT] != SG_NO_VALUE)
        y = sg_emit(g, "mul", SG_IN(y, e->in[WEIGHT]));
    if (e->node->in_count > BIAS && e->in[BIAS] != SG_NO_VALUE) y = sg_emit(g, "add", SG_IN(y, e->in[BIAS]));
    if (y == SG_NO_VALUE) return sg_graph_status(g, NULL);
    sg_shape rows = sg_graph_value(g, x)->shape;
    rows.rank--;
    e->out[Y] = y;
    e->out[MEAN] = sg_emit(g, "reshape", SG_IN(mean), sg_arg_shape("shape", &rows));
    e->out[RSTD] = sg_emit(g, "reshape", SG_IN(rstd), sg_arg_shape("shape", &rows));
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    return 8.0 * (double)sg_shape_elements(&s->in[X].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_arg wide_eps[] = {SG_ARG_FLOAT("eps", 0.1), {0}};
static const sg_sample samples[] = {
    {.name = "tokens", SG_INPUTS(REAL(2, 3, 8), REAL(8), REAL(8))},
    {.name = "plain", SG_INPUTS(REAL(4, 37))},
    {.name = "no_bias", SG_INPUTS(REAL(4, 5), REAL(5))},
    {.name = "eps", SG_INPUTS(REAL(3, 6), REAL(6), REAL(6)), .args = wide_eps},
    {.name = "row", SG_INPUTS(REAL(9))},
    {.name = "empty", SG_INPUTS(REAL(0, 5), REAL(5), REAL(5))},
    {.name = "nothing", SG_INPUTS(REAL(3, 0)), .message = "x [3, 0] has nothing to normalise over"},
    {.name = "weight_shape",
     SG_INPUTS(REAL(3, 6), REAL(5)),
     .message = "weight must be f32 [6] for x [3, 6], but is f32 [5]"},
    {.name = NULL},
};

const sg_op sg_op_layer_norm = {
    .schema = {.kind = SG_KIND_OP,
               .name = "layer_norm",
               .doc = "(x - mean) / sqrt(variance + eps) * weight + bias along the last axis",
               .attrs = SG_ATTRS({.name = "eps",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "1e-5",
                                  .doc = "added to the variance, which is divided by n",
                                  .min = 0,
                                  .max = 1e6})},
    .family = "normalisation",
    .in = {{"x", "[..., n]", 0}, {"weight", "[n]", SG_PORT_OPTIONAL}, {"bias", "[n]", SG_PORT_OPTIONAL}},
    .out = {{"y", "[..., n]", 0},
            {"mean", "[...], of each row", SG_PORT_NO_GRADIENT},
            {"rstd", "[...], 1 / sqrt(variance + eps) of each row", SG_PORT_NO_GRADIENT}},
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
