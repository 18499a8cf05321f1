/* batch_norm_grad: the gradients of batch_norm in one pass over x and dy. With a = sum(dy), b = sum(dy * (x -
 * mean)) over a channel and r = 1 / sqrt(variance + eps):
 *   dx = dy * weight * r;  dmean = -weight * r * a;  dvariance = -weight * r^3 * b / 2;
 *   dweight = r * b;  dbias = a. */
#include <math.h>

#include "ops/channel.h"
#include "ops/elementwise.h"

enum { X, MEAN, VARIANCE, DY, WEIGHT };
enum { DX, DMEAN, DVARIANCE, DWEIGHT, DBIAS };
enum { EPS };

static sg_status infer(sg_infer *c) {
    sg_status status = sg_channel_check(c, X);
    if (status == SG_OK) status = sg_channel_check_vector(c, X, MEAN, "mean");
    if (status == SG_OK) status = sg_channel_check_vector(c, X, VARIANCE, "variance");
    if (status == SG_OK) status = sg_channel_check_vector(c, X, WEIGHT, "weight");
    if (status != SG_OK) return status;
    if (!sg_shape_equal(&c->in[X].shape, &c->in[DY].shape) || c->in[X].type != c->in[DY].type)
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy must have the shape and type of x");
    c->out[DX] = c->in[X];
    for (int k = DMEAN; k <= DBIAS; k++)
        c->out[k] = (sg_typed){c->in[X].type, SG_SHAPE(c->in[X].shape.dim[1])};
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (x->dim[0] > 0) {
        d->items = x->dim[0];
        d->in[X] = d->in[DY] = d->out[DX] = SG_OWN;
    }
    for (int k = DMEAN; k <= DBIAS; k++) d->out[k] = SG_SUM;
    d->acc_count = 2; /* a and b of every channel */
    for (int k = 0; k < 2; k++) {
        d->acc[k].type = SG_F64;
        d->acc[k].elements = x->dim[1];
    }
    d->scratch = (size_t)sg_channel_row(x) * sg_type_size(s->in[X].type);
}

static double reciprocal(const sg_task *task, int64_t channel) {
    return 1 / sqrt(sg_channel_number(&task->in[VARIANCE], channel, 0) + task->attr[EPS].f);
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X];
    int64_t channels = x->shape.dim[1], n = sg_channel_row(&x->shape);
    size_t row = (size_t)n * sg_type_size(x->type);
    double *a = task->acc[0], *b = task->acc[1];
    const bool *wanted = task->signature->wanted;
    bool sums = wanted[DMEAN] || wanted[DVARIANCE] || wanted[DWEIGHT] || wanted[DBIAS];
    for (int64_t i = 0; i < x->shape.dim[0] * channels; i++) {
        int64_t c = i % channels;
        const char *dy = (const char *)task->in[DY].data + (size_t)i * row;
        if (sums) {
            sg_channel_affine(task->loops, x->type, n, (const char *)x->data + (size_t)i * row,
                              sg_channel_number(&task->in[MEAN], c, 0), 1, 0, task->scratch);
            a[c] += sg_channel_sum(task->loops, x->type, n, dy);
            b[c] += sg_channel_dot(task->loops, x->type, n, dy, task->scratch);
        }
        if (task->out[DX].data)
            sg_channel_affine(task->loops, x->type, n, dy, 0,
                              reciprocal(task, c) * sg_channel_number(&task->in[WEIGHT], c, 1), 0,
                              (char *)task->out[DX].data + (size_t)i * row);
    }
}

static void finish(const sg_task *task) {
    const double *a = task->acc[0], *b = task->acc[1];
    for (int64_t c = 0; c < task->signature->in[X].shape.dim[1]; c++) {
        double r = reciprocal(task, c), weight = sg_channel_number(&task->in[WEIGHT], c, 1);
        double numbers[] = {0, -weight * r * a[c], -weight * r * r * r * b[c] / 2, r * b[c], a[c]};
        for (int k = DMEAN; k <= DBIAS; k++)
            if (task->out[k].data) sg_tensor_set(&task->out[k], c, numbers[k]);
    }
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[X], dy = e->in[DY], weight = e->in[WEIGHT];
    sg_shape shape = sg_graph_value(g, x)->shape;
    int64_t axes[SG_MAX_RANK] = {0};
    for (int d = 2; d < shape.rank; d++) axes[d - 1] = d;
    sg_arg axis = sg_arg_ints("axis", shape.rank - 1, axes);
    sg_value eps = sg_scalar_like(g, e->node->attr[EPS].f, x);
    sg_value r = sg_emit(g, "rsqrt", SG_IN(sg_emit(g, "add", SG_IN(e->in[VARIANCE], eps)))), factor = r;
    if (e->node->in_count > WEIGHT && weight != SG_NO_VALUE) factor = sg_emit(g, "mul", SG_IN(r, weight));
    sg_value centred = sg_emit(g, "sub", SG_IN(x, sg_channel_spread(g, e->in[MEAN], x)));
    sg_value a = sg_emit(g, "sum", SG_IN(dy), axis),
             b = sg_emit(g, "sum", SG_IN(sg_emit(g, "mul", SG_IN(dy, centred))), axis);
    e->out[DX] = sg_emit(g, "mul", SG_IN(dy, sg_channel_spread(g, factor, x)));
    e->out[DMEAN] = sg_emit(g, "neg", SG_IN(sg_emit(g, "mul", SG_IN(factor, a))));
    sg_value half = sg_emit(g, "mul", SG_IN(sg_emit(g, "square", SG_IN(r)), sg_scalar_like(g, -0.5, x)));
    e->out[DVARIANCE] = sg_emit(g, "mul", SG_IN(sg_emit(g, "mul", SG_IN(factor, half)), b));
    e->out[DWEIGHT] = sg_emit(g, "mul", SG_IN(r, b));
    e->out[DBIAS] = a;
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 6.0 * (double)sg_shape_elements(&s->in[X].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define SPREAD(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 2 }
static const sg_sample samples[] = {
    {
        .name = "images",
        SG_INPUTS(REAL(3, 4, 5, 6), REAL(4), SPREAD(4), REAL(3, 4, 5, 6), REAL(4)),
    },
    {
        .name = "plain",
        SG_INPUTS(REAL(5, 2), REAL(2), SPREAD(2), REAL(5, 2)),
    },
    {
        .name = "empty",
        SG_INPUTS(REAL(0, 2, 3), REAL(2), SPREAD(2), REAL(0, 2, 3)),
    },
    {.name = "dy",
     SG_INPUTS(REAL(5, 2), REAL(2), SPREAD(2), REAL(4, 2)),
     .message = "dy must have the shape and type of x"},
    {.name = NULL},
};

const sg_op sg_op_batch_norm_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "batch_norm_grad",
               .doc = "gradients of batch_norm",
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
           {"dy", "gradient of y", 0},
           {"weight", "[channels]", SG_PORT_OPTIONAL}},
    .out = {{"dx", "gradient of x where mean and variance are fixed", 0},
            {"dmean", "[channels]", 0},
            {"dvariance", "[channels]", 0},
            {"dweight", "[channels]", 0},
            {"dbias", "[channels]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .finish = finish,
    .inplace = {{DY, DX}},
    .inplace_count = 1,
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
