/* batch_moments: mean and variance of each channel over samples and positions, each of which may have a
 * weight.
 */
#include <math.h>

#include "ops/channel.h"
#include "ops/elementwise.h"

enum { X, WEIGHT };
enum { MEAN, VARIANCE, UNBIASED, COUNT };
enum { SUM, SQUARES, WEIGHTS };

static sg_status infer(sg_infer *c) {
    sg_status status = sg_channel_check(c, X);
    if (status == SG_OK) status = sg_channel_check_map(c, X, WEIGHT, "weight");
    if (status != SG_OK) return status;
    char s[SG_SHAPE_TEXT];
    if (sg_channel_count(&c->in[X].shape) < 1)
        return sg_fail_at(c->error, SG_BLAME_INPUT, X, "x %s has nothing to average over",
                          sg_shape_words(&c->in[X].shape, s));
    for (int k = MEAN; k <= UNBIASED; k++)
        c->out[k] = (sg_typed){c->in[X].type, SG_SHAPE(c->in[X].shape.dim[1])};
    c->out[COUNT] = (sg_typed){c->in[X].type, {0}};
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    bool weighted = s->in_count > WEIGHT && s->present[WEIGHT];
    d->items = x->dim[0];
    d->in[X] = SG_OWN;
    if (weighted) d->in[WEIGHT] = SG_OWN;
    for (int k = MEAN; k <= COUNT; k++) d->out[k] = SG_SUM;
    d->acc_count = weighted ? 3 : 2; /* sums of w * x, of w * x^2 and of w, in f64 */
    for (int k = 0; k < d->acc_count; k++) {
        d->acc[k].type = SG_F64;
        d->acc[k].elements = k == WEIGHTS ? 1 : x->dim[1];
    }
    if (weighted) d->scratch = (size_t)sg_channel_row(x) * sg_type_size(s->in[X].type);
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X];
    int64_t channels = x->shape.dim[1], n = sg_channel_row(&x->shape);
    double *sum = task->acc[SUM], *squares = task->acc[SQUARES];
    size_t row = (size_t)n * sg_type_size(x->type);
    const char *at = x->data, *weight = task->in[WEIGHT].data;
    for (int64_t i = 0; i < x->shape.dim[0]; i++) {
        for (int64_t c = 0; c < channels; c++, at += row) {
            const void *weighted = at;
            if (weight) {
                sg_channel_product(task->loops, x->type, n, at, weight, task->scratch);
                weighted = task->scratch;
            }
            sum[c] += sg_channel_sum(task->loops, x->type, n, weighted);
            squares[c] += sg_channel_dot(task->loops, x->type, n, at, weighted);
        }
        if (!weight) continue;
        *(double *)task->acc[WEIGHTS] += sg_channel_sum(task->loops, x->type, n, weight);
        weight += row;
    }
}

static void finish(const sg_task *task) {
    const sg_shape *x = &task->signature->in[X].shape;
    const double *sum = task->acc[SUM], *squares = task->acc[SQUARES];
    double n = task->in[WEIGHT].data ? *(const double *)task->acc[WEIGHTS] : (double)sg_channel_count(x);
    double divisor = n > 0 ? n : 1; /* where nothing counts, all is 0 */
    for (int64_t c = 0; c < x->dim[1]; c++) {
        double mean = sum[c] / divisor, spread = squares[c] - sum[c] * mean;
        if (spread < 0) spread = 0; /* rounding; NaN stays */
        if (task->out[MEAN].data) sg_tensor_set(&task->out[MEAN], c, mean);
        if (task->out[VARIANCE].data) sg_tensor_set(&task->out[VARIANCE], c, spread / divisor);
        if (task->out[UNBIASED].data) sg_tensor_set(&task->out[UNBIASED], c, spread / (n > 1 ? n - 1 : 1));
    }
    if (task->out[COUNT].data) sg_tensor_set(&task->out[COUNT], 0, n);
}

static bool is_weighted(const sg_node *node, const sg_value *in) {
    return node->in_count > WEIGHT && in[WEIGHT] != SG_NO_VALUE;
}

static sg_status gradient(sg_backward *b) {
    bool weighted = is_weighted(b->node, b->in);
    b->dx[X] = sg_emit(b->graph, "batch_moments_grad",
                       SG_IN(b->in[X], b->out[MEAN], b->dy[MEAN], b->dy[VARIANCE],
                             weighted ? b->in[WEIGHT] : SG_NO_VALUE, weighted ? b->out[COUNT] : SG_NO_VALUE));
    return sg_graph_status(b->graph, NULL);
}

/* x, or x times its weights. */
static sg_value weigh(sg_expansion *e, sg_value x) {
    return is_weighted(e->node, e->in) ? sg_emit(e->graph, "mul", SG_IN(x, e->in[WEIGHT])) : x;
}

static sg_value above(sg_graph *g, sg_value count, double bound, sg_value value) {
    sg_value limit = sg_scalar_like(g, bound, count), one = sg_scalar_like(g, 1, count);
    return sg_emit(g, "where", SG_IN(sg_emit(g, "greater", SG_IN(count, limit)), value, one));
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[X];
    sg_shape shape = sg_graph_value(g, x)->shape;
    int64_t axes[SG_MAX_RANK] = {0};
    for (int d = 2; d < shape.rank; d++) axes[d - 1] = d;
    sg_arg axis = sg_arg_ints("axis", shape.rank - 1, axes);
    sg_value count = is_weighted(e->node, e->in) ? sg_emit(g, "sum", SG_IN(e->in[WEIGHT]))
                                                 : sg_scalar_like(g, (double)sg_channel_count(&shape), x);
    sg_value divisor = above(g, count, 0, count);
    sg_value less = sg_emit(g, "sub", SG_IN(count, sg_scalar_like(g, 1, x)));
    sg_value mean = sg_emit(g, "div", SG_IN(sg_emit(g, "sum", SG_IN(weigh(e, x)), axis), divisor));
    sg_value centred = sg_emit(g, "sub", SG_IN(x, sg_channel_spread(g, mean, x)));
    sg_value squares = sg_emit(g, "sum", SG_IN(weigh(e, sg_emit(g, "square", SG_IN(centred)))), axis);
    e->out[MEAN] = mean;
    e->out[VARIANCE] = sg_emit(g, "div", SG_IN(squares, divisor));
    e->out[UNBIASED] = sg_emit(g, "div", SG_IN(squares, above(g, count, 1, less)));
    e->out[COUNT] = count;
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    return 3.0 * (double)sg_shape_elements(&s->in[0].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define WEIGHTS_OF(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 1 }
static const sg_sample samples[] = {
    {.name = "images", SG_INPUTS(REAL(3, 4, 5, 6))},
    {.name = "shifted", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(4, 2, 7), .low = 100, .high = 101})},
    {.name = "rows", SG_INPUTS(REAL(9, 3))},
    {.name = "one", SG_INPUTS(REAL(1, 2, 1, 1))},
    {.name = "weighted", SG_INPUTS(REAL(3, 4, 5, 2), WEIGHTS_OF(3, 1, 5, 2))},
    {.name = "no_channel", SG_INPUTS(REAL(2, 0, 3))},
    {.name = "nothing", SG_INPUTS(REAL(2, 3, 0)), .message = "x [2, 3, 0] has nothing to average over"},
    {.name = "flat", SG_INPUTS(REAL(5)), .message = "x must be [samples, channels, ...], not [5]"},
    {.name = "weight_shape",
     SG_INPUTS(REAL(2, 3, 4), WEIGHTS_OF(2, 3, 4)),
     .message = "weight must be f32 [2, 1, 4] for x [2, 3, 4], but is f32 [2, 3, 4]"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(2, 3)}),
     .message = "x must be f32 or f64, not i32"},
    {.name = NULL},
};

const sg_op sg_op_batch_moments = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "batch_moments",
         .doc = "mean and variance of each channel over all samples of the batch and all positions, or those "
                "that count"},
    .family = "reduction",
    .in = {{"x", "[samples, channels, ...]", 0},
           {"weight", "[samples, 1, ...], how much each position counts, without a gradient; 1 unless given",
            SG_PORT_OPTIONAL | SG_PORT_NO_GRADIENT}},
    .out = {{"mean", "[channels]", 0},
            {"variance", "[channels], the mean square distance from the mean", 0},
            {"unbiased", "[channels], the variance times n / (n - 1), for running statistics",
             SG_PORT_NO_GRADIENT},
            {"count", "n: the sum of the weights, a scalar", SG_PORT_NO_GRADIENT}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .finish = finish,
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
