/* state: a stored value that is carried from step to step and not learned. */
#include "simgraph/op.h"

enum { SHAPE, INIT, TYPE };

static sg_status infer(sg_infer *c) {
    c->out[0].type = c->attr[TYPE].present ? (sg_type)c->attr[TYPE].i : c->float_type;
    c->out[0].shape = sg_shape_of(c->attr[SHAPE].n, c->attr[SHAPE].ints);
    return SG_OK;
}

static const sg_arg wide[] = {SG_ARG_INTS("shape", 2, 3), {0}};
static const sg_sample samples[] = {
    {.name = "matrix", .args = wide, .no_gradient = "it has no input"},
    {.name = "no_shape", .message = "state needs the attribute `shape` (sizes of the value)"},
    {.name = NULL},
};

const sg_op sg_op_state = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "state",
         .doc = "a value carried from step to step and not learned: moments, running statistics",
         .attrs = SG_ATTRS(
             {.name = "shape", .type = SG_ATTR_INTS, .doc = "sizes of the value", .min = 0, .max = 1e18},
             {.name = "init",
              .type = SG_ATTR_CALL,
              .call_kind = SG_KIND_INIT,
              .fallback = "zeros",
              .doc = "how it starts"},
             {.name = "type",
              .type = SG_ATTR_DTYPE,
              .fallback = "",
              .doc = "element type; the graph's float type unless set"})},
    .family = "state",
    .out = {{"value", "the value of this step", 0}},
    .flags = SG_OP_STORED,
    .infer = infer,
    .samples = samples,
};
