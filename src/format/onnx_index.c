/* Ops that pick and sort, in ONNX, which counts places in int64. */
#include "format/onnx.h"

#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/view.h"

static sg_onnx_name places(sg_onnx *x, sg_onnx_name index) {
    return sg_onnx_cast_to(x, index, sg_onnx_type(SG_I32));
}

static void gather(sg_onnx *x, sg_onnx_call *c) {
    enum { TABLE, INDEX };
    sg_onnx_name index = sg_onnx_cast(x, c->from[INDEX], c->in[INDEX].type, SG_I32);
    int rank = c->in[TABLE].shape.rank, axis = sg_axis_of(c->attr[SG_GATHER_AXIS].i, rank);
    if (!c->attr[SG_GATHER_ROWS].i) {
        c->to[0] = sg_onnx_add(x, "Gather", SG_ONNX_IN(c->from[TABLE], index), sg_onnx_int("axis", axis));
        return;
    }
    /* A place is a vector of one number there. */
    int64_t last = c->in[INDEX].shape.rank;
    index = sg_onnx_cast_to(x, index, SG_ONNX_INT64);
    index = sg_onnx_two(x, "Unsqueeze", index, sg_onnx_sizes(x, 1, &last));
    c->to[0] = sg_onnx_add(x, "GatherND", SG_ONNX_IN(c->from[TABLE], index), sg_onnx_int("batch_dims", 1));
}

static void one_hot(sg_onnx *x, sg_onnx_call *c) {
    c->to[0] =
        sg_onnx_one_hot(x, c->from[0], c->in[0].type, c->in[0].shape.rank, c->attr[0].i, c->out[0].type);
}

static void argmax(sg_onnx *x, sg_onnx_call *c) {
    enum { AXIS, KEEP };
    int axis = sg_axis_of(c->attr[AXIS].i, c->in[0].shape.rank);
    c->to[0] = places(x, sg_onnx_add(x, "ArgMax", SG_ONNX_IN(c->from[0]), sg_onnx_int("axis", axis),
                                     sg_onnx_int("keepdims", c->attr[KEEP].i)));
}

/* The first `count` of sorted order; equals keep their order. */
static void sorted(sg_onnx *x, sg_onnx_name a, int axis, int64_t count, bool largest, sg_onnx_name out[2]) {
    sg_onnx_attr attrs[] = {
        sg_onnx_int("axis", axis), sg_onnx_int("largest", largest), sg_onnx_int("sorted", 1), {0}};
    out[0] = out[1] = "";
    sg_onnx_node(x, "TopK", SG_ONNX_IN(a, sg_onnx_sizes(x, 1, &count)), attrs, 2, out);
}

static void argsort(sg_onnx *x, sg_onnx_call *c) {
    enum { AXIS, DESCENDING };
    int axis = sg_axis_of(c->attr[AXIS].i, c->in[0].shape.rank);
    sg_type work = sg_work_type(c->in[0].type);
    sg_onnx_name out[2], a = sg_onnx_cast(x, c->from[0], c->in[0].type, work);
    sorted(x, a, axis, c->in[0].shape.dim[axis], c->attr[DESCENDING].i, out);
    c->to[0] = places(x, out[1]);
}

static void top_k(sg_onnx *x, sg_onnx_call *c) {
    enum { AXIS, K };
    int axis = sg_axis_of(c->attr[AXIS].i, c->in[0].shape.rank);
    sg_type work = sg_work_type(c->in[0].type);
    sg_onnx_name out[2], a = sg_onnx_cast(x, c->from[0], c->in[0].type, work);
    sorted(x, a, axis, c->attr[K].i, true, out);
    c->to[0] = sg_onnx_cast(x, out[0], work, c->out[0].type);
    c->to[1] = places(x, out[1]);
}

/* The mask is an input; tokens that it shows are kept in their order, those that it hides come behind. */
static void drop_mask(sg_onnx *x, sg_onnx_call *c) {
    enum { MASK, KEEP, RESTORE };
    int64_t n = c->out[MASK].shape.dim[1], kept = c->out[KEEP].shape.dim[1];
    sg_onnx_name mask = x->name[c->node->out[MASK]], order[2], back[2];
    c->to[MASK] = mask;
    mask = sg_onnx_cast_to(x, sg_onnx_cast_to(x, mask, SG_ONNX_BOOL), sg_onnx_type(SG_I32));
    sorted(x, mask, 1, n, false, order);
    if (c->wanted[KEEP]) c->to[KEEP] = places(x, sg_onnx_part(x, order[1], 1, 0, kept));
    if (!c->wanted[RESTORE]) return;
    sorted(x, order[1], 1, n, false, back);
    c->to[RESTORE] = places(x, back[1]);
}

const sg_onnx_rule sg_onnx_index[] = {
    {"argmax", argmax, NULL}, {"argsort", argsort, NULL}, {"drop_mask", drop_mask, NULL},
    {"gather", gather, NULL}, {"one_hot", one_hot, NULL}, {"top_k", top_k, NULL},
    {NULL, NULL, NULL},
};
