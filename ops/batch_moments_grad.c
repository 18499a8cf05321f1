/* batch_moments_grad: the gradient of batch_moments,
 *   dx = weight * (dmean + 2 * dvariance * (x - mean)) / n. */
#include <math.h>

#include "ops/channel.h"
#include "ops/elementwise.h"

enum { X, MEAN, DMEAN, DVARIANCE, WEIGHT, COUNT };

static sg_status infer(sg_infer *c) {
    static const char *const names[] = {"x", "mean", "dmean", "dvariance"};
    sg_status status = sg_channel_check(c, X);
    for (int k = MEAN; status == SG_OK && k <= DVARIANCE; k++)
        status = sg_channel_check_vector(c, X, k, names[k]);
    if (status == SG_OK) status = sg_channel_check_map(c, X, WEIGHT, "weight");
    if (status == SG_OK && c->in_count > COUNT && c->present[COUNT] &&
        (c->in[COUNT].shape.rank || c->in[COUNT].type != c->in[X].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, COUNT, "count must be a scalar of the type of x");
    c->out[0] = c->in[X];
    return status;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (x->dim[0] < 1) return;
    d->items = x->dim[0];
    d->in[X] = d->out[0] = SG_OWN;
    if (s->in_count > WEIGHT && s->present[WEIGHT]) d->in[WEIGHT] = SG_OWN;
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X], *weight = &task->in[WEIGHT];
    int64_t channels = x->shape.dim[1], n = sg_channel_row(&x->shape);
    double all = (double)sg_channel_count(&task->signature->in[X].shape);
    double count = sg_channel_number(&task->in[COUNT], 0, all), share = count > 0 ? 1 / count : 0;
    size_t row = (size_t)n * sg_type_size(x->type);
    char *dx = task->out[0].data;
    for (int64_t i = 0; i < x->shape.dim[0] * channels; i++, dx += row) {
        int64_t c = i % channels;
        sg_channel_affine(task->loops, x->type, n, (const char *)x->data + (size_t)i * row,
                          sg_channel_number(&task->in[MEAN], c, 0),
                          2 * sg_channel_number(&task->in[DVARIANCE], c, 0) * share,
                          sg_channel_number(&task->in[DMEAN], c, 0) * share, dx);
        if (weight->data)
            sg_channel_product(task->loops, x->type, n, dx,
                               (const char *)weight->data + (size_t)(i / channels) * row, dx);
    }
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[X], dx = SG_NO_VALUE;
    sg_shape shape = sg_graph_value(g, x)->shape;
    bool counted = e->node->in_count > COUNT && e->in[COUNT] != SG_NO_VALUE;
    sg_value count = counted ? e->in[COUNT] : sg_scalar_like(g, fmax(1, (double)sg_channel_count(&shape)), x);
    sg_value zero = sg_scalar_like(g, 0, x), one = sg_scalar_like(g, 1, x);
    sg_value some = sg_emit(g, "greater", SG_IN(count, zero));
    sg_value divisor = sg_emit(g, "where", SG_IN(some, count, one));
    sg_value share = sg_emit(g, "where", SG_IN(some, sg_emit(g, "div", SG_IN(one, divisor)), zero));
    for (int k = DMEAN; k <= DVARIANCE && k < e->node->in_count; k++) {
        if (e->in[k] == SG_NO_VALUE) continue;
        sg_value factor = sg_emit(g, "mul", SG_IN(share, sg_scalar_like(g, k == DMEAN ? 1 : 2, x)));
        sg_value part = sg_emit(g, "mul", SG_IN(sg_channel_spread(g, e->in[k], x), factor));
        if (k == DVARIANCE)
            part = sg_emit(g, "mul",
                           SG_IN(part, sg_emit(g, "sub", SG_IN(x, sg_channel_spread(g, e->in[MEAN], x)))));
        dx = dx == SG_NO_VALUE ? part : sg_emit(g, "add", SG_IN(dx, part));
    }
    if (dx != SG_NO_VALUE && e->node->in_count > WEIGHT && e->in[WEIGHT] != SG_NO_VALUE)
        dx = sg_emit(g, "mul", SG_IN(dx, e->in[WEIGHT]));
    if (dx != SG_NO_VALUE) e->out[0] = sg_emit(g, "broadcast_to", SG_IN(dx), sg_arg_shape("shape", &shape));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 3.0 * (double)sg_shape_elements(&s->in[X].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {
        .name = "images",
        SG_INPUTS(REAL(3, 4, 5, 6), REAL(4), REAL(4), REAL(4)),
    },
    {
        .name = "mean_only",
        SG_INPUTS(REAL(5, 3), REAL(3), REAL(3)),
    },
    {
        .name = "variance_only",
        SG_INPUTS(REAL(5, 3, 2), REAL(3), {.type = SG_ABSENT}, REAL(3)),
    },
    {
        .name = "empty",
        SG_INPUTS(REAL(0, 3, 2), REAL(3), REAL(3)),
    },
    {
        .name = "weighted",
        SG_INPUTS(REAL(3, 4, 5), REAL(4), REAL(4), REAL(4), REAL(3, 1, 5),
                  {.type = SG_F32, .shape = SG_SCALAR, .low = 3, .high = 9}),
    },
    {
        .name = "nothing_counts",
        SG_INPUTS(REAL(3, 4), REAL(4), REAL(4), REAL(4), REAL(3, 1),
                  {.type = SG_F32, .shape = SG_SCALAR, .low = -2, .high = -1}),
    },
    {.name = "weight_shape",
     SG_INPUTS(REAL(5, 3), REAL(3), REAL(3), REAL(3), REAL(5, 3)),
     .message = "weight must be f32 [5, 1] for x [5, 3], but is f32 [5, 3]"},
    {.name = "count_shape",
     SG_INPUTS(REAL(5, 3), REAL(3), REAL(3), REAL(3), REAL(5, 1), REAL(1)),
     .message = "count must be a scalar of the type of x"},
    {.name = "channels",
     SG_INPUTS(REAL(5, 3), REAL(3), REAL(4)),
     .message = "dmean must be f32 [3] for x [5, 3], but is f32 [4]"},
    {.name = NULL},
};

const sg_op sg_op_batch_moments_grad = {
    .schema = {.kind = SG_KIND_OP, .name = "batch_moments_grad", .doc = "gradient of batch_moments"},
    .family = "reduction",
    .in = {{"x", "[samples, channels, ...]", 0},
           {"mean", "[channels], of x", 0},
           {"dmean", "[channels], gradient of the mean", SG_PORT_OPTIONAL},
           {"dvariance", "[channels], gradient of the variance", SG_PORT_OPTIONAL},
           {"weight", "[samples, 1, ...], of batch_moments", SG_PORT_OPTIONAL},
           {"count", "of batch_moments; the number of positions unless given", SG_PORT_OPTIONAL}},
    .out = {{"dx", "gradient of x", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .inplace = {{X, 0}},
    .inplace_count = 1,
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
