/* roll: moves entries along axes; what leaves at one end comes back at the other. */
#include "ops/view.h"

enum { BY, AXES };

static sg_status infer(sg_infer *c) {
    const sg_attr *by = &c->attr[BY], *axes = &c->attr[AXES];
    int rank = c->in[0].shape.rank;
    unsigned seen = 0;
    c->out[0] = c->in[0];
    if (by->n != axes->n)
        return sg_fail_at(c->error, SG_BLAME_ATTR, BY, "by has %d number%s for %d ax%s", by->n,
                          sg_plural(by->n), axes->n, axes->n == 1 ? "is" : "es");
    for (int i = 0; i < axes->n; i++) {
        int axis = sg_axis_of(axes->ints[i], rank);
        if (axis < 0)
            return sg_fail_at(c->error, SG_BLAME_ATTR, AXES, "axis %lld is out of range for rank %d",
                              (long long)axes->ints[i], rank);
        if (seen & (1u << axis))
            return sg_fail_at(c->error, SG_BLAME_ATTR, AXES, "axis %lld is named twice",
                              (long long)axes->ints[i]);
        seen |= 1u << axis;
    }
    return SG_OK;
}

/* How far each axis moves: 0 .. size - 1. */
static void shifts_of(const sg_attr *attr, const sg_shape *shape, int64_t shift[SG_MAX_RANK]) {
    for (int d = 0; d < shape->rank; d++) shift[d] = 0;
    for (int i = 0; i < attr[AXES].n; i++) {
        int axis = sg_axis_of(attr[AXES].ints[i], shape->rank);
        int64_t size = shape->dim[axis];
        if (size > 0) shift[axis] = (attr[BY].ints[i] % size + size) % size;
    }
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    int64_t shift[SG_MAX_RANK];
    shifts_of(s->attr, in, shift);
    if (in->rank < 1 || in->dim[0] < 1 || shift[0]) return;
    d->items = in->dim[0];
    d->in[0] = d->out[0] = SG_OWN;
}

/* Each moved axis has two pieces, so there are 2^moved boxes to copy. */
static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[0], *y = &task->out[0];
    int64_t shift[SG_MAX_RANK], size = (int64_t)sg_type_size(x->type);
    shifts_of(task->attr, &task->signature->in[0].shape, shift);
    if (!sg_tensor_elements(x)) return;
    unsigned moved = 0;
    for (int d = 0; d < x->shape.rank; d++)
        if (shift[d]) moved |= 1u << d;
    unsigned box = 0;
    do {
        sg_tensor from = *x, to = *y;
        for (int d = 0; d < x->shape.rank; d++) {
            if (!shift[d]) continue;
            bool wraps = box & (1u << d); /* the last `shift` entries, which come first */
            int64_t stays = x->shape.dim[d] - shift[d];
            from.shape.dim[d] = to.shape.dim[d] = wraps ? shift[d] : stays;
            from.data = (char *)from.data + (wraps ? stays * x->stride[d] * size : 0);
            to.data = (char *)to.data + (wraps ? 0 : shift[d] * y->stride[d] * size);
        }
        sg_tensor_copy(&to, &from, NULL);
        box = (box - moved) & moved; /* the next subset of `moved` */
    } while (box);
}

static sg_status gradient(sg_backward *b) {
    const sg_attr *by = &b->node->attr[BY], *axes = &b->node->attr[AXES];
    int64_t back[SG_MAX_RANK];
    for (int i = 0; i < by->n; i++) back[i] = -by->ints[i];
    b->dx[0] = sg_emit(b->graph, "roll", SG_IN(b->dy[0]), sg_arg_ints("by", by->n, back),
                       sg_arg_ints("axes", axes->n, axes->ints));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg window[] = {SG_ARG_INTS("by", -2, -2), SG_ARG_INTS("axes", 1, 2), {0}};
static const sg_arg back[] = {SG_ARG_INTS("by", 3, 1), SG_ARG_INTS("axes", 0, -1), {0}};
static const sg_arg far[] = {SG_ARG_INTS("by", 11), SG_ARG_INTS("axes", 1), {0}};
static const sg_arg uneven[] = {SG_ARG_INTS("by", 1, 2), SG_ARG_INTS("axes", 1), {0}};
static const sg_arg outside[] = {SG_ARG_INTS("by", 1), SG_ARG_INTS("axes", 2), {0}};
static const sg_arg twice[] = {SG_ARG_INTS("by", 1, 1), SG_ARG_INTS("axes", 1, -1), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "window", SG_INPUTS(REAL(2, 5, 6, 3)), .args = window},
    {.name = "back", SG_INPUTS(REAL(4, 3, 5)), .args = back},
    {.name = "far", SG_INPUTS(REAL(3, 4)), .args = far},
    {.name = "one", SG_INPUTS(REAL(3, 1)), .args = far},
    {.name = "empty", SG_INPUTS(REAL(3, 0)), .args = far},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3, 4), .low = -9, .high = 9}),
     .args = far,
     .no_gradient = "whole numbers have no gradient"},
    {.name = "uneven", SG_INPUTS(REAL(3, 4)), .args = uneven, .message = "by has 2 numbers for 1 axis"},
    {.name = "outside",
     SG_INPUTS(REAL(3, 4)),
     .args = outside,
     .message = "axis 2 is out of range for rank 2"},
    {.name = "twice", SG_INPUTS(REAL(3, 4)), .args = twice, .message = "axis -1 is named twice"},
    {.name = NULL},
};

const sg_op sg_op_roll = {
    .schema = {.kind = SG_KIND_OP,
               .name = "roll",
               .doc = "entries moved along axes; what leaves at one end comes back at the other",
               .attrs = SG_ATTRS({.name = "by",
                                  .type = SG_ATTR_INTS,
                                  .doc = "how far, one number for each of the axes; may be negative",
                                  .min = -1e9,
                                  .max = 1e9},
                                 {.name = "axes",
                                  .type = SG_ATTR_INTS,
                                  .doc = "the axes that move; negative ones count from the end"})},
    .family = "layout",
    .in = {{"x", "any values", 0}},
    .out = {{"y", "x, moved", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .in_layout = {SG_STRIDED},
    .out_layout = {SG_STRIDED},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
