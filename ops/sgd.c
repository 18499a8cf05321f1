/* sgd: one step of stochastic gradient descent with momentum on one weight, in place. */
#include "kernel/loops.h"
#include "simgraph/op.h"

enum { P, M, G, RATE, FACTOR, OK };
enum { MOMENTUM, NESTEROV, DECAY, SCALE };

static sg_status infer(sg_infer *c) {
    for (int k = P; k <= G; k++)
        if (c->in[k].type != c->in[P].type || !sg_type_is_float(c->in[k].type) ||
            !sg_shape_equal(&c->in[k].shape, &c->in[P].shape))
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "p, m and g must be floats of one type and shape");
    if (c->in[RATE].type != SG_F64 || c->in[RATE].shape.rank)
        return sg_fail_at(c->error, SG_BLAME_INPUT, RATE, "rate must be an f64 scalar");
    if (c->in[FACTOR].type != SG_F64 || sg_shape_elements(&c->in[FACTOR].shape) != 1)
        return sg_fail_at(c->error, SG_BLAME_INPUT, FACTOR, "factor must be one f64 number");
    if (c->in[OK].type != SG_I32 || c->in[OK].shape.rank)
        return sg_fail_at(c->error, SG_BLAME_INPUT, OK, "ok must be an i32 scalar");
    if (c->attr[NESTEROV].i && c->attr[MOMENTUM].f == 0)
        return sg_fail_at(c->error, SG_BLAME_ATTR, NESTEROV, "nesterov needs a momentum above 0");
    for (int k = P; k <= M; k++) c->out[k] = c->in[k];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *p = &s->in[P].shape;
    if (p->rank < 1 || p->dim[0] < 1) return;
    d->items = p->dim[0];
    for (int k = P; k <= G; k++) d->in[k] = SG_OWN;
    for (int k = P; k <= M; k++) d->out[k] = SG_OWN;
}

static void run(const sg_task *task) {
    if (!*(const int32_t *)task->in[OK].data) return; /* a step with NaN changes nothing */
    sg_sgd step = {
        .rate = *(const double *)task->in[RATE].data * task->attr[SCALE].f,
        .momentum = task->attr[MOMENTUM].f,
        .nesterov = task->attr[NESTEROV].i,
        .decay = task->attr[DECAY].f,
        .clip = *(const double *)task->in[FACTOR].data,
    };
    int64_t n = sg_tensor_elements(&task->out[P]);
    if (task->out[P].type == SG_F32)
        task->loops->sgd_f32(n, &step, task->out[P].data, task->in[G].data, task->out[M].data);
    else
        task->loops->sgd_f64(n, &step, task->out[P].data, task->in[G].data, task->out[M].data);
}

static double flops(const sg_signature *s) {
    return 6.0 * (double)sg_shape_elements(&s->in[P].shape);
}

static const sg_arg heavy[] = {SG_ARG_FLOAT("momentum", 0.9), SG_ARG_FLOAT("decay", 0.05), {0}};
static const sg_arg ahead[] = {SG_ARG_FLOAT("momentum", 0.8),
                               SG_ARG_BOOL("nesterov", true),
                               SG_ARG_FLOAT("decay", 0.01),
                               SG_ARG_FLOAT("scale", 0.5),
                               {0}};
static const sg_arg light[] = {SG_ARG_BOOL("nesterov", true), {0}};
#define NONE "an update is not differentiated"
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define NUMBER \
    { .type = SG_F64, .shape = SG_SCALAR, .low = 0.01, .high = 1 }
#define FLAG \
    { .type = SG_I32, .shape = SG_SCALAR, .low = 1, .high = 1 }
static const sg_sample samples[] = {
    {.name = "plain",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), REAL(3, 5), NUMBER, NUMBER, FLAG),
     .no_gradient = NONE},
    {.name = "momentum",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), REAL(3, 5), NUMBER, NUMBER, FLAG),
     .args = heavy,
     .no_gradient = NONE},
    {.name = "nesterov",
     SG_INPUTS(REAL(3, 35), REAL(3, 35), REAL(3, 35), NUMBER, NUMBER, FLAG),
     .args = ahead,
     .no_gradient = NONE},
    {.name = "shapes",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), REAL(3, 4), NUMBER, NUMBER, FLAG),
     .message = "p, m and g must be floats of one type and shape"},
    {.name = "light",
     SG_INPUTS(REAL(3), REAL(3), REAL(3), NUMBER, NUMBER, FLAG),
     .args = light,
     .message = "nesterov needs a momentum above 0"},
    {.name = NULL},
};

const sg_op sg_op_sgd = {
    .schema = {.kind = SG_KIND_OP,
               .name = "sgd",
               .doc = "one step of gradient descent on one weight, in PyTorch's order of operations",
               .attrs =
                   SG_ATTRS({.name = "momentum",
                             .type = SG_ATTR_FLOAT,
                             .fallback = "0",
                             .doc = "memory of the direction; 0: the momentum is neither read nor written",
                             .min = 0,
                             .max = 1},
                            {.name = "nesterov",
                             .type = SG_ATTR_BOOL,
                             .fallback = "false",
                             .doc = "look ahead along the momentum"},
                            {.name = "decay",
                             .type = SG_ATTR_FLOAT,
                             .fallback = "0",
                             .doc = "weight decay: times the weight, added to the gradient",
                             .min = 0,
                             .max = 1e6},
                            {.name = "scale",
                             .type = SG_ATTR_FLOAT,
                             .fallback = "1",
                             .doc = "factor on the rate",
                             .min = 0,
                             .max = 1e6})},
    .family = "update",
    .in = {{"p", "the weight (stored)", 0},
           {"m", "momentum: running sum of gradients (stored)", 0},
           {"g", "the gradient", 0},
           {"rate", "learning rate, f64", 0},
           {"factor", "factor on the gradient (clipping), f64", 0},
           {"ok", "0: change nothing", 0}},
    .out = {{"p", "the next weight", 0}, {"m", "the next momentum", 0}},
    .flags = SG_OP_UPDATE,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .flops = flops,
    .samples = samples,
};
