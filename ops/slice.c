/* slice: a range of each axis, with steps; NumPy's basic indexing. */
#include <string.h>

#include "ops/rows.h"
#include "ops/view.h"

enum { STARTS, STOPS, STEPS };

/* A position counted from the end where negative, moved into low..high. */
static int64_t position(int64_t at, int64_t size, int64_t low, int64_t high) {
    if (at < 0) at += size;
    return at < low ? low : at > high ? high : at;
}

/* Start, step and length on one axis after Python's rules: negative positions count from the end, ranges are
 * cut off at the ends. Axes beyond the lists are taken whole. Backward, stop lies before the last element
 * that is taken; -size - 1 stands for the place before the first. */
static void range_of(const sg_attr *attr, int axis, int64_t size, int64_t *start, int64_t *step,
                     int64_t *length) {
    *step = axis < attr[STEPS].n ? attr[STEPS].ints[axis] : 1;
    /* Longer steps than the axis reach one element too; strides stay small. */
    int64_t most = size > 0 ? size : 1;
    *step = *step > most ? most : *step < -most ? -most : *step;
    int64_t low = *step > 0 ? 0 : -1, high = *step > 0 ? size : size - 1;
    *start = position(axis < attr[STARTS].n ? attr[STARTS].ints[axis] : 0, size, low, high);
    int64_t stop = position(axis < attr[STOPS].n ? attr[STOPS].ints[axis] : size, size, low, high);
    int64_t span = *step > 0 ? stop - *start : *start - stop, stride = *step > 0 ? *step : -*step;
    *length = span > 0 ? (span - 1) / stride + 1 : 0;
    if (*length == 0) *start = 0;
}

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    char a[SG_SHAPE_TEXT];
    c->out[0] = c->in[0];
    for (int k = STARTS; k <= STEPS; k++)
        if (c->attr[k].n > in->rank)
            return sg_fail_at(c->error, SG_BLAME_ATTR, k, "%d ax%s indexed, but x is %s", c->attr[k].n,
                              c->attr[k].n == 1 ? "is is" : "es are", sg_shape_words(in, a));
    for (int d = 0; d < c->attr[STEPS].n; d++)
        if (c->attr[STEPS].ints[d] == 0)
            return sg_fail_at(c->error, SG_BLAME_ATTR, STEPS, "a step must not be 0");
    for (int d = 0; d < in->rank; d++) {
        int64_t start, step;
        range_of(c->attr, d, in->dim[d], &start, &step, &c->out[0].shape.dim[d]);
    }
    return SG_OK;
}

static bool view(const sg_signature *s, const int64_t *in_stride, int64_t *out_stride, int64_t *offset) {
    *offset = 0;
    for (int d = 0; d < s->in[0].shape.rank; d++) {
        int64_t start, step, length;
        range_of(s->attr, d, s->in[0].shape.dim[d], &start, &step, &length);
        *offset += start * in_stride[d];
        out_stride[d] = step * in_stride[d];
    }
    return true;
}

static sg_status gradient(sg_backward *b) {
    const sg_shape *in = &sg_graph_value(b->graph, b->in[0])->shape;
    int64_t starts[SG_MAX_RANK], steps[SG_MAX_RANK];
    for (int d = 0; d < in->rank; d++) {
        int64_t length;
        range_of(b->node->attr, d, in->dim[d], &starts[d], &steps[d], &length);
    }
    b->dx[0] = sg_emit(b->graph, "slice_scatter", SG_IN(b->dy[0]), sg_arg_shape("shape", in),
                       sg_arg_ints("starts", in->rank, starts), sg_arg_ints("steps", in->rank, steps));
    return sg_graph_status(b->graph, NULL);
}

static const sg_arg middle[] = {SG_ARG_INTS("starts", 0, 1), SG_ARG_INTS("stops", 3, 4), {0}};
static const sg_arg odd[] = {
    SG_ARG_INTS("starts", 1, 0), SG_ARG_INTS("stops", 5, 6), SG_ARG_INTS("steps", 2, 3), {0}};
static const sg_arg back[] = {
    SG_ARG_INTS("starts", -1), SG_ARG_INTS("stops", -100), SG_ARG_INTS("steps", -2), {0}};
static const sg_arg nothing[] = {SG_ARG_INTS("starts", 2), SG_ARG_INTS("stops", 2), {0}};
static const sg_arg no_step[] = {SG_ARG_INTS("steps", 0), {0}};
static const sg_sample samples[] = {
    {.name = "middle", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 6)}), .args = middle},
    {.name = "odd", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(5, 6, 2)}), .args = odd},
    {.name = "back", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(6, 2)}), .args = back},
    {.name = "nothing", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(4, 2)}), .args = nothing},
    {.name = "no_step",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(4)}),
     .args = no_step,
     .message = "a step must not be 0"},
    {.name = "many",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(4)}),
     .args = odd,
     .message = "2 axes are indexed, but x is [4]"},
    {.name = NULL},
};

const sg_op sg_op_slice = {
    .schema = {.kind = SG_KIND_OP,
               .name = "slice",
               .doc = "a range of each axis: x[start:stop:step, ...]",
               .attrs = SG_ATTRS({.name = "starts",
                                  .type = SG_ATTR_INTS,
                                  .fallback = "[]",
                                  .doc = "first position an axis; negative ones count from the end"},
                                 {.name = "stops",
                                  .type = SG_ATTR_INTS,
                                  .fallback = "[]",
                                  .doc = "position after the last, an axis; large ones mean the end"},
                                 {.name = "steps",
                                  .type = SG_ATTR_INTS,
                                  .fallback = "[]",
                                  .doc = "distance, an axis; may be negative"})},
    .family = "view",
    .in = {{"x", "any value", 0}},
    .out = {{"y", "the elements in range", 0}},
    .flags = SG_OP_VIEW,
    .infer = infer,
    .view = view,
    .gradient = gradient,
    .rows = &sg_rows_slice,
    .samples = samples,
};
