/* conv_transpose2d: two-dimensional transposed convolution, as PyTorch: conv2d's gradient as a forward op. */
#include "base/checked.h"
#include "ops/conv_turned.h"

enum { X, WEIGHT, BIAS };
enum { OUTPUT_PAD = SG_CONV_EXTRA };

/* (size - 1) * stride - 2 * pad + dilation * (kernel - 1) + output_pad + 1 */
static bool grown_size(const sg_attr *attr, int axis, int64_t size, int64_t kernel, int64_t *out) {
    int64_t pad = sg_conv_pair(&attr[SG_CONV_PAD], axis), steps, reach;
    return size > 0 && kernel > 0 &&
           sg_int_mul(size - 1, sg_conv_pair(&attr[SG_CONV_STRIDE], axis), &steps) &&
           sg_int_mul(kernel - 1, sg_conv_pair(&attr[SG_CONV_DILATION], axis), &reach) &&
           sg_int_add(steps, reach, out) &&
           sg_int_add(*out, sg_conv_pair(&attr[OUTPUT_PAD], axis) + 1 - 2 * pad, out) && *out > 0;
}

static sg_status infer(sg_infer *c) {
    const sg_shape *x = &c->in[X].shape, *w = &c->in[WEIGHT].shape, *b = &c->in[BIAS].shape;
    int64_t groups = c->attr[SG_CONV_GROUPS].i, channels = 0;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    sg_status status = sg_conv_check_pairs(c);
    if (status == SG_OK) status = sg_conv_check_pair(c, OUTPUT_PAD, "output_pad");
    if (status == SG_OK) status = sg_conv_check_map(c, X, "x", "[b, c, h, w]");
    if (status == SG_OK) status = sg_conv_check_map(c, WEIGHT, "weight", "[c, out / groups, kh, kw]");
    if (status != SG_OK) return status;
    if (w->dim[0] != x->dim[1])
        return sg_fail_at(c->error, SG_BLAME_INPUT, WEIGHT,
                          "weight must be [%lld, out / groups, kh, kw] for x %s, but is %s",
                          (long long)x->dim[1], sg_shape_words(x, s), sg_shape_words(w, t));
    if (w->dim[0] % groups || !sg_int_mul(w->dim[1], groups, &channels))
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_CONV_GROUPS,
                          "%lld channel%s %s not divide into %lld groups", (long long)w->dim[0],
                          sg_plural(w->dim[0]), w->dim[0] == 1 ? "does" : "do", (long long)groups);
    if (c->present[BIAS] && (b->rank != 1 || b->dim[0] != channels || c->in[BIAS].type != c->in[X].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, BIAS,
                          "bias must be %s [%lld] for weight %s, but is %s %s", sg_type_name(c->in[X].type),
                          (long long)channels, sg_shape_words(w, s), sg_type_name(c->in[BIAS].type),
                          sg_shape_words(b, t));
    c->out[0] = (sg_typed){c->in[X].type, SG_SHAPE(x->dim[0], channels, 0, 0)};
    for (int d = 0; d < 2; d++) {
        int64_t more = sg_conv_pair(&c->attr[OUTPUT_PAD], d),
                stride = sg_conv_pair(&c->attr[SG_CONV_STRIDE], d);
        if (more >= stride)
            return sg_fail_at(c->error, SG_BLAME_ATTR, OUTPUT_PAD,
                              "output_pad %lld must be smaller than stride %lld", (long long)more,
                              (long long)stride);
        if (!grown_size(c->attr, d, x->dim[2 + d], w->dim[2 + d], &c->out[0].shape.dim[2 + d]))
            return sg_fail_at(c->error, SG_BLAME_INPUT, WEIGHT,
                              "x %s and weight %s leave nothing of axis %d with these strides and pads",
                              sg_shape_words(x, s), sg_shape_words(w, t), 2 + d);
    }
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_conv v = sg_conv_of(s->attr, s->in[X].type, &s->out[0].shape, &s->in[WEIGHT].shape, &s->in[X].shape);
    const size_t turned = sg_conv_turned_scratch(&v, s->in[X].type, v.batch, true);
    d->scratch = sg_conv_scratch(&v, s->in[X].type);
    if (turned > d->scratch) d->scratch = turned;
    if (v.batch < 1) return;
    d->items = v.batch;
    d->in[X] = d->out[0] = SG_OWN;
}

static void convolve(const sg_task *task, bool packed) {
    const sg_tensor *x = &task->in[X], *weight = &task->in[WEIGHT], *y = &task->out[0];
    sg_conv v = sg_conv_of(task->attr, x->type, &y->shape, &weight->shape, &x->shape);
    sg_conv_transposed_run(task, &v, x, weight, packed, &task->in[BIAS], y);
}

static void run(const sg_task *task) {
    convolve(task, false);
}

static void run_packed(const sg_task *task) {
    convolve(task, true);
}

/* With conv2d's ops, whose output is x: dx = conv2d(dy), dweight = conv2d_weight_grad(dy, x). */
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
    if (b->needed[X]) b->dx[X] = sg_graph_add(g, "conv2d", NULL, SG_IN(b->dy[0], b->in[WEIGHT]), args);
    if (b->needed[WEIGHT]) {
        args[SG_CONV_EXTRA] = sg_arg_ints("kernel", 2, &w.dim[2]);
        b->dx[WEIGHT] = sg_graph_add(g, "conv2d_weight_grad", NULL, SG_IN(b->dy[0], b->in[X]), args);
    }
    if (b->node->in_count > BIAS && b->needed[BIAS])
        b->dx[BIAS] = sg_emit(g, "sum", SG_IN(b->dy[0]), sg_arg_ints("axis", 3, (const int64_t[]){0, 2, 3}));
    return sg_graph_status(g, NULL);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    const sg_attr *attr = e->node->attr;
    const sg_shape y = sg_graph_value(g, e->node->out[0])->shape;
    sg_arg args[] = {{"stride", attr[SG_CONV_STRIDE]},     {"pad", attr[SG_CONV_PAD]},
                     {"dilation", attr[SG_CONV_DILATION]}, {"groups", attr[SG_CONV_GROUPS]},
                     sg_arg_ints("size", 2, &y.dim[2]),    {0}};
    e->out[0] = sg_graph_add(g, "conv2d_input_grad", NULL, SG_IN(e->in[X], e->in[WEIGHT]), args);
    if (e->node->in_count > BIAS && e->in[BIAS] != SG_NO_VALUE) {
        sg_shape channels = SG_SHAPE(y.dim[1], 1, 1);
        sg_value bias = sg_emit(g, "reshape", SG_IN(e->in[BIAS]), sg_arg_shape("shape", &channels));
        e->out[0] = sg_emit(g, "add", SG_IN(e->out[0], bias));
    }
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    sg_conv v = sg_conv_of(s->attr, s->in[X].type, &s->out[0].shape, &s->in[WEIGHT].shape, &s->in[X].shape);
    return sg_conv_flops(&v);
}

static const sg_arg doubled[] = {
    SG_ARG_INTS("stride", 2), SG_ARG_INTS("pad", 1), SG_ARG_INTS("output_pad", 1), {0}};
static const sg_arg patches[] = {SG_ARG_INTS("stride", 4), {0}};
static const sg_arg spread[] = {SG_ARG_INTS("stride", 2, 3),
                                SG_ARG_INTS("dilation", 1, 2),
                                SG_ARG_INTS("pad", 1, 0),
                                SG_ARG_INTS("output_pad", 0, 2),
                                {0}};
static const sg_arg grouped[] = {SG_ARG_INT("groups", 2), SG_ARG_INTS("stride", 2), {0}};
static const sg_arg much[] = {SG_ARG_INTS("output_pad", 1), {0}};
static const sg_arg padded[] = {SG_ARG_INTS("pad", 2), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(REAL(2, 4, 3, 4), REAL(4, 3, 3, 2), REAL(3))},
    {.name = "doubled", SG_INPUTS(REAL(2, 3, 3, 4), REAL(3, 2, 3, 3), REAL(2)), .args = doubled},
    {.name = "patches", SG_INPUTS(REAL(2, 3, 2, 3), REAL(3, 2, 4, 4), REAL(2)), .args = patches},
    {.name = "spread", SG_INPUTS(REAL(2, 3, 3, 2), REAL(3, 2, 3, 3)), .args = spread},
    {.name = "grouped", SG_INPUTS(REAL(2, 4, 3, 3), REAL(4, 3, 2, 2), REAL(6)), .args = grouped},
    {.name = "samples", SG_INPUTS(REAL(16, 3, 3, 4), REAL(3, 2, 3, 3), REAL(2)), .args = doubled},
    {.name = "odd_samples", SG_INPUTS(REAL(17, 3, 3, 2), REAL(3, 2, 3, 3)), .args = spread},
    {.name = "grouped_samples", SG_INPUTS(REAL(16, 4, 3, 3), REAL(4, 3, 2, 2), REAL(6)), .args = grouped},
    {.name = "wide", SG_INPUTS(REAL(9, 2, 2, 16), REAL(2, 9, 3, 3), REAL(9)), .args = doubled},
    {.name = "depthwise", SG_INPUTS(REAL(2, 2, 3, 4), REAL(2, 1, 3, 3), REAL(2)), .args = grouped},
    {.name = "pointwise", SG_INPUTS(REAL(2, 4, 3, 3), REAL(4, 5, 1, 1), REAL(5))},
    {.name = "wide_pointwise", SG_INPUTS(REAL(2, 4, 14, 14), REAL(4, 5, 1, 1), REAL(5))},
    {.name = "empty", SG_INPUTS(REAL(0, 4, 3, 3), REAL(4, 5, 1, 1), REAL(5))},
    {.name = "channels",
     SG_INPUTS(REAL(2, 4, 3, 3), REAL(5, 4, 1, 1)),
     .message = "weight must be [4, out / groups, kh, kw] for x [2, 4, 3, 3], but is [5, 4, 1, 1]"},
    {.name = "groups",
     SG_INPUTS(REAL(2, 3, 3, 3), REAL(3, 4, 1, 1)),
     .args = grouped,
     .message = "3 channels do not divide into 2 groups"},
    {.name = "bias_shape",
     SG_INPUTS(REAL(2, 4, 3, 3), REAL(4, 3, 2, 2), REAL(3)),
     .args = grouped,
     .message = "bias must be f32 [6] for weight [4, 3, 2, 2], but is f32 [3]"},
    {.name = "much",
     SG_INPUTS(REAL(2, 4, 3, 3), REAL(4, 3, 2, 2)),
     .args = much,
     .message = "output_pad 1 must be smaller than stride 1"},
    {.name = "nothing",
     SG_INPUTS(REAL(2, 4, 3, 2), REAL(4, 3, 2, 2)),
     .args = padded,
     .message = "x [2, 4, 3, 2] and weight [4, 3, 2, 2] leave nothing of axis 2 with these strides and pads"},
    {.name = NULL},
};

#define ATTRS \
    SG_CONV_ATTRS, SG_CONV_PAIR("output_pad", 0, "0", "rows and columns added at the end; less than stride")
const sg_op sg_op_conv_transpose2d = {
    .schema = {.kind = SG_KIND_OP,
               .name = "conv_transpose2d",
               .doc = "two-dimensional transposed convolution, as torch.nn.functional.conv_transpose2d",
               .attrs = SG_ATTRS(ATTRS)},
    .family = "convolution",
    .in = {{"x", "[b, c, h, w]", 0},
           {"weight", "[c, out / groups, kh, kw]", 0},
           {"bias", "[out]", SG_PORT_OPTIONAL}},
    .out = {{"y", "[b, out, rows, columns]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .samples = samples,
};

const sg_op sg_packed_conv_transpose2d_op = {
    .schema = {.kind = SG_KIND_OP,
               .name = "packed_conv_transpose2d",
               .doc = "conv_transpose2d of a packed weight",
               .attrs = SG_ATTRS(ATTRS)},
    .family = "convolution",
    .in = {{"x", "[b, c, h, w]", 0}, {"packed", "[c, out, kh, kw]", 0}, {"bias", "[out]", SG_PORT_OPTIONAL}},
    .out = {{"y", "[b, out, rows, columns]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run_packed}},
    .flops = flops,
};
