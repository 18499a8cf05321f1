/* batch_norm: normalises channels by given moments (Ioffe and Szegedy, arXiv:1502.03167). While training the
 * moments are those of batch_moments, afterwards running means of them; the text chooses. */
#include <math.h>

#include "ops/channel.h"
#include "ops/elementwise.h"

enum { X, MEAN, VARIANCE, WEIGHT, BIAS };
enum { EPS };

static sg_status infer(sg_infer *c) {
    static const char *const names[] = {"x", "mean", "variance", "weight", "bias"};
    sg_status status = sg_channel_check(c, X);
    for (int k = MEAN; status == SG_OK && k <= BIAS; k++) status = sg_channel_check_vector(c, X, k, names[k]);
    c->out[0] = c->in[X];
    return status;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (x->dim[0] < 1) return;
    d->items = x->dim[0];
    d->in[X] = d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X];
    int64_t channels = x->shape.dim[1], n = sg_channel_row(&x->shape);
    size_t row = (size_t)n * sg_type_size(x->type);
    for (int64_t i = 0; i < x->shape.dim[0] * channels; i++) {
        int64_t c = i % channels;
        double rstd = 1 / sqrt(sg_channel_number(&task->in[VARIANCE], c, 0) + task->attr[EPS].f);
        sg_channel_affine(
            task->loops, x->type, n, (const char *)x->data + (size_t)i * row,
            sg_channel_number(&task->in[MEAN], c, 0), rstd * sg_channel_number(&task->in[WEIGHT], c, 1),
            sg_channel_number(&task->in[BIAS], c, 0), (char *)task->out[0].data + (size_t)i * row);
    }
}

static sg_value input_or_none(const sg_node *node, const sg_value *in, int k) {
    return k < node->in_count ? in[k] : SG_NO_VALUE;
}

static sg_status gradient(sg_backward *b) {
    sg_value first = sg_emit(
        b->graph, "batch_norm_grad",
        SG_IN(b->in[X], b->in[MEAN], b->in[VARIANCE], b->dy[0], input_or_none(b->node, b->in, WEIGHT)),
        sg_arg_float("eps", b->node->attr[EPS].f));
    if (first == SG_NO_VALUE) return sg_graph_status(b->graph, NULL);
    for (int k = X; k < b->node->in_count; k++)
        if (b->needed[k]) b->dx[k] = first + k;
    return SG_OK;
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[X], weight = input_or_none(e->node, e->in, WEIGHT),
             bias = input_or_none(e->node, e->in, BIAS);
    sg_value raised =
        sg_emit(g, "add", SG_IN(e->in[VARIANCE], sg_scalar_like(g, e->node->attr[EPS].f, e->in[VARIANCE])));
    sg_value y = sg_emit(g, "sub", SG_IN(x, sg_channel_spread(g, e->in[MEAN], x)));
    y = sg_emit(g, "mul", SG_IN(y, sg_channel_spread(g, sg_emit(g, "rsqrt", SG_IN(raised)), x)));
    if (weight != SG_NO_VALUE) y = sg_emit(g, "mul", SG_IN(y, sg_channel_spread(g, weight, x)));
    if (bias != SG_NO_VALUE) y = sg_emit(g, "add", SG_IN(y, sg_channel_spread(g, bias, x)));
    e->out[0] = y;
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    return 3.0 * (double)sg_shape_elements(&s->in[X].shape);
}

static const sg_arg wide_eps[] = {SG_ARG_FLOAT("eps", 0.1), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define SPREAD(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 2 }
static const sg_sample samples[] = {
    {.name = "images", SG_INPUTS(REAL(3, 4, 5, 6), REAL(4), SPREAD(4), REAL(4), REAL(4))},
    {.name = "plain", SG_INPUTS(REAL(3, 4, 35), REAL(4), SPREAD(4)), .args = wide_eps},
    {.name = "no_weight", SG_INPUTS(REAL(7, 3), REAL(3), SPREAD(3), {.type = SG_ABSENT}, REAL(3))},
    {.name = "one", SG_INPUTS(REAL(1, 1), REAL(1), SPREAD(1), REAL(1), REAL(1))},
    {.name = "empty", SG_INPUTS(REAL(0, 2, 3), REAL(2), SPREAD(2), REAL(2))},
    {.name = "channels",
     SG_INPUTS(REAL(3, 4, 5), REAL(4), SPREAD(5)),
     .message = "variance must be f32 [4] for x [3, 4, 5], but is f32 [5]"},
    {.name = "flat",
     SG_INPUTS(REAL(4), REAL(4), SPREAD(4)),
     .message = "x must be [samples, channels, ...], not [4]"},
    {.name = NULL},
};

const sg_op sg_op_batch_norm = {
    .schema = {.kind = SG_KIND_OP,
               .name = "batch_norm",
               .doc = "(x - mean) / sqrt(variance + eps) * weight + bias, with one number of each a channel",
               .attrs = SG_ATTRS({.name = "eps",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "1e-5",
                                  .doc = "added to the variance",
                                  .min = 0,
                                  .max = 1e6})},
    .family = "normalisation",
    .in = {{"x", "[samples, channels, ...]", 0},
           {"mean", "[channels]", 0},
           {"variance", "[channels]", 0},
           {"weight", "[channels]", SG_PORT_OPTIONAL},
           {"bias", "[channels]", SG_PORT_OPTIONAL}},
    .out = {{"y", "of the shape of x", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .inplace = {{X, 0}},
    .inplace_count = 1,
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
