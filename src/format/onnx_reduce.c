/* Reductions in ONNX. */
#include "format/onnx.h"

#include "ops/channel.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"

static unsigned axes_of(sg_onnx *x, const sg_onnx_call *c) {
    unsigned bits = 0;
    if (sg_reduced_axes(&c->attr[SG_REDUCE_AXIS], c->in[0].shape.rank, &bits, &x->error) != SG_OK)
        x->failed = true;
    return bits;
}

static bool keeps(const sg_onnx_call *c) {
    return c->attr[SG_REDUCE_KEEP].i;
}

static void sum(sg_onnx *x, sg_onnx_call *c) {
    sg_type work = sg_work_type(c->in[0].type);
    sg_onnx_name a = sg_onnx_cast(x, c->from[0], c->in[0].type, work);
    a = sg_onnx_sum(x, a, c->in[0].shape.rank, axes_of(x, c), keeps(c));
    c->to[0] = sg_onnx_cast(x, a, work, c->out[0].type);
}

static void mean(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name a = sg_onnx_cast(x, c->from[0], c->in[0].type, c->out[0].type);
    c->to[0] = sg_onnx_mean(x, a, c->in[0].shape.rank, axes_of(x, c), keeps(c));
}

static void extreme(sg_onnx *x, sg_onnx_call *c) {
    int64_t axes[SG_MAX_RANK];
    int n = 0;
    unsigned bits = axes_of(x, c);
    for (int d = 0; d < c->in[0].shape.rank; d++)
        if (bits & 1u << d) axes[n++] = d;
    c->to[0] = n ? sg_onnx_add(x, c->with, SG_ONNX_IN(c->from[0]), sg_onnx_ints("axes", n, axes),
                               sg_onnx_int("keepdims", keeps(c)))
                 : c->from[0];
}

/* Elements of the axes that are reduced. */
static int64_t count_of(const sg_shape *shape, unsigned bits) {
    int64_t count = 1;
    for (int d = 0; d < shape->rank; d++)
        if (bits & 1u << d) count *= shape->dim[d];
    return count;
}

static sg_onnx_name squares(sg_onnx *x, sg_onnx_name a, sg_onnx_name mean) {
    sg_onnx_name centred = sg_onnx_two(x, "Sub", a, mean);
    return sg_onnx_two(x, "Mul", centred, centred);
}

static void var(sg_onnx *x, sg_onnx_call *c) {
    enum { UNBIASED = SG_REDUCE_KEEP + 1 };
    const sg_shape *shape = &c->in[0].shape;
    sg_type type = c->in[0].type;
    unsigned bits = axes_of(x, c);
    sg_onnx_name all = squares(x, c->from[0], sg_onnx_mean(x, c->from[0], shape->rank, bits, true));
    sg_onnx_name count = sg_onnx_count(x, count_of(shape, bits), type);
    if (c->attr[UNBIASED].i) count = sg_onnx_two(x, "Sub", count, sg_onnx_number(x, type, 1));
    c->to[0] = sg_onnx_two(x, "Div", sg_onnx_sum(x, all, shape->rank, bits, keeps(c)), count);
}

static void sum_to(sg_onnx *x, sg_onnx_call *c) {
    const sg_shape *from = &c->in[0].shape, *to = &c->out[0].shape;
    int more = from->rank - to->rank;
    unsigned bits = 0;
    for (int d = 0; d < from->rank; d++)
        if (d < more || (to->dim[d - more] == 1 && from->dim[d] != 1)) bits |= 1u << d;
    sg_type work = sg_work_type(c->in[0].type);
    sg_onnx_name a = sg_onnx_cast(x, c->from[0], c->in[0].type, work);
    a = sg_onnx_cast(x, sg_onnx_sum(x, a, from->rank, bits, true), work, c->out[0].type);
    c->to[0] = more ? sg_onnx_reshape(x, a, to) : a;
}

/* ---- moments of channels ---- */

/* Where nothing counts, 1 in its place. */
static sg_onnx_name above(sg_onnx *x, sg_onnx_name count, double bound, sg_onnx_name value, sg_type type) {
    sg_onnx_name more = sg_onnx_two(x, "Greater", count, sg_onnx_number(x, type, bound));
    return sg_onnx_add(x, "Where", SG_ONNX_IN(more, value, sg_onnx_number(x, type, 1)));
}

static void batch_moments(sg_onnx *x, sg_onnx_call *c) {
    enum { X, WEIGHT };
    enum { MEAN, VARIANCE, UNBIASED, COUNT };
    const sg_shape *shape = &c->in[X].shape;
    sg_type type = c->in[X].type;
    unsigned bits = ((1u << shape->rank) - 1) & ~2u;
    sg_onnx_name a = c->from[X], weight = c->from[WEIGHT];
    sg_onnx_name count = *weight ? sg_onnx_sum(x, weight, shape->rank, (1u << shape->rank) - 1, false)
                                 : sg_onnx_count(x, sg_channel_count(shape), type);
    sg_onnx_name divisor = above(x, count, 0, count, type);
    sg_onnx_name less = sg_onnx_two(x, "Sub", count, sg_onnx_number(x, type, 1));
    sg_onnx_name part = *weight ? sg_onnx_two(x, "Mul", a, weight) : a;
    sg_onnx_name centre = sg_onnx_two(x, "Div", sg_onnx_sum(x, part, shape->rank, bits, true), divisor);
    sg_onnx_name all = squares(x, a, centre);
    if (*weight) all = sg_onnx_two(x, "Mul", all, weight);
    all = sg_onnx_sum(x, all, shape->rank, bits, false);
    c->to[COUNT] = count;
    c->to[MEAN] = sg_onnx_reshape(x, centre, &c->out[MEAN].shape);
    c->to[VARIANCE] = sg_onnx_two(x, "Div", all, divisor);
    c->to[UNBIASED] = sg_onnx_two(x, "Div", all, above(x, count, 1, less, type));
}

const sg_onnx_rule sg_onnx_reduce[] = {
    {"batch_moments", batch_moments, NULL},
    {"max", extreme, "ReduceMax"},
    {"mean", mean, NULL},
    {"min", extreme, "ReduceMin"},
    {"sum", sum, NULL},
    {"sum_to", sum_to, NULL},
    {"var", var, NULL},
    {NULL, NULL, NULL},
};
