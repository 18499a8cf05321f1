/* batch_moments: mean and variance of each channel over samples and positions. */
#include <math.h>

#include "ops/channel.h"
#include "ops/elementwise.h"

enum { MEAN, VARIANCE, UNBIASED };

static sg_status infer(sg_infer *c) {
    sg_status status = sg_channel_check(c, 0);
    if (status != SG_OK) return status;
    char s[SG_SHAPE_TEXT];
    if (sg_channel_count(&c->in[0].shape) < 1)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x %s has nothing to average over",
                          sg_shape_words(&c->in[0].shape, s));
    for (int k = MEAN; k <= UNBIASED; k++)
        c->out[k] = (sg_typed){c->in[0].type, SG_SHAPE(c->in[0].shape.dim[1])};
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[0].shape;
    d->items = x->dim[0];
    d->in[0] = SG_OWN;
    for (int k = MEAN; k <= UNBIASED; k++) d->out[k] = SG_SUM;
    d->acc_count = 2; /* sums of x and of x^2, in f64 */
    for (int k = 0; k < 2; k++) {
        d->acc[k].type = SG_F64;
        d->acc[k].elements = x->dim[1];
    }
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[0];
    int64_t channels = x->shape.dim[1], n = sg_channel_row(&x->shape);
    double *sum = task->acc[0], *squares = task->acc[1];
    const char *at = x->data;
    for (int64_t i = 0; i < x->shape.dim[0]; i++)
        for (int64_t c = 0; c < channels; c++, at += (size_t)n * sg_type_size(x->type)) {
            sum[c] += sg_channel_sum(task->loops, x->type, n, at);
            squares[c] += sg_channel_dot(task->loops, x->type, n, at, at);
        }
}

static void finish(const sg_task *task) {
    const sg_shape *x = &task->signature->in[0].shape;
    const double *sum = task->acc[0], *squares = task->acc[1];
    double n = (double)sg_channel_count(x);
    for (int64_t c = 0; c < x->dim[1]; c++) {
        double mean = sum[c] / n, spread = squares[c] - sum[c] * mean;
        if (spread < 0) spread = 0; /* rounding; NaN stays */
        if (task->out[MEAN].data) sg_tensor_set(&task->out[MEAN], c, mean);
        if (task->out[VARIANCE].data) sg_tensor_set(&task->out[VARIANCE], c, spread / n);
        if (task->out[UNBIASED].data) sg_tensor_set(&task->out[UNBIASED], c, spread / (n > 1 ? n - 1 : 1));
    }
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] =
        sg_emit(b->graph, "batch_moments_grad", SG_IN(b->in[0], b->out[MEAN], b->dy[MEAN], b->dy[VARIANCE]));
    return sg_graph_status(b->graph, NULL);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[0];
    sg_shape shape = sg_graph_value(g, x)->shape;
    int64_t axes[SG_MAX_RANK] = {0};
    for (int d = 2; d < shape.rank; d++) axes[d - 1] = d;
    sg_arg axis = sg_arg_ints("axis", shape.rank - 1, axes);
    double n = (double)sg_channel_count(&shape);
    sg_value mean = sg_emit(g, "mean", SG_IN(x), axis);
    sg_value centred = sg_emit(g, "sub", SG_IN(x, sg_channel_spread(g, mean, x)));
    e->out[MEAN] = mean;
    e->out[VARIANCE] = sg_emit(g, "mean", SG_IN(sg_emit(g, "square", SG_IN(centred))), axis);
    sg_value factor = sg_scalar_like(g, n > 1 ? n / (n - 1) : n, x);
    e->out[UNBIASED] = sg_emit(g, "mul", SG_IN(e->out[VARIANCE], factor));
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    return 3.0 * (double)sg_shape_elements(&s->in[0].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "images", .in = {REAL(3, 4, 5, 6)}, .in_count = 1},
    {.name = "shifted",
     .in = {{.type = SG_F32, .shape = SG_DIMS(4, 2, 7), .low = 100, .high = 101}},
     .in_count = 1},
    {.name = "rows", .in = {REAL(9, 3)}, .in_count = 1},
    {.name = "one", .in = {REAL(1, 2, 1, 1)}, .in_count = 1},
    {.name = "no_channel", .in = {REAL(2, 0, 3)}, .in_count = 1},
    {.name = "nothing",
     .in = {REAL(2, 3, 0)},
     .in_count = 1,
     .message = "x [2, 3, 0] has nothing to average over"},
    {.name = "flat",
     .in = {REAL(5)},
     .in_count = 1,
     .message = "x must be [samples, channels, ...], not [5]"},
    {.name = "integers",
     .in = {{.type = SG_I32, .shape = SG_DIMS(2, 3)}},
     .in_count = 1,
     .message = "x must be f32 or f64, not i32"},
    {.name = NULL},
};

const sg_op sg_op_batch_moments = {
    .schema = {.kind = SG_KIND_OP,
               .name = "batch_moments",
               .doc = "mean and variance of each channel over all samples of the batch and all positions"},
    .family = "reduction",
    .in = {{"x", "[samples, channels, ...]", 0}},
    .out = {{"mean", "[channels]", 0},
            {"variance", "[channels], the mean square distance from the mean", 0},
            {"unbiased", "[channels], the variance times n / (n - 1), for running statistics",
             SG_PORT_NO_GRADIENT}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .finish = finish,
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
