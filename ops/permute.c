/* permute: axes in another order. */
#include "ops/rows.h"
#include "ops/view.h"

enum { AXES };

static sg_status infer(sg_infer *c) {
    const sg_attr *axes = &c->attr[AXES];
    const sg_shape *in = &c->in[0].shape;
    char a[SG_SHAPE_TEXT];
    if (axes->n != in->rank)
        return sg_fail_at(c->error, SG_BLAME_ATTR, AXES, "axes names %d ax%s, but x is %s", axes->n,
                          axes->n == 1 ? "is" : "es", sg_shape_words(in, a));
    c->out[0].type = c->in[0].type;
    c->out[0].shape.rank = in->rank;
    unsigned seen = 0;
    for (int d = 0; d < in->rank; d++) {
        int axis = sg_axis_of(axes->ints[d], in->rank);
        if (axis < 0 || (seen & (1u << axis)))
            return sg_fail_at(c->error, SG_BLAME_ATTR, AXES, "axes must name each axis of %s once",
                              sg_shape_words(in, a));
        seen |= 1u << axis;
        c->out[0].shape.dim[d] = in->dim[axis];
    }
    return SG_OK;
}

static bool view(const sg_signature *s, const int64_t *in_stride, int64_t *out_stride, int64_t *offset) {
    *offset = 0;
    for (int d = 0; d < s->out[0].shape.rank; d++)
        out_stride[d] = in_stride[sg_axis_of(s->attr[AXES].ints[d], s->in[0].shape.rank)];
    return true;
}

static sg_status gradient(sg_backward *b) {
    const sg_attr *axes = &b->node->attr[AXES];
    int64_t back[SG_MAX_RANK];
    for (int d = 0; d < axes->n; d++) back[sg_axis_of(axes->ints[d], axes->n)] = d;
    b->dx[0] = sg_emit(b->graph, "permute", SG_IN(b->dy[0]), sg_arg_ints("axes", axes->n, back));
    return sg_graph_status(b->graph, NULL);
}

static const sg_arg turned[] = {SG_ARG_INTS("axes", 2, 0, 1), {0}};
static const sg_arg heads[] = {SG_ARG_INTS("axes", 0, 2, 1, -1), {0}};
static const sg_arg twice[] = {SG_ARG_INTS("axes", 0, 0), {0}};
static const sg_sample samples[] = {
    {.name = "turned", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3, 4)}), .args = turned},
    {.name = "heads", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3, 2, 5)}), .args = heads},
    {.name = "empty", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 0, 4)}), .args = turned},
    {.name = "twice",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3)}),
     .args = twice,
     .message = "axes must name each axis of [2, 3] once"},
    {.name = "few",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3, 4, 5)}),
     .args = turned,
     .message = "axes names 3 axes, but x is [2, 3, 4, 5]"},
    {.name = NULL},
};

const sg_op sg_op_permute = {
    .schema = {.kind = SG_KIND_OP,
               .name = "permute",
               .doc = "axes in another order",
               .attrs = SG_ATTRS({.name = "axes",
                                  .type = SG_ATTR_INTS,
                                  .doc = "axis d of the result is axis axes[d] of x"})},
    .family = "view",
    .in = {{"x", "any value", 0}},
    .out = {{"y", "x with its axes permuted", 0}},
    .flags = SG_OP_VIEW,
    .infer = infer,
    .view = view,
    .gradient = gradient,
    .rows = &sg_rows_permute,
    .samples = samples,
};
