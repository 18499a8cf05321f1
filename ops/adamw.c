/* adamw: one step of AdamW (Loshchilov and Hutter 2019) on one weight, in place. */
#include "kernel/loops.h"
#include "simgraph/op.h"

enum { P, M, V, G, RATE, CORRECTIONS, FACTOR, OK };
enum { BETA1, BETA2, EPS, DECAY, SCALE };

static sg_status infer(sg_infer *c) {
    for (int k = P; k <= G; k++)
        if (c->in[k].type != c->in[P].type || !sg_type_is_float(c->in[k].type) ||
            !sg_shape_equal(&c->in[k].shape, &c->in[P].shape))
            return sg_fail_at(c->error, SG_BLAME_INPUT, k,
                              "p, m, v and g must be floats of one type and shape");
    if (c->in[RATE].type != SG_F64 || c->in[RATE].shape.rank)
        return sg_fail_at(c->error, SG_BLAME_INPUT, RATE, "rate must be an f64 scalar");
    if (c->in[CORRECTIONS].type != SG_F64 || c->in[CORRECTIONS].shape.rank != 1 ||
        c->in[CORRECTIONS].shape.dim[0] < 2 || c->in[CORRECTIONS].shape.dim[0] > 3)
        return sg_fail_at(c->error, SG_BLAME_INPUT, CORRECTIONS,
                          "corrections must be two or three f64 numbers");
    if (c->in[FACTOR].type != SG_F64 || sg_shape_elements(&c->in[FACTOR].shape) != 1)
        return sg_fail_at(c->error, SG_BLAME_INPUT, FACTOR, "factor must be one f64 number");
    if (c->in[OK].type != SG_I32 || c->in[OK].shape.rank)
        return sg_fail_at(c->error, SG_BLAME_INPUT, OK, "ok must be an i32 scalar");
    for (int k = P; k <= V; k++) c->out[k] = c->in[k];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *p = &s->in[P].shape;
    if (p->rank < 1 || p->dim[0] < 1) return;
    d->items = p->dim[0];
    for (int k = P; k <= G; k++) d->in[k] = SG_OWN;
    for (int k = P; k <= V; k++) d->out[k] = SG_OWN;
}

static void run(const sg_task *task) {
    if (!*(const int32_t *)task->in[OK].data) return; /* a step with NaN changes nothing */
    const double *corrections = task->in[CORRECTIONS].data;
    sg_adamw step = {
        .rate = *(const double *)task->in[RATE].data * task->attr[SCALE].f,
        .beta1 = task->attr[BETA1].f,
        .beta2 = task->attr[BETA2].f,
        .eps = task->attr[EPS].f,
        .decay = task->attr[DECAY].f * (task->in[CORRECTIONS].shape.dim[0] > 2 ? corrections[2] : 1),
        .correction1 = corrections[0],
        .correction2 = corrections[1],
        .clip = *(const double *)task->in[FACTOR].data,
    };
    int64_t n = sg_tensor_elements(&task->out[P]);
    if (task->out[P].type == SG_F32)
        task->loops->adamw_f32(n, &step, task->out[P].data, task->in[G].data, task->out[M].data,
                               task->out[V].data);
    else
        task->loops->adamw_f64(n, &step, task->out[P].data, task->in[G].data, task->out[M].data,
                               task->out[V].data);
}

static double flops(const sg_signature *s) {
    return 12.0 * (double)sg_shape_elements(&s->in[P].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define SQUARES(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 1 }
#define NUMBER \
    { .type = SG_F64, .shape = SG_SCALAR, .low = 0.001, .high = 0.1 }
#define PAIR \
    { .type = SG_F64, .shape = SG_DIMS(2), .low = 1, .high = 10 }
#define FLAG \
    { .type = SG_I32, .shape = SG_SCALAR, .low = 1, .high = 1 }
static const sg_sample samples[] = {
    {.name = "matrix",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), SQUARES(3, 5), REAL(3, 5), NUMBER, PAIR, NUMBER, FLAG),
     .no_gradient = "an update is not differentiated"},
    {.name = "shapes",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), SQUARES(3, 5), REAL(3, 4), NUMBER, PAIR, NUMBER, FLAG),
     .message = "p, m, v and g must be floats of one type and shape"},
    {.name = NULL},
};

const sg_op sg_op_adamw = {
    .schema = {.kind = SG_KIND_OP,
               .name = "adamw",
               .doc = "one step of AdamW on one weight, in PyTorch's order of operations",
               .attrs = SG_ATTRS({.name = "beta1",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "0.9",
                                  .doc = "memory of the mean",
                                  .min = 0,
                                  .max = 1},
                                 {.name = "beta2",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "0.999",
                                  .doc = "memory of the mean square",
                                  .min = 0,
                                  .max = 1},
                                 {.name = "eps",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "1e-8",
                                  .doc = "added to the root",
                                  .min = 0,
                                  .max = 1},
                                 {.name = "decay",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "0",
                                  .doc = "weight decay, times the rate",
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
           {"m", "running mean of the gradient (stored)", 0},
           {"v", "running mean of its square (stored)", 0},
           {"g", "the gradient", 0},
           {"rate", "learning rate, f64", 0},
           {"corrections", "1 / (1 - beta1^t), 1 / (1 - beta2^t) and, where given, a factor on decay, f64",
            0},
           {"factor", "factor on the gradient (clipping), f64", 0},
           {"ok", "0: change nothing", 0}},
    .out = {{"p", "the next weight", 0}, {"m", "the next mean", 0}, {"v", "the next mean square", 0}},
    .flags = SG_OP_UPDATE,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .flops = flops,
    .samples = samples,
};
