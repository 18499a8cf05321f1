/* accumulate: adds one micro-batch's gradient to a stored sum, in the lane that it belongs to.
 *
 * The sum of a value [n, ...] is [n, lanes, ...], that of a scalar [1, lanes]: lane l holds the sum of the
 * micro-batches of lane l in their order. The first micro-batch of an update clears all lanes. */
#include <string.h>

#include "kernel/loops.h"
#include "simgraph/op.h"

enum { SUM, X, PLACE };

static sg_status infer(sg_infer *c) {
    const sg_shape *sum = &c->in[SUM].shape, *x = &c->in[X].shape;
    bool fits = sum->rank == (x->rank ? x->rank + 1 : 2) && sum->dim[0] == (x->rank ? x->dim[0] : 1);
    for (int d = 1; fits && d < x->rank; d++) fits = sum->dim[d + 1] == x->dim[d];
    if (!fits) {
        char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
        return sg_fail_at(c->error, SG_BLAME_INPUT, SUM,
                          "sum %s does not hold lanes of x %s: it must have an axis of lanes after the first",
                          sg_shape_words(sum, s), sg_shape_words(x, t));
    }
    if (c->in[SUM].type != c->in[X].type || !sg_type_is_float(c->in[X].type) || c->in[X].type == SG_BF16)
        return sg_fail_at(c->error, SG_BLAME_INPUT, X, "sum and x must be f32 or f64, both the same");
    if (c->in[PLACE].type != SG_I32 || c->in[PLACE].shape.rank != 1 || c->in[PLACE].shape.dim[0] != 2)
        return sg_fail_at(c->error, SG_BLAME_INPUT, PLACE, "place must be two i32 numbers: lane and first");
    c->out[0] = c->in[SUM];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (x->rank < 1 || x->dim[0] < 1) return;
    d->items = x->dim[0];
    d->in[SUM] = d->in[X] = d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    const int32_t *place = task->in[PLACE].data;
    sg_tensor *sum = &task->out[0];
    int64_t rows = sum->shape.dim[0], lanes = sum->shape.dim[1];
    if (rows < 1 || lanes < 1) return;
    if (place[0] < 0 || place[0] >= lanes) {
        sg_fail(task->error, SG_BAD_DATA, "there is no lane %d among %lld", (int)place[0], (long long)lanes);
        return;
    }
    int64_t width = sg_tensor_elements(&task->in[X]) / rows;
    if (place[1]) memset(sum->data, 0, sg_tensor_bytes(sum));
    for (int64_t r = 0; r < rows; r++) {
        int64_t to = (r * lanes + place[0]) * width, from = r * width;
        if (sum->type == SG_F32)
            task->loops->accumulate_f32(width, (const float *)task->in[X].data + from,
                                        (float *)sum->data + to);
        else
            task->loops->accumulate_f64(width, (const double *)task->in[X].data + from,
                                        (double *)sum->data + to);
    }
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define PLACE_OF(kind, ...) \
    { .type = kind, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 1 }
static const sg_sample samples[] = {
    {.name = "matrix",
     SG_INPUTS(REAL(3, 2, 5), REAL(3, 5), PLACE_OF(SG_I32, 2)),
     .no_gradient = "an update is not differentiated"},
    {.name = "shapes",
     SG_INPUTS(REAL(3, 5), REAL(3, 5), PLACE_OF(SG_I32, 2)),
     .message = "sum [3, 5] does not hold lanes of x [3, 5]: it must have an axis of lanes after the first"},
    {.name = "place",
     SG_INPUTS(REAL(3, 1, 5), REAL(3, 5), PLACE_OF(SG_I32, 1)),
     .message = "place must be two i32 numbers: lane and first"},
    {.name = "types",
     SG_INPUTS(REAL(3, 1, 5), PLACE_OF(SG_I32, 3, 5), PLACE_OF(SG_I32, 2)),
     .message = "sum and x must be f32 or f64, both the same"},
    {.name = NULL},
};

const sg_op sg_op_accumulate = {
    .schema = {.kind = SG_KIND_OP,
               .name = "accumulate",
               .doc = "adds a micro-batch's gradient to a lane of a stored sum"},
    .family = "update",
    .in = {{"sum", "the lanes (stored): [n, lanes, ...]", 0},
           {"x", "what is added: [n, ...]", 0},
           {"place", "i32 [2]: the lane; 1 at the first micro-batch of an update, which clears all lanes",
            0}},
    .out = {{"sum", "the next sum", 0}},
    .flags = SG_OP_UPDATE,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .samples = samples,
};
