/* blend: one step of an exponential moving average, in place: running statistics, averaged weights. */
#include <string.h>

#include "kernel/loops.h"
#include "simgraph/op.h"

enum { AVERAGE, X, OK, SHARE };
enum { MOMENTUM };

static sg_status infer(sg_infer *c) {
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    if (c->in[X].type != c->in[AVERAGE].type || !sg_shape_equal(&c->in[X].shape, &c->in[AVERAGE].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, X, "average is %s %s, but x is %s %s",
                          sg_type_name(c->in[AVERAGE].type), sg_shape_words(&c->in[AVERAGE].shape, a),
                          sg_type_name(c->in[X].type), sg_shape_words(&c->in[X].shape, b));
    bool share = c->in_count > SHARE && c->present[SHARE], copies = c->attr[MOMENTUM].f == 1 && !share;
    if (c->in[X].type != SG_F32 && c->in[X].type != SG_F64 && !copies)
        return sg_fail_at(c->error, SG_BLAME_INPUT, AVERAGE, "average must be f32 or f64, not %s",
                          sg_type_name(c->in[X].type));
    if (c->in_count > OK && c->present[OK] && (c->in[OK].type != SG_I32 || c->in[OK].shape.rank))
        return sg_fail_at(c->error, SG_BLAME_INPUT, OK, "ok must be an i32 scalar");
    if (share && (c->in[SHARE].type != SG_F64 || c->in[SHARE].shape.rank))
        return sg_fail_at(c->error, SG_BLAME_INPUT, SHARE, "share must be an f64 scalar");
    c->out[0] = c->in[AVERAGE];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *shape = &s->in[AVERAGE].shape;
    if (shape->rank < 1 || shape->dim[0] < 1) return;
    d->items = shape->dim[0];
    d->in[AVERAGE] = d->in[X] = d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X], *y = &task->out[0];
    int64_t n = sg_tensor_elements(y);
    double share = task->in[SHARE].data ? *(const double *)task->in[SHARE].data : task->attr[MOMENTUM].f;
    if (task->in[OK].data && !*(const int32_t *)task->in[OK].data) return; /* a failed step changes nothing */
    if (share == 1)
        memcpy(y->data, x->data, sg_tensor_bytes(y)); /* whatever was there, NaN included */
    else if (y->type == SG_F32) {
        task->loops->scale_f32(n, (float)(1 - share), y->data, y->data);
        task->loops->axpy_f32(n, (float)share, x->data, y->data);
    } else {
        task->loops->scale_f64(n, 1 - share, y->data, y->data);
        task->loops->axpy_f64(n, share, x->data, y->data);
    }
}

static double flops(const sg_signature *s) {
    return 3.0 * (double)sg_shape_elements(&s->in[X].shape);
}

static const sg_arg tenth[] = {SG_ARG_FLOAT("momentum", 0.1), {0}};
static const sg_arg whole[] = {SG_ARG_FLOAT("momentum", 1), {0}};
static const sg_arg replaced[] = {SG_ARG_FLOAT("momentum", 0), {0}};
#define NONE "an update is not differentiated"
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define FLAG(value) \
    { .type = SG_I32, .shape = SG_SCALAR, .low = value, .high = value }
static const sg_sample samples[] = {
    {.name = "vector", SG_INPUTS(REAL(7), REAL(7)), .args = tenth, .no_gradient = NONE},
    {.name = "ok", SG_INPUTS(REAL(3, 5), REAL(3, 5), FLAG(1)), .args = tenth, .no_gradient = NONE},
    {.name = "whole", SG_INPUTS(REAL(3, 5), REAL(3, 5)), .args = whole, .no_gradient = NONE},
    {.name = "share",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), FLAG(1),
               {.type = SG_F64, .shape = SG_SCALAR, .low = 0.1, .high = 0.9}),
     .args = replaced,
     .no_gradient = NONE},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3, 5)}, {.type = SG_I32, .shape = SG_DIMS(3, 5)}),
     .args = whole,
     .no_gradient = NONE},
    {.name = "scalar",
     SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR}, {.type = SG_F32, .shape = SG_SCALAR}),
     .args = tenth,
     .no_gradient = NONE},
    {.name = "empty", SG_INPUTS(REAL(0, 2), REAL(0, 2)), .args = tenth, .no_gradient = NONE},
    {.name = "shapes",
     SG_INPUTS(REAL(7), REAL(6)),
     .args = tenth,
     .message = "average is f32 [7], but x is f32 [6]"},
    {.name = "flag",
     SG_INPUTS(REAL(7), REAL(7), REAL(1)),
     .args = tenth,
     .message = "ok must be an i32 scalar"},
    {.name = "mixed",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3)}, {.type = SG_I32, .shape = SG_DIMS(3)}),
     .args = tenth,
     .message = "average must be f32 or f64, not i32"},
    {.name = "share_type",
     SG_INPUTS(REAL(7), REAL(7), FLAG(1), FLAG(1)),
     .args = tenth,
     .message = "share must be an f64 scalar"},
    {.name = NULL},
};

const sg_op sg_op_blend = {
    .schema = {.kind = SG_KIND_OP,
               .name = "blend",
               .doc = "average * (1 - momentum) + x * momentum, in the memory of the average",
               .attrs = SG_ATTRS({.name = "momentum",
                                  .type = SG_ATTR_FLOAT,
                                  .doc = "share of x; 1: the average becomes x, whatever its type",
                                  .min = 0,
                                  .max = 1})},
    .family = "update",
    .in = {{"average", "the moving average (stored)", 0},
           {"x", "what is blended in", 0},
           {"ok", "0: change nothing", SG_PORT_OPTIONAL},
           {"share", "takes the place of momentum where it changes: f64 scalar, 0 to 1", SG_PORT_OPTIONAL}},
    .out = {{"average", "the next average", 0}},
    .flags = SG_OP_UPDATE,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .flops = flops,
    .samples = samples,
};
