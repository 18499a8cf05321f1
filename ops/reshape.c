/* reshape: the same elements in row-major order under another shape. */
#include "ops/rows.h"
#include "ops/view.h"

enum { SHAPE };

static sg_status infer(sg_infer *c) {
    const sg_attr *shape = &c->attr[SHAPE];
    int64_t elements = sg_shape_elements(&c->in[0].shape), known = 1;
    int open = -1;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    if (shape->n > SG_MAX_RANK)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE, "shape has %d axes, but at most %d are possible",
                          shape->n, SG_MAX_RANK);
    c->out[0].type = c->in[0].type;
    c->out[0].shape.rank = shape->n;
    for (int d = 0; d < shape->n; d++) {
        int64_t size = shape->ints[d];
        if (size == -1 && open < 0)
            open = d;
        else if (size < 0)
            return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE,
                              "shape may hold one -1 and no other negative size");
        else if (__builtin_mul_overflow(known, size, &known))
            return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE, "shape is too large");
        c->out[0].shape.dim[d] = size;
    }
    if (open >= 0) {
        if (known == 0 || elements % known)
            return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE, "%lld element%s of %s %s not divide by %lld",
                              (long long)elements, sg_plural(elements), sg_shape_words(&c->in[0].shape, a),
                              elements == 1 ? "does" : "do", (long long)known);
        c->out[0].shape.dim[open] = elements / known;
        return SG_OK;
    }
    if (known != elements)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE,
                          "%s cannot be read as %s: another number of elements",
                          sg_shape_words(&c->in[0].shape, a), sg_shape_words(&c->out[0].shape, b));
    return SG_OK;
}

static bool view(const sg_signature *s, const int64_t *in_stride, int64_t *out_stride, int64_t *offset) {
    *offset = 0;
    return sg_reshape_strides(&s->in[0].shape, in_stride, &s->out[0].shape, out_stride);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "reshape", SG_IN(b->dy[0]),
                       sg_arg_shape("shape", &sg_graph_value(b->graph, b->in[0])->shape));
    return sg_graph_status(b->graph, NULL);
}

static const sg_arg flat[] = {SG_ARG_INTS("shape", 6), {0}};
static const sg_arg open_size[] = {SG_ARG_INTS("shape", 2, -1, 2), {0}};
static const sg_arg wrong[] = {SG_ARG_INTS("shape", 4), {0}};
static const sg_arg indivisible[] = {SG_ARG_INTS("shape", 4, -1), {0}};
static const sg_arg two_open[] = {SG_ARG_INTS("shape", -1, -1), {0}};
static const sg_arg none[] = {SG_ARG_INTS("shape", 3, 0), {0}};
static const sg_sample samples[] = {
    {.name = "flat", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3)}), .args = flat},
    {.name = "open_size", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(4, 3)}), .args = open_size},
    {.name = "empty", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(0, 5)}), .args = none},
    {.name = "wrong",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3)}),
     .args = wrong,
     .message = "[2, 3] cannot be read as [4]: another number of elements"},
    {.name = "indivisible",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3)}),
     .args = indivisible,
     .message = "6 elements of [2, 3] do not divide by 4"},
    {.name = "two_open",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3)}),
     .args = two_open,
     .message = "shape may hold one -1 and no other negative size"},
    {.name = NULL},
};

const sg_op sg_op_reshape = {
    .schema = {.kind = SG_KIND_OP,
               .name = "reshape",
               .doc = "the same elements in row-major order under another shape",
               .attrs = SG_ATTRS({.name = "shape",
                                  .type = SG_ATTR_INTS,
                                  .doc = "sizes of the result; one may be -1: whatever fits"})},
    .family = "view",
    .in = {{"x", "any value", 0}},
    .out = {{"y", "the same elements", 0}},
    .flags = SG_OP_VIEW,
    .infer = infer,
    .view = view,
    .gradient = gradient,
    .rows = &sg_rows_reshape_rule,
    .samples = samples,
};
