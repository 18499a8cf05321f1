/* broadcast_to: axes of size 1 repeated without copying. */
#include "ops/elementwise.h"
#include "ops/rows.h"
#include "ops/view.h"

enum { SHAPE };

static sg_status infer(sg_infer *c) {
    sg_shape wanted = sg_shape_of(c->attr[SHAPE].n, c->attr[SHAPE].ints);
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    c->out[0].type = c->in[0].type;
    if (!sg_shape_broadcast(&c->in[0].shape, &wanted, &c->out[0].shape) ||
        !sg_shape_equal(&wanted, &c->out[0].shape))
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE, "%s cannot be broadcast to %s",
                          sg_shape_words(&c->in[0].shape, a), sg_shape_words(&wanted, b));
    return SG_OK;
}

static bool view(const sg_signature *s, const int64_t *in_stride, int64_t *out_stride, int64_t *offset) {
    const sg_shape *in = &s->in[0].shape, *out = &s->out[0].shape;
    *offset = 0;
    for (int d = 0; d < out->rank; d++) {
        int axis = d - (out->rank - in->rank);
        out_stride[d] = axis < 0 || in->dim[axis] == 1 ? 0 : in_stride[axis];
    }
    return true;
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_reduce_like(b->graph, b->dy[0], b->in[0]);
    return sg_graph_status(b->graph, NULL);
}

static const sg_arg wide[] = {SG_ARG_INTS("shape", 3, 2, 4), {0}};
static const sg_arg none[] = {SG_ARG_INTS("shape", 0, 4), {0}};
static const sg_sample samples[] = {
    {.name = "row", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(4)}), .args = wide},
    {.name = "column", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 1)}), .args = wide},
    {.name = "empty", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(1, 4)}), .args = none},
    {.name = "wrong",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3)}),
     .args = wide,
     .message = "[3] cannot be broadcast to [3, 2, 4]"},
    {.name = NULL},
};

const sg_op sg_op_broadcast_to = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "broadcast_to",
         .doc = "axes of size 1, and missing ones in front, repeated",
         .attrs = SG_ATTRS(
             {.name = "shape", .type = SG_ATTR_INTS, .doc = "sizes of the result", .min = 0, .max = 1e18})},
    .family = "view",
    .in = {{"x", "any value", 0}},
    .out = {{"y", "x repeated", 0}},
    .flags = SG_OP_VIEW,
    .infer = infer,
    .view = view,
    .gradient = gradient,
    .rows = &sg_rows_broadcast,
    .samples = samples,
};
