/* batch_moments_grad: the gradient of batch_moments,
 *   dx = (dmean + 2 * dvariance * (x - mean)) / n. */
#include <math.h>

#include "ops/channel.h"
#include "ops/elementwise.h"

enum { X, MEAN, DMEAN, DVARIANCE };

static sg_status infer(sg_infer *c) {
    static const char *const names[] = {"x", "mean", "dmean", "dvariance"};
    sg_status status = sg_channel_check(c, X);
    for (int k = MEAN; status == SG_OK && k <= DVARIANCE; k++)
        status = sg_channel_check_vector(c, X, k, names[k]);
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
    double count = (double)sg_channel_count(&task->signature->in[X].shape);
    size_t row = (size_t)n * sg_type_size(x->type);
    for (int64_t i = 0; i < x->shape.dim[0] * channels; i++) {
        int64_t c = i % channels;
        sg_channel_affine(task->loops, x->type, n, (const char *)x->data + (size_t)i * row,
                          sg_channel_number(&task->in[MEAN], c, 0),
                          2 * sg_channel_number(&task->in[DVARIANCE], c, 0) / count,
                          sg_channel_number(&task->in[DMEAN], c, 0) / count,
                          (char *)task->out[0].data + (size_t)i * row);
    }
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[X], dx = SG_NO_VALUE;
    sg_shape shape = sg_graph_value(g, x)->shape;
    double n = fmax(1, (double)sg_channel_count(&shape));
    for (int k = DMEAN; k <= DVARIANCE && k < e->node->in_count; k++) {
        if (e->in[k] == SG_NO_VALUE) continue;
        sg_value factor = sg_scalar_like(g, (k == DMEAN ? 1 : 2) / n, x);
        sg_value part = sg_emit(g, "mul", SG_IN(sg_channel_spread(g, e->in[k], x), factor));
        if (k == DVARIANCE)
            part = sg_emit(g, "mul",
                           SG_IN(part, sg_emit(g, "sub", SG_IN(x, sg_channel_spread(g, e->in[MEAN], x)))));
        dx = dx == SG_NO_VALUE ? part : sg_emit(g, "add", SG_IN(dx, part));
    }
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
        .in = {REAL(3, 4, 5, 6), REAL(4), REAL(4), REAL(4)},
        .in_count = 4,
    },
    {
        .name = "mean_only",
        .in = {REAL(5, 3), REAL(3), REAL(3)},
        .in_count = 3,
    },
    {
        .name = "variance_only",
        .in = {REAL(5, 3, 2), REAL(3), {.type = SG_ABSENT}, REAL(3)},
        .in_count = 4,
    },
    {
        .name = "empty",
        .in = {REAL(0, 3, 2), REAL(3), REAL(3)},
        .in_count = 3,
    },
    {.name = "channels",
     .in = {REAL(5, 3), REAL(3), REAL(4)},
     .in_count = 3,
     .message = "dmean must be f32 [3] for x [5, 3], but is f32 [4]"},
    {.name = NULL},
};

const sg_op sg_op_batch_moments_grad = {
    .schema = {.kind = SG_KIND_OP, .name = "batch_moments_grad", .doc = "gradient of batch_moments"},
    .family = "reduction",
    .in = {{"x", "[samples, channels, ...]", 0},
           {"mean", "[channels], of x", 0},
           {"dmean", "[channels], gradient of the mean", SG_PORT_OPTIONAL},
           {"dvariance", "[channels], gradient of the variance", SG_PORT_OPTIONAL}},
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
