/* weight: a stored value that training learns. */
#include "simgraph/op.h"

enum { SHAPE, INIT, DECAY, FROZEN, LR, TYPE };

static sg_status infer(sg_infer *c) {
    c->out[0].type = c->attr[TYPE].present ? (sg_type)c->attr[TYPE].i : c->float_type;
    c->out[0].shape = sg_shape_of(c->attr[SHAPE].n, c->attr[SHAPE].ints);
    if (!sg_type_is_float(c->out[0].type))
        return sg_fail_at(c->error, SG_BLAME_ATTR, TYPE, "a weight must be a float");
    return SG_OK;
}

static const sg_arg wide[] = {SG_ARG_INTS("shape", 2, 3), {0}};
static const sg_sample samples[] = {
    {.name = "matrix", .args = wide, .no_gradient = "it has no input"},
    {.name = "no_shape", .message = "weight needs the attribute `shape` (sizes of the weight)"},
    {.name = NULL},
};

const sg_op sg_op_weight = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "weight",
         .doc = "a learned value; its name is its path in the graph",
         .attrs = SG_ATTRS(
             {.name = "shape", .type = SG_ATTR_INTS, .doc = "sizes of the weight", .min = 0, .max = 1e18},
             {.name = "init",
              .type = SG_ATTR_CALL,
              .call_kind = SG_KIND_INIT,
              .fallback = "zeros",
              .doc = "how it starts"},
             {.name = "decay",
              .type = SG_ATTR_BOOL,
              .fallback = "",
              .doc = "whether weight decay applies; unless set, it does for rank 2 and more"},
             {.name = "frozen", .type = SG_ATTR_BOOL, .fallback = "false", .doc = "not learned"},
             {.name = "lr",
              .type = SG_ATTR_FLOAT,
              .fallback = "1",
              .doc = "factor on the learning rate",
              .min = 0,
              .max = 1e6},
             {.name = "type",
              .type = SG_ATTR_DTYPE,
              .fallback = "",
              .doc = "element type; the graph's float type unless set"})},
    .family = "weight",
    .out = {{"value", "the weight", 0}},
    .flags = SG_OP_STORED,
    .infer = infer,
    .samples = samples,
};
