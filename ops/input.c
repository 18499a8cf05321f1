/* input: a value that the host feeds. */
#include "simgraph/op.h"

enum { SHAPE, TYPE };

static sg_status infer(sg_infer *c) {
    c->out[0].type = c->attr[TYPE].present ? (sg_type)c->attr[TYPE].i : c->float_type;
    c->out[0].shape = sg_shape_of(c->attr[SHAPE].n, c->attr[SHAPE].ints);
    return SG_OK;
}

static const sg_arg wide[] = {SG_ARG_INTS("shape", 2, 3), {0}};
static const sg_arg labels[] = {SG_ARG_INTS("shape", 4), SG_ARG_DTYPE("type", SG_I32), {0}};
static const sg_arg negative[] = {SG_ARG_INTS("shape", 4, -2), {0}};
static const sg_sample samples[] = {
    {.name = "matrix", .args = wide, .no_gradient = "it has no input"},
    {.name = "labels", .args = labels, .no_gradient = "it has no input"},
    {.name = "negative", .args = negative, .message = "shape is -2, but must be at least 0"},
    {.name = "no_shape", .message = "input needs the attribute `shape` (sizes of the value)"},
    {.name = NULL},
};

const sg_op sg_op_input = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "input",
         .doc = "a value fed from outside: a data field, or an array of the caller",
         .attrs = SG_ATTRS(
             {.name = "shape", .type = SG_ATTR_INTS, .doc = "sizes of the value", .min = 0, .max = 1e18},
             {.name = "type",
              .type = SG_ATTR_DTYPE,
              .fallback = "",
              .doc = "element type; the graph's float type unless set"})},
    .family = "input",
    .out = {{"value", "what was fed", 0}},
    .flags = SG_OP_FED,
    .infer = infer,
    .samples = samples,
};
