/* Ops that move, cut and join what is there, and constants, in ONNX. */
#include "format/onnx.h"

#include "ops/drop.h"
#include "ops/view.h"

/* ---- constants ---- */

static void constant(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name number = sg_onnx_number(x, c->out[0].type, c->attr[0].f);
    c->to[0] = c->out[0].shape.rank ? sg_onnx_expand(x, number, &c->out[0].shape) : number;
}

static void iota(sg_onnx *x, sg_onnx_call *c) {
    enum { AXIS = 1 };
    const sg_shape *shape = &c->out[0].shape;
    sg_shape line = {.rank = shape->rank};
    int axis = sg_axis_of(c->attr[AXIS].i, shape->rank);
    for (int d = 0; d < line.rank; d++) line.dim[d] = d == axis ? shape->dim[d] : 1;
    sg_onnx_name numbers =
        sg_onnx_add(x, "Range",
                    SG_ONNX_IN(sg_onnx_number(x, SG_I32, 0), sg_onnx_count(x, shape->dim[axis], SG_I32),
                               sg_onnx_number(x, SG_I32, 1)));
    numbers = sg_onnx_cast(x, numbers, SG_I32, c->out[0].type);
    c->to[0] = sg_onnx_expand(x, sg_onnx_reshape(x, numbers, &line), shape);
}

/* ---- the same numbers ---- */

static void same(sg_onnx *x, sg_onnx_call *c) {
    (void)x;
    c->to[0] = c->from[0];
}

static void drop(sg_onnx *x, sg_onnx_call *c) {
    c->to[0] = c->from[0];
    if (c->node->training) sg_onnx_refuse(x, "draws numbers in training; a model of ONNX is for evaluation");
}

static void cast(sg_onnx *x, sg_onnx_call *c) {
    c->to[0] = sg_onnx_cast(x, c->from[0], c->in[0].type, c->out[0].type);
}

static void reshape(sg_onnx *x, sg_onnx_call *c) {
    c->to[0] = sg_onnx_reshape(x, c->from[0], &c->out[0].shape);
}

static void broadcast(sg_onnx *x, sg_onnx_call *c) {
    c->to[0] = sg_onnx_expand(x, c->from[0], &c->out[0].shape);
}

static void permute(sg_onnx *x, sg_onnx_call *c) {
    int64_t axes[SG_MAX_RANK];
    int rank = c->in[0].shape.rank;
    for (int d = 0; d < rank; d++) axes[d] = sg_axis_of(c->attr[0].ints[d], rank);
    c->to[0] = sg_onnx_permute(x, c->from[0], rank, axes);
}

/* ---- parts ---- */

/* ONNX has NumPy's rules as well. Only axes that are cut are named. */
static void slice(sg_onnx *x, sg_onnx_call *c) {
    enum { STARTS, STOPS, STEPS };
    const sg_shape *shape = &c->in[0].shape;
    int64_t start[SG_MAX_RANK], stop[SG_MAX_RANK], step[SG_MAX_RANK], axis[SG_MAX_RANK];
    int n = 0;
    for (int d = 0; d < shape->rank; d++) {
        start[n] = d < c->attr[STARTS].n ? c->attr[STARTS].ints[d] : 0;
        stop[n] = d < c->attr[STOPS].n ? c->attr[STOPS].ints[d] : INT64_MAX;
        step[n] = d < c->attr[STEPS].n ? c->attr[STEPS].ints[d] : 1;
        axis[n] = d;
        if (stop[n] >= shape->dim[d]) stop[n] = INT64_MAX;
        if (start[n] != 0 || stop[n] != INT64_MAX || step[n] != 1) n++;
    }
    c->to[0] = n ? sg_onnx_add(x, "Slice",
                               SG_ONNX_IN(c->from[0], sg_onnx_sizes(x, n, start), sg_onnx_sizes(x, n, stop),
                                          sg_onnx_sizes(x, n, axis), sg_onnx_sizes(x, n, step)))
                 : c->from[0];
}

static void roll(sg_onnx *x, sg_onnx_call *c) {
    enum { BY, AXES };
    const sg_shape *shape = &c->in[0].shape;
    sg_onnx_name y = c->from[0];
    for (int i = 0; i < c->attr[AXES].n; i++) {
        int axis = sg_axis_of(c->attr[AXES].ints[i], shape->rank);
        int64_t size = shape->dim[axis], by = size ? c->attr[BY].ints[i] % size : 0;
        if (by < 0) by += size;
        if (by == 0) continue;
        if (sg_onnx_symbolic(x, size)) {
            sg_onnx_refuse(x, "moves samples, and their number is open: fix it with --batch N");
            return;
        }
        sg_onnx_name end = sg_onnx_part(x, y, axis, size - by, INT64_MAX);
        sg_onnx_name begin = sg_onnx_part(x, y, axis, 0, size - by);
        y = sg_onnx_add(x, "Concat", SG_ONNX_IN(end, begin), sg_onnx_int("axis", axis));
    }
    c->to[0] = y;
}

/* ---- joining ---- */

static void concat(sg_onnx *x, sg_onnx_call *c) {
    int axis = sg_axis_of(c->attr[0].i, c->out[0].shape.rank);
    c->to[0] = sg_onnx_add(x, "Concat", c->from, c->in_count, sg_onnx_int("axis", axis));
}

static void pad(sg_onnx *x, sg_onnx_call *c) {
    enum { BEFORE, AFTER, VALUE };
    int64_t pads[2 * SG_MAX_RANK];
    int rank = c->in[0].shape.rank;
    for (int d = 0; d < rank; d++) {
        pads[d] = c->attr[BEFORE].ints[d];
        pads[rank + d] = c->attr[AFTER].ints[d];
    }
    c->to[0] = sg_onnx_add(x, "Pad",
                           SG_ONNX_IN(c->from[0], sg_onnx_sizes(x, 2 * rank, pads),
                                      sg_onnx_number(x, c->in[0].type, c->attr[VALUE].f)));
}

/* Six axes, of which those of a square go between or beside those of the map. */
static void shuffle(sg_onnx *x, sg_onnx_call *c, bool apart) {
    const sg_shape *from = &c->in[0].shape, *to = &c->out[0].shape;
    int64_t by = c->attr[0].i;
    const sg_shape *narrow = apart ? to : from, *wide = apart ? from : to;
    sg_shape six = apart ? SG_SHAPE(wide->dim[0], wide->dim[1], narrow->dim[2], by, narrow->dim[3], by)
                         : SG_SHAPE(wide->dim[0], wide->dim[1], by, by, narrow->dim[2], narrow->dim[3]);
    static const int64_t join[] = {0, 1, 4, 2, 5, 3}, split[] = {0, 1, 3, 5, 2, 4};
    sg_onnx_name y = sg_onnx_reshape(x, c->from[0], &six);
    c->to[0] = sg_onnx_reshape(x, sg_onnx_permute(x, y, 6, apart ? split : join), to);
}

static void pixel_shuffle(sg_onnx *x, sg_onnx_call *c) {
    shuffle(x, c, false);
}

static void pixel_unshuffle(sg_onnx *x, sg_onnx_call *c) {
    shuffle(x, c, true);
}

const sg_onnx_rule sg_onnx_shape[] = {
    {"broadcast_to", broadcast, NULL},
    {"cast", cast, NULL},
    {"concat", concat, NULL},
    {"constant", constant, NULL},
    {"copy", same, NULL},
    {"drop_path", drop, NULL},
    {"dropout", drop, NULL},
    {"iota", iota, NULL},
    {"pad", pad, NULL},
    {"permute", permute, NULL},
    {"pixel_shuffle", pixel_shuffle, NULL},
    {"pixel_unshuffle", pixel_unshuffle, NULL},
    {"reshape", reshape, NULL},
    {"roll", roll, NULL},
    {"slice", slice, NULL},
    {"stop_gradient", same, NULL},
    {NULL, NULL, NULL},
};
