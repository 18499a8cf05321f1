/* conv2d: two-dimensional convolution (cross-correlation), as PyTorch. */
#include "kernel/loops.h"
#include "ops/conv_lined.h"
#include "ops/conv_turned.h"
#include "ops/rows.h"

enum { X, WEIGHT, BIAS };

static sg_status infer(sg_infer *c) {
    const sg_shape *x = &c->in[X].shape, *w = &c->in[WEIGHT].shape, *b = &c->in[BIAS].shape;
    long long groups = (long long)c->attr[SG_CONV_GROUPS].i;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    sg_status status = sg_conv_check_pairs(c);
    if (status == SG_OK) status = sg_conv_check_map(c, X, "x", "[b, c, h, w]");
    if (status == SG_OK) status = sg_conv_check_map(c, WEIGHT, "weight", "[out, c / groups, kh, kw]");
    if (status != SG_OK) return status;
    if (x->dim[1] % groups || w->dim[1] != x->dim[1] / groups)
        return sg_fail_at(c->error, SG_BLAME_INPUT, WEIGHT,
                          "weight must be [out, %lld / %lld, kh, kw] for x %s, but is %s",
                          (long long)x->dim[1], groups, sg_shape_words(x, s), sg_shape_words(w, t));
    if (w->dim[0] % groups)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_CONV_GROUPS,
                          "%lld output channel%s %s not divide into %lld groups", (long long)w->dim[0],
                          sg_plural(w->dim[0]), w->dim[0] == 1 ? "does" : "do", groups);
    if (c->present[BIAS] && (b->rank != 1 || b->dim[0] != w->dim[0] || c->in[BIAS].type != c->in[X].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, BIAS,
                          "bias must be %s [%lld] for weight %s, but is %s %s", sg_type_name(c->in[X].type),
                          (long long)w->dim[0], sg_shape_words(w, s), sg_type_name(c->in[BIAS].type),
                          sg_shape_words(b, t));
    c->out[0] = (sg_typed){c->in[X].type, SG_SHAPE(x->dim[0], w->dim[0], 0, 0)};
    return sg_conv_out_size(c, WEIGHT, &x->dim[2], &w->dim[2], &c->out[0].shape.dim[2]);
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_conv v = sg_conv_of(s->attr, s->in[X].type, &s->in[X].shape, &s->in[WEIGHT].shape, &s->out[0].shape);
    const size_t turned = sg_conv_turned_scratch(&v, s->in[X].type, v.batch, false);
    d->scratch = sg_conv_scratch(&v, s->in[X].type);
    if (turned > d->scratch) d->scratch = turned;
    if (v.batch < 1) return;
    if (v.batch == 1 && sg_conv_panels(&v) > 1) {
        d->items = sg_conv_panels(&v);
        d->out[0] = SG_PART;
        return;
    }
    d->items = v.batch;
    d->in[X] = d->out[0] = SG_OWN;
}

/* Every row of outputs starts from its bias. */
static void fill(const sg_task *task, sg_type type, const sg_matrix *outputs, int64_t count, int64_t pixels,
                 int64_t first) {
    const void *bias = task->in[BIAS].data;
    for (int64_t o = 0; o < count; o++) {
        int64_t at = o * outputs->distance;
        if (type == SG_F32)
            task->loops->fill_f32(pixels, ((const float *)bias)[first + o], (float *)outputs->data + at);
        else
            task->loops->fill_f64(pixels, ((const double *)bias)[first + o], (double *)outputs->data + at);
    }
}

static void run_plane(const sg_task *task, const sg_conv *v, const sg_conv_panel *panel) {
    const sg_tensor *x = &task->in[X], *bias = &task->in[BIAS];
    size_t size = sg_type_size(x->type);
    int64_t plane = panel->sample * v->groups + panel->group;
    double start = !bias->data         ? 0
                   : x->type == SG_F32 ? (double)((const float *)bias->data)[panel->group]
                                       : ((const double *)bias->data)[panel->group];
    sg_conv_plane(v, task->loops, x->type,
                  (const char *)x->data + (size_t)(plane * v->height * v->width) * size,
                  (const char *)task->in[WEIGHT].data + (size_t)(panel->group * v->taps) * size, start,
                  (char *)task->out[0].data + (size_t)(plane * v->pixels) * size, task->scratch);
}

static void convolve(const sg_task *task, bool packed) {
    const sg_tensor *x = &task->in[X], *weight = &task->in[WEIGHT], *y = &task->out[0];
    bool bias = task->in[BIAS].data != NULL;
    bool by_panel = task->signature->in[X].shape.dim[0] == 1 && task->items > 1;
    sg_type type = x->type;
    sg_conv v = sg_conv_of(task->attr, type, &x->shape, &weight->shape, &y->shape);
    sg_gemm_lined_function *lined = sg_conv_lined(task, &v, type);
    char *space = (char *)task->scratch + sg_conv_columns_bytes(&v, type);
    const int64_t samples = sg_conv_turned_samples(&v, type, task->signature->in[X].shape.dim[0], false);
    if (samples && sg_conv_turned(task)) {
        sg_conv_turned_run(task, sg_conv_turned(task), &v, samples, false, x->data, weight->data, packed,
                           task->in[BIAS].data, y->data);
        return;
    }
    sg_conv_panel panel = {0};
    for (int64_t i = 0; sg_conv_next(&v, &panel); i++) {
        if (by_panel && (i < task->begin || i >= task->begin + task->count)) continue;
        if (v.planes) {
            run_plane(task, &v, &panel);
            continue;
        }
        if (lined) {
            sg_conv_lined_run(task, lined, &v, &panel, x->data, weight->data, task->in[BIAS].data, y->data);
            continue;
        }
        const char *w =
            (const char *)weight->data + (size_t)(panel.group * v.out * v.taps) * sg_type_size(type);
        sg_matrix columns = sg_conv_columns(&v, type, &panel, x->data, task->scratch);
        sg_matrix outputs = sg_conv_outputs(&v, type, &panel, y->data, space);
        if (bias) fill(task, type, &outputs, v.out, panel.pixels, panel.group * v.out);
        sg_gemm(task, type, false, v.patches, v.out, panel.pixels, v.taps, 1, w, v.taps, columns.data,
                columns.distance, bias ? 1 : 0, outputs.data, outputs.distance);
        sg_conv_put_outputs(&v, type, &panel, &outputs, y->data);
    }
}

static void run(const sg_task *task) {
    convolve(task, false);
}

static void run_packed(const sg_task *task) {
    convolve(task, true);
}

static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    const sg_attr *attr = b->node->attr;
    const sg_shape x = sg_graph_value(g, b->in[X])->shape, w = sg_graph_value(g, b->in[WEIGHT])->shape;
    sg_arg args[] = {{"stride", attr[SG_CONV_STRIDE]},
                     {"pad", attr[SG_CONV_PAD]},
                     {"dilation", attr[SG_CONV_DILATION]},
                     {"groups", attr[SG_CONV_GROUPS]},
                     {0},
                     {0}};
    if (b->needed[X]) {
        args[SG_CONV_EXTRA] = sg_arg_ints("size", 2, &x.dim[2]);
        b->dx[X] = sg_graph_add(g, "conv2d_input_grad", NULL, SG_IN(b->dy[0], b->in[WEIGHT]), args);
    }
    bool bias = b->node->in_count > BIAS && b->needed[BIAS];
    if (b->needed[WEIGHT] || bias) {
        args[SG_CONV_EXTRA] = sg_arg_ints("kernel", 2, &w.dim[2]);
        sg_value both = sg_graph_add(g, "conv2d_weight_grad", NULL, SG_IN(b->in[X], b->dy[0]), args);
        if (both == SG_NO_VALUE) return sg_graph_status(g, NULL);
        if (b->needed[WEIGHT]) b->dx[WEIGHT] = both;
        if (bias) b->dx[BIAS] = both + 1;
    }
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    sg_conv v = sg_conv_of(s->attr, s->in[X].type, &s->in[X].shape, &s->in[WEIGHT].shape, &s->out[0].shape);
    return sg_conv_flops(&v);
}

static const sg_arg padded[] = {SG_ARG_INTS("pad", 1), {0}};
static const sg_arg halved[] = {SG_ARG_INTS("stride", 2), SG_ARG_INTS("pad", 1), {0}};
static const sg_arg wide_pad[] = {SG_ARG_INTS("pad", 3, 2), SG_ARG_INTS("stride", 2, 1), {0}};
static const sg_arg spread[] = {
    SG_ARG_INTS("stride", 2, 3), SG_ARG_INTS("dilation", 2, 1), SG_ARG_INTS("pad", 1, 0), {0}};
static const sg_arg patches[] = {SG_ARG_INTS("stride", 4), {0}};
static const sg_arg small_patches[] = {SG_ARG_INTS("stride", 2), {0}};
static const sg_arg grouped[] = {SG_ARG_INT("groups", 2), SG_ARG_INTS("pad", 1), {0}};
static const sg_arg depthwise[] = {SG_ARG_INT("groups", 4), SG_ARG_INTS("pad", 1), {0}};
static const sg_arg depthwise_apart[] = {SG_ARG_INT("groups", 3),
                                         SG_ARG_INTS("pad", 2),
                                         SG_ARG_INTS("stride", 2),
                                         SG_ARG_INTS("dilation", 2),
                                         {0}};
static const sg_arg depthwise_wide[] = {SG_ARG_INT("groups", 3), SG_ARG_INTS("pad", 3, 2), {0}};
static const sg_arg depthwise_far[] = {SG_ARG_INT("groups", 2), SG_ARG_INTS("stride", 3), {0}};
static const sg_arg pointwise_groups[] = {SG_ARG_INT("groups", 2), {0}};
static const sg_arg three[] = {SG_ARG_INTS("stride", 1, 2, 3), {0}};
static const sg_arg still[] = {SG_ARG_INTS("stride", 0), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(REAL(2, 3, 5, 6), REAL(4, 3, 3, 2), REAL(4))},
    {.name = "padded", SG_INPUTS(REAL(2, 2, 4, 5), REAL(3, 2, 3, 3)), .args = padded},
    {.name = "wide_pad", SG_INPUTS(REAL(1, 1, 3, 2), REAL(2, 1, 3, 3), REAL(2)), .args = wide_pad},
    {.name = "spread", SG_INPUTS(REAL(2, 2, 8, 9), REAL(3, 2, 3, 3), REAL(3)), .args = spread},
    {.name = "pointwise", SG_INPUTS(REAL(2, 6, 3, 4), REAL(5, 6, 1, 1), REAL(5))},
    {.name = "wide_pointwise", SG_INPUTS(REAL(2, 3, 14, 15), REAL(2, 3, 1, 1), REAL(2))},
    {.name = "pointwise_groups",
     SG_INPUTS(REAL(2, 6, 3, 4), REAL(4, 3, 1, 1), REAL(4)),
     .args = pointwise_groups},
    {.name = "patches", SG_INPUTS(REAL(2, 3, 9, 8), REAL(5, 3, 4, 4), REAL(5)), .args = patches},
    {.name = "small_patches", SG_INPUTS(REAL(2, 3, 4, 5), REAL(5, 3, 2, 2)), .args = small_patches},
    {.name = "grouped", SG_INPUTS(REAL(2, 4, 4, 4), REAL(6, 2, 3, 3), REAL(6)), .args = grouped},
    {.name = "samples", SG_INPUTS(REAL(16, 3, 5, 6), REAL(4, 3, 3, 3), REAL(4)), .args = halved},
    {.name = "odd_samples", SG_INPUTS(REAL(17, 2, 8, 9), REAL(3, 2, 3, 3)), .args = spread},
    {.name = "grouped_samples", SG_INPUTS(REAL(16, 4, 3, 4), REAL(6, 2, 3, 3), REAL(6)), .args = grouped},
    {.name = "wide", SG_INPUTS(REAL(9, 2, 3, 32), REAL(9, 2, 3, 3), REAL(9)), .args = halved},
    {.name = "wide_padded", SG_INPUTS(REAL(2, 3, 3, 32), REAL(2, 3, 3, 3)), .args = padded},
    {.name = "depthwise", SG_INPUTS(REAL(2, 4, 5, 5), REAL(4, 1, 3, 3), REAL(4)), .args = depthwise},
    {.name = "depthwise_apart",
     SG_INPUTS(REAL(2, 3, 6, 7), REAL(3, 1, 3, 3), REAL(3)),
     .args = depthwise_apart},
    {.name = "depthwise_wide",
     SG_INPUTS(REAL(2, 3, 9, 12), REAL(3, 1, 7, 5), REAL(3)),
     .args = depthwise_wide},
    {.name = "depthwise_one", SG_INPUTS(REAL(1, 4, 3, 2), REAL(4, 1, 3, 3)), .args = depthwise},
    {.name = "depthwise_far", SG_INPUTS(REAL(2, 2, 8, 9), REAL(2, 1, 3, 2)), .args = depthwise_far},
    {.name = "strips", SG_INPUTS(REAL(2, 32, 24, 24), REAL(2, 32, 3, 3), REAL(2)), .args = padded},
    {.name = "one", SG_INPUTS(REAL(1, 1, 1, 1), REAL(1, 1, 1, 1))},
    {.name = "empty", SG_INPUTS(REAL(0, 2, 4, 4), REAL(3, 2, 3, 3), REAL(3))},
    {.name = "no_channels", SG_INPUTS(REAL(2, 0, 4, 4), REAL(3, 0, 3, 3), REAL(3))},
    {.name = "channels",
     SG_INPUTS(REAL(2, 3, 5, 5), REAL(4, 2, 3, 3)),
     .message = "weight must be [out, 3 / 1, kh, kw] for x [2, 3, 5, 5], but is [4, 2, 3, 3]"},
    {.name = "groups",
     SG_INPUTS(REAL(2, 4, 5, 5), REAL(3, 2, 3, 3)),
     .args = grouped,
     .message = "3 output channels do not divide into 2 groups"},
    {.name = "bias_shape",
     SG_INPUTS(REAL(2, 3, 5, 5), REAL(4, 3, 3, 3), REAL(3)),
     .message = "bias must be f32 [4] for weight [4, 3, 3, 3], but is f32 [3]"},
    {.name = "large_kernel",
     SG_INPUTS(REAL(2, 3, 5, 2), REAL(4, 3, 3, 3)),
     .message = "a kernel of 3 x 3 with these pads and dilations does not fit into 5 x 2"},
    {.name = "no_kernel",
     SG_INPUTS(REAL(2, 3, 5, 2), REAL(4, 3, 0, 1)),
     .message = "a kernel of 0 x 1 with these pads and dilations does not fit into 5 x 2"},
    {.name = "rank",
     SG_INPUTS(REAL(3, 5, 5), REAL(4, 3, 3, 3)),
     .message = "x must be [b, c, h, w], but is [3, 5, 5]"},
    {.name = "integers",
     SG_INPUTS({.type = SG_U8, .shape = SG_DIMS(2, 3, 5, 5)}, REAL(4, 3, 3, 3)),
     .message = "x must be a float, not u8"},
    {.name = "types",
     SG_INPUTS(REAL(2, 3, 5, 5), {.type = SG_F64, .shape = SG_DIMS(4, 3, 3, 3)}),
     .message = "weight is f64, but the first input is f32"},
    {.name = "three_strides",
     SG_INPUTS(REAL(2, 3, 5, 5), REAL(4, 3, 3, 3)),
     .args = three,
     .message = "stride must be one number or two, but has 3"},
    {.name = "still",
     SG_INPUTS(REAL(2, 3, 5, 5), REAL(4, 3, 3, 3)),
     .args = still,
     .message = "stride is 0, but must lie between 1 and 1e+06"},
    {.name = NULL},
};

const sg_op sg_op_conv2d = {
    .schema = {.kind = SG_KIND_OP,
               .name = "conv2d",
               .doc = "two-dimensional convolution without turning the kernel, as torch.nn.functional.conv2d",
               .attrs = SG_ATTRS(SG_CONV_ATTRS)},
    .family = "convolution",
    .in = {{"x", "[b, c, h, w]", 0},
           {"weight", "[out, c / groups, kh, kw]", 0},
           {"bias", "[out]", SG_PORT_OPTIONAL}},
    .out = {{"y", "[b, out, rows, columns]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .flops = flops,
    .rows = &sg_rows_tiles,
    .samples = samples,
};

const sg_op sg_packed_conv2d_op = {
    .schema = {.kind = SG_KIND_OP,
               .name = "packed_conv2d",
               .doc = "conv2d of a packed weight",
               .attrs = SG_ATTRS(SG_CONV_ATTRS)},
    .family = "convolution",
    .in = {{"x", "[b, c, h, w]", 0}, {"packed", "[out, c, kh, kw]", 0}, {"bias", "[out]", SG_PORT_OPTIONAL}},
    .out = {{"y", "[b, out, rows, columns]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run_packed}},
    .flops = flops,
};
