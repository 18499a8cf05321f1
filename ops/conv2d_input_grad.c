/* conv2d_input_grad: the gradient of conv2d's input. */
#include "ops/conv_turned.h"

enum { DY, WEIGHT };
enum { SIZE = SG_CONV_EXTRA };

static sg_status infer(sg_infer *c) {
    const sg_shape *dy = &c->in[DY].shape, *w = &c->in[WEIGHT].shape;
    int64_t groups = c->attr[SG_CONV_GROUPS].i, channels, out[2];
    char s[SG_SHAPE_TEXT];
    sg_status status = sg_conv_check_pairs(c);
    if (status == SG_OK) status = sg_conv_check_pair(c, SIZE, "size");
    if (status == SG_OK) status = sg_conv_check_map(c, DY, "dy", "[b, out, rows, columns]");
    if (status == SG_OK) status = sg_conv_check_map(c, WEIGHT, "weight", "[out, c / groups, kh, kw]");
    if (status != SG_OK) return status;
    if (w->dim[0] % groups || __builtin_mul_overflow(w->dim[1], groups, &channels))
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_CONV_GROUPS,
                          "%lld output channel%s %s not divide into %lld groups", (long long)w->dim[0],
                          sg_plural(w->dim[0]), w->dim[0] == 1 ? "does" : "do", (long long)groups);
    c->out[0] = (sg_typed){c->in[DY].type, SG_SHAPE(dy->dim[0], channels, sg_conv_pair(&c->attr[SIZE], 0),
                                                    sg_conv_pair(&c->attr[SIZE], 1))};
    status = sg_conv_out_size(c, WEIGHT, &c->out[0].shape.dim[2], &w->dim[2], out);
    if (status != SG_OK) return status;
    if (dy->dim[1] != w->dim[0] || dy->dim[2] != out[0] || dy->dim[3] != out[1])
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy must be [b, %lld, %lld, %lld], but is %s",
                          (long long)w->dim[0], (long long)out[0], (long long)out[1], sg_shape_words(dy, s));
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_conv v = sg_conv_of(s->attr, s->in[DY].type, &s->out[0].shape, &s->in[WEIGHT].shape, &s->in[DY].shape);
    const size_t turned = sg_conv_turned_scratch(&v, s->in[DY].type, v.batch, true);
    d->scratch = sg_conv_scratch(&v, s->in[DY].type);
    if (turned > d->scratch) d->scratch = turned;
    if (v.batch < 1) return;
    d->items = v.batch;
    d->in[DY] = d->out[0] = SG_OWN;
}

static void convolve(const sg_task *task, bool packed) {
    const sg_tensor *dy = &task->in[DY], *weight = &task->in[WEIGHT], *dx = &task->out[0];
    sg_tensor none = {0};
    sg_conv v = sg_conv_of(task->attr, dy->type, &dx->shape, &weight->shape, &dy->shape);
    sg_conv_transposed_run(task, &v, dy, weight, packed, &none, dx);
}

static void run(const sg_task *task) {
    convolve(task, false);
}

static void run_packed(const sg_task *task) {
    convolve(task, true);
}

/* It is linear in dy and in the weight. */
static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    const sg_attr *attr = b->node->attr;
    const sg_shape w = sg_graph_value(g, b->in[WEIGHT])->shape;
    sg_arg args[] = {{"stride", attr[SG_CONV_STRIDE]},
                     {"pad", attr[SG_CONV_PAD]},
                     {"dilation", attr[SG_CONV_DILATION]},
                     {"groups", attr[SG_CONV_GROUPS]},
                     {0},
                     {0}};
    if (b->needed[DY]) b->dx[DY] = sg_graph_add(g, "conv2d", NULL, SG_IN(b->dy[0], b->in[WEIGHT]), args);
    if (b->needed[WEIGHT]) {
        args[SG_CONV_EXTRA] = sg_arg_ints("kernel", 2, &w.dim[2]);
        b->dx[WEIGHT] = sg_graph_add(g, "conv2d_weight_grad", NULL, SG_IN(b->dy[0], b->in[DY]), args);
    }
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    sg_conv v = sg_conv_of(s->attr, s->in[DY].type, &s->out[0].shape, &s->in[WEIGHT].shape, &s->in[DY].shape);
    return sg_conv_flops(&v);
}

static const sg_arg plain[] = {SG_ARG_INTS("size", 5, 6), {0}};
static const sg_arg spread[] = {SG_ARG_INTS("stride", 2, 3),
                                SG_ARG_INTS("dilation", 2, 1),
                                SG_ARG_INTS("pad", 1, 0),
                                SG_ARG_INTS("size", 8, 9),
                                {0}};
static const sg_arg halved[] = {
    SG_ARG_INTS("stride", 2), SG_ARG_INTS("pad", 1), SG_ARG_INTS("size", 6, 5), {0}};
static const sg_arg patches[] = {SG_ARG_INTS("stride", 4), SG_ARG_INTS("size", 9, 8), {0}};
static const sg_arg grouped[] = {SG_ARG_INT("groups", 2), SG_ARG_INTS("pad", 1), SG_ARG_INTS("size", 4), {0}};
static const sg_arg square[] = {SG_ARG_INTS("size", 4), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(REAL(2, 4, 3, 5), REAL(4, 3, 3, 2)), .args = plain},
    {.name = "spread", SG_INPUTS(REAL(2, 3, 3, 3), REAL(3, 2, 3, 3)), .args = spread},
    {.name = "patches", SG_INPUTS(REAL(2, 5, 2, 2), REAL(5, 3, 4, 4)), .args = patches},
    {.name = "grouped", SG_INPUTS(REAL(2, 6, 4, 4), REAL(6, 2, 3, 3)), .args = grouped},
    {.name = "samples", SG_INPUTS(REAL(16, 5, 3, 3), REAL(5, 3, 3, 3)), .args = halved},
    {.name = "grouped_samples", SG_INPUTS(REAL(16, 6, 4, 4), REAL(6, 2, 3, 3)), .args = grouped},
    {.name = "depthwise", SG_INPUTS(REAL(2, 2, 4, 4), REAL(2, 1, 3, 3)), .args = grouped},
    {.name = "pointwise", SG_INPUTS(REAL(2, 5, 4, 4), REAL(5, 3, 1, 1)), .args = square},
    {.name = "empty", SG_INPUTS(REAL(0, 5, 4, 4), REAL(5, 3, 1, 1)), .args = square},
    {.name = "size",
     SG_INPUTS(REAL(2, 4, 3, 5), REAL(4, 3, 3, 2)),
     .args = square,
     .message = "dy must be [b, 4, 2, 3], but is [2, 4, 3, 5]"},
    {.name = "groups",
     SG_INPUTS(REAL(2, 5, 4, 4), REAL(5, 2, 3, 3)),
     .args = grouped,
     .message = "5 output channels do not divide into 2 groups"},
    {.name = NULL},
};

#define ATTRS                                                                                              \
    SG_CONV_ATTRS, {                                                                                       \
        .name = "size", .type = SG_ATTR_INTS, .doc = "rows and columns of the input", .min = 0, .max = 1e9 \
    }
const sg_op sg_op_conv2d_input_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "conv2d_input_grad",
               .doc = "gradient of conv2d's input: the transposed convolution",
               .attrs = SG_ATTRS(ATTRS)},
    .family = "convolution",
    .in = {{"dy", "[b, out, rows, columns]", 0}, {"weight", "[out, c / groups, kh, kw]", 0}},
    .out = {{"dx", "[b, c, h, w]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};

const sg_op sg_packed_conv2d_input_grad_op = {
    .schema = {.kind = SG_KIND_OP,
               .name = "packed_conv2d_input_grad",
               .doc = "conv2d_input_grad of a packed weight",
               .attrs = SG_ATTRS(ATTRS)},
    .family = "convolution",
    .in = {{"dy", "[b, out, rows, columns]", 0}, {"packed", "[out, c, kh, kw]", 0}},
    .out = {{"dx", "[b, c, h, w]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run_packed}},
    .flops = flops,
};
