/* average: a stored value that follows a weight as its exponential moving average (the teacher of Tarvainen
 * and Valpola, arXiv:1703.01780). It starts as the weight does. The update stands in the update phase of a
 * training step, which adds a `blend` for each; here is only what is stored. */
#include "simgraph/op.h"

enum { SHAPE, OF, AVERAGE, TYPE };

static sg_status infer(sg_infer *c) {
    c->out[0].type = c->attr[TYPE].present ? (sg_type)c->attr[TYPE].i : c->float_type;
    c->out[0].shape = sg_shape_of(c->attr[SHAPE].n, c->attr[SHAPE].ints);
    if (!sg_type_is_float(c->out[0].type))
        return sg_fail_at(c->error, SG_BLAME_ATTR, TYPE, "an average must be a float");
    return SG_OK;
}

static const sg_arg slow[] = {
    SG_ARG_INTS("shape", 2, 3), SG_ARG_TEXT("of", ""), SG_ARG_FLOAT("average", 0.99), {0}};
static const sg_arg nothing[] = {SG_ARG_INTS("shape", 2, 3), SG_ARG_FLOAT("average", 0.99), {0}};
static const sg_arg wide[] = {
    SG_ARG_INTS("shape", 2, 3), SG_ARG_TEXT("of", "w"), SG_ARG_FLOAT("average", 1.5), {0}};
static const sg_sample samples[] = {
    {.name = "matrix", .args = slow, .no_gradient = "it has no input"},
    {.name = "no_weight",
     .args = nothing,
     .message = "average needs the attribute `of` (path of the weight; none, if empty)"},
    {.name = "share", .args = wide, .message = "average is 1.5, but must lie between 0 and 1"},
    {.name = NULL},
};

const sg_op sg_op_average = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "average",
         .doc = "a moving average of a weight, not learned: what `share: {with: node, average: 0.99}` makes",
         .attrs = SG_ATTRS(
             {.name = "shape", .type = SG_ATTR_INTS, .doc = "sizes of the weight", .min = 0, .max = 1e18},
             {.name = "of", .type = SG_ATTR_TEXT, .doc = "path of the weight; none, if empty"},
             {.name = "average",
              .type = SG_ATTR_RATE,
              .doc = "share of the average that each step keeps",
              .call_kind = SG_KIND_SCHEDULE,
              .min = 0,
              .max = 1},
             {.name = "type",
              .type = SG_ATTR_DTYPE,
              .fallback = "",
              .doc = "element type; the graph's float type unless set"})},
    .family = "weight",
    .out = {{"value", "the average as of this step", 0}},
    .flags = SG_OP_STORED,
    .infer = infer,
    .samples = samples,
};
