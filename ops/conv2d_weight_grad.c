/* conv2d_weight_grad: the gradients of conv2d's weight and bias. */
#include <string.h>

#include "kernel/loops.h"
#include "ops/conv_lined.h"
#include "ops/conv_turned.h"

enum { X, DY };
enum { DWEIGHT, DBIAS };
enum { KERNEL = SG_CONV_EXTRA };
enum { FEW_CHANNELS = 4 };

static sg_status infer(sg_infer *c) {
    const sg_shape *x = &c->in[X].shape, *dy = &c->in[DY].shape;
    int64_t groups = c->attr[SG_CONV_GROUPS].i, out[2];
    char s[SG_SHAPE_TEXT];
    sg_status status = sg_conv_check_pairs(c);
    if (status == SG_OK) status = sg_conv_check_pair(c, KERNEL, "kernel");
    if (status == SG_OK) status = sg_conv_check_map(c, X, "x", "[b, c, h, w]");
    if (status == SG_OK) status = sg_conv_check_map(c, DY, "dy", "[b, out, rows, columns]");
    if (status != SG_OK) return status;
    if (x->dim[1] % groups || dy->dim[1] % groups)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_CONV_GROUPS,
                          "%lld and %lld channels do not divide into %lld groups", (long long)x->dim[1],
                          (long long)dy->dim[1], (long long)groups);
    c->out[DWEIGHT] =
        (sg_typed){c->in[X].type, SG_SHAPE(dy->dim[1], x->dim[1] / groups, sg_conv_pair(&c->attr[KERNEL], 0),
                                           sg_conv_pair(&c->attr[KERNEL], 1))};
    c->out[DBIAS] = (sg_typed){c->in[X].type, SG_SHAPE(dy->dim[1])};
    status = sg_conv_out_size(c, X, &x->dim[2], &c->out[DWEIGHT].shape.dim[2], out);
    if (status != SG_OK) return status;
    if (dy->dim[0] != x->dim[0] || dy->dim[2] != out[0] || dy->dim[3] != out[1])
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy must be [%lld, out, %lld, %lld], but is %s",
                          (long long)x->dim[0], (long long)out[0], (long long)out[1], sg_shape_words(dy, s));
    return SG_OK;
}

static sg_conv conv_of(const sg_signature *s, const sg_shape *x, const sg_shape *dy) {
    return sg_conv_of(s->attr, s->in[X].type, x, &s->out[DWEIGHT].shape, dy);
}

static size_t greater(size_t a, size_t b) {
    return a > b ? a : b;
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_conv v = conv_of(s, &s->in[X].shape, &s->in[DY].shape);
    d->scratch = greater(sg_conv_scratch(&v, s->in[X].type),
                         sg_conv_turned_weight_scratch(&v, s->in[X].type, v.batch));
    if (v.batch == 1 && sg_conv_panels(&v) > 1) {
        d->items = sg_conv_panels(&v); /* both inputs whole */
    } else if (v.batch > 0) {
        d->items = v.batch;
        d->in[X] = d->in[DY] = SG_OWN;
    }
    d->out[DWEIGHT] = d->out[DBIAS] = SG_SUM;
    d->acc_count = 2;
    for (int k = 0; k < 2; k++) {
        d->acc[k].type = k == DBIAS ? SG_F64 : s->in[X].type;
        d->acc[k].elements = sg_shape_elements(&s->out[k].shape);
    }
    if (sg_conv_turned_weight_samples(&v, s->in[X].type, v.batch) &&
        d->acc[DWEIGHT].elements < sg_conv_turned_sums(&v))
        d->acc[DWEIGHT].elements = sg_conv_turned_sums(&v);
}

/* Few are added faster without more ado. */
static double sum_f32(const sg_loops *loops, int64_t n, const float *x) {
    double sum = 0;
    if (n > 8) return loops->sum_f32(n, x);
    for (int64_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

/* sum[o] += row o of the outputs of a panel. */
static void add_rows(const sg_task *task, sg_type type, const sg_conv *v, const sg_conv_panel *panel,
                     const void *dy, double *sum) {
    const int64_t pixels = panel->rows * v->columns;
    for (int64_t s = panel->sample; s < panel->sample + panel->samples; s++)
        for (int64_t o = panel->group * v->out; o < (panel->group + 1) * v->out; o++) {
            int64_t at = (s * v->groups * v->out + o) * v->pixels + panel->row * v->columns;
            sum[o] += type == SG_F32 ? sum_f32(task->loops, pixels, (const float *)dy + at)
                                     : task->loops->sum_f64(pixels, (const double *)dy + at);
        }
}

/* How many samples at once over turned maps; 0: not so. */
static int64_t turned_samples(const sg_task *task, const sg_conv *v) {
    const sg_gemm_turned *products = sg_conv_turned(task);
    if (!products) return 0;
    /* Of few channels products read whole vectors of pixels where they stand. */
    if (v->in <= FEW_CHANNELS && v->columns % (products->lanes * products->unit) == 0) return 0;
    return sg_conv_turned_weight_samples(v, task->in[X].type, task->signature->in[X].shape.dim[0]);
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X], *dy = &task->in[DY];
    sg_type type = x->type;
    sg_conv v = conv_of(task->signature, &x->shape, &dy->shape);
    const int64_t samples = turned_samples(task, &v);
    if (samples && task->signature->wanted[DWEIGHT])
        sg_conv_turned_weight(sg_conv_turned(task), &v, samples, x->data, dy->data, task->acc[DWEIGHT],
                              task->scratch);
    sg_gemm_lined_function *lined = sg_conv_lined(task, &v, type);
    char *space = (char *)task->scratch + sg_conv_columns_bytes(&v, type);
    sg_conv_panel panel = {0};
    bool by_panel = task->signature->in[X].shape.dim[0] == 1 && task->items > 1;
    for (int64_t i = 0; sg_conv_next(&v, &panel); i++) {
        if (by_panel && (i < task->begin || i >= task->begin + task->count)) continue;
        if (task->signature->wanted[DBIAS])
            add_rows(task, type, &v, &panel, dy->data, (double *)task->acc[DBIAS]);
        if (!task->signature->wanted[DWEIGHT] || samples) continue;
        if (lined) {
            sg_conv_lined_weight(task, lined, &v, &panel, x->data, dy->data, task->acc[DWEIGHT]);
            continue;
        }
        if (v.planes) {
            size_t size = sg_type_size(type);
            int64_t plane = panel.sample * v.groups + panel.group;
            sg_conv_plane_weight(
                &v, task->loops, type, (const char *)x->data + (size_t)(plane * v.height * v.width) * size,
                (const char *)dy->data + (size_t)(plane * v.pixels) * size,
                (char *)task->acc[DWEIGHT] + (size_t)(panel.group * v.taps) * size, task->scratch);
            continue;
        }
        char *dw = (char *)task->acc[DWEIGHT] + (size_t)(panel.group * v.out * v.taps) * sg_type_size(type);
        sg_matrix outputs = sg_conv_outputs(&v, type, &panel, dy->data, space);
        sg_conv_get_outputs(&v, type, &panel, dy->data, &outputs);
        sg_matrix columns = sg_conv_columns(&v, type, &panel, x->data, task->scratch);
        sg_gemm(task, type, false, !v.patches, v.out, v.taps, panel.pixels, 1, outputs.data, outputs.distance,
                columns.data, columns.distance, 1, dw, v.taps);
    }
}

static void finish(const sg_task *task) {
    const sg_tensor *dweight = &task->out[DWEIGHT], *dbias = &task->out[DBIAS];
    if (dweight->data) {
        sg_conv v = conv_of(task->signature, &task->signature->in[X].shape, &task->signature->in[DY].shape);
        if (turned_samples(task, &v))
            sg_conv_turned_weight_write(sg_conv_turned(task), &v, task->acc[DWEIGHT], dweight->data);
        else if (sg_tensor_elements(dweight))
            memcpy(dweight->data, task->acc[DWEIGHT], sg_tensor_bytes(dweight));
    }
    const double *sums = task->acc[DBIAS];
    for (int64_t o = 0; dbias->data && o < sg_tensor_elements(dbias); o++)
        if (dbias->type == SG_F32)
            ((float *)dbias->data)[o] = (float)sums[o];
        else
            ((double *)dbias->data)[o] = sums[o];
}

/* It is linear in x and in dy. */
static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    const sg_attr *attr = b->node->attr;
    const sg_shape x = sg_graph_value(g, b->in[X])->shape, dy = sg_graph_value(g, b->in[DY])->shape;
    sg_value by_weight = b->dy[DWEIGHT], by_bias = b->dy[DBIAS];
    sg_arg args[] = {{"stride", attr[SG_CONV_STRIDE]},
                     {"pad", attr[SG_CONV_PAD]},
                     {"dilation", attr[SG_CONV_DILATION]},
                     {"groups", attr[SG_CONV_GROUPS]},
                     {0},
                     {0}};
    if (b->needed[DY]) {
        if (by_weight != SG_NO_VALUE)
            b->dx[DY] = sg_graph_add(g, "conv2d", NULL, SG_IN(b->in[X], by_weight, by_bias), args);
        else {
            sg_shape channels = SG_SHAPE(1, dy.dim[1], 1, 1);
            sg_value wide = sg_emit(g, "reshape", SG_IN(by_bias), sg_arg_shape("shape", &channels));
            b->dx[DY] = sg_emit(g, "broadcast_to", SG_IN(wide), sg_arg_shape("shape", &dy));
        }
    }
    if (b->needed[X] && by_weight != SG_NO_VALUE) {
        args[SG_CONV_EXTRA] = sg_arg_ints("size", 2, &x.dim[2]);
        b->dx[X] = sg_graph_add(g, "conv2d_input_grad", NULL, SG_IN(b->in[DY], by_weight), args);
    }
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    sg_conv v = conv_of(s, &s->in[X].shape, &s->in[DY].shape);
    return sg_conv_flops(&v);
}

static const sg_arg plain[] = {SG_ARG_INTS("kernel", 3, 2), {0}};
static const sg_arg spread[] = {SG_ARG_INTS("stride", 2, 3),
                                SG_ARG_INTS("dilation", 2, 1),
                                SG_ARG_INTS("pad", 1, 0),
                                SG_ARG_INTS("kernel", 3),
                                {0}};
static const sg_arg halved[] = {
    SG_ARG_INTS("stride", 2), SG_ARG_INTS("pad", 1), SG_ARG_INTS("kernel", 3), {0}};
static const sg_arg patches[] = {SG_ARG_INTS("stride", 4), SG_ARG_INTS("kernel", 4), {0}};
static const sg_arg grouped[] = {
    SG_ARG_INT("groups", 2), SG_ARG_INTS("pad", 1), SG_ARG_INTS("kernel", 3), {0}};
static const sg_arg padded[] = {SG_ARG_INTS("pad", 1), SG_ARG_INTS("kernel", 3), {0}};
static const sg_arg one[] = {SG_ARG_INTS("kernel", 1), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(REAL(2, 3, 5, 6), REAL(2, 4, 3, 5)), .args = plain},
    {.name = "spread", SG_INPUTS(REAL(2, 2, 8, 9), REAL(2, 3, 3, 3)), .args = spread},
    {.name = "patches", SG_INPUTS(REAL(2, 3, 9, 8), REAL(2, 5, 2, 2)), .args = patches},
    {.name = "grouped", SG_INPUTS(REAL(2, 4, 4, 4), REAL(2, 6, 4, 4)), .args = grouped},
    {.name = "samples", SG_INPUTS(REAL(9, 3, 5, 6), REAL(9, 18, 3, 3)), .args = halved},
    {.name = "odd_samples", SG_INPUTS(REAL(11, 2, 8, 9), REAL(11, 3, 3, 3)), .args = spread},
    {.name = "grouped_samples", SG_INPUTS(REAL(8, 4, 4, 4), REAL(8, 6, 4, 4)), .args = grouped},
    {.name = "few_channels", SG_INPUTS(REAL(8, 2, 2, 32), REAL(8, 3, 2, 32)), .args = padded},
    {.name = "channels", SG_INPUTS(REAL(9, 17, 4, 4), REAL(9, 4, 2, 2)), .args = halved},
    {.name = "depthwise", SG_INPUTS(REAL(2, 2, 4, 5), REAL(2, 2, 4, 5)), .args = grouped},
    {.name = "pointwise", SG_INPUTS(REAL(3, 3, 14, 14), REAL(3, 2, 14, 14)), .args = one},
    {.name = "empty", SG_INPUTS(REAL(0, 3, 2, 2), REAL(0, 2, 2, 2)), .args = one},
    {.name = "size",
     SG_INPUTS(REAL(2, 3, 5, 6), REAL(2, 4, 3, 4)),
     .args = plain,
     .message = "dy must be [2, out, 3, 5], but is [2, 4, 3, 4]"},
    {.name = "groups",
     SG_INPUTS(REAL(2, 4, 4, 4), REAL(2, 5, 4, 4)),
     .args = grouped,
     .message = "4 and 5 channels do not divide into 2 groups"},
    {.name = NULL},
};

const sg_op sg_op_conv2d_weight_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "conv2d_weight_grad",
               .doc = "gradients of conv2d's weight and bias",
               .attrs = SG_ATTRS(SG_CONV_ATTRS, {.name = "kernel",
                                                 .type = SG_ATTR_INTS,
                                                 .doc = "rows and columns of the kernel",
                                                 .min = 1,
                                                 .max = 1e9})},
    .family = "convolution",
    .in = {{"x", "[b, c, h, w]", 0}, {"dy", "[b, out, rows, columns]", 0}},
    .out = {{"dweight", "[out, c / groups, kh, kw]", 0}, {"dbias", "[out]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .finish = finish,
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
