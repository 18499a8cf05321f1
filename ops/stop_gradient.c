/* stop_gradient: the same value, through which no gradient passes. */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/rows.h"

static bool view(const sg_signature *s, const int64_t *in_stride, int64_t *out_stride, int64_t *offset) {
    memcpy(out_stride, in_stride, sizeof(int64_t) * (size_t)s->in[0].shape.rank);
    *offset = 0;
    return true;
}

static const sg_sample samples[] = {
    {.name = "matrix", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 5)})},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR})},
    {.name = "integers", SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(4)})},
    {.name = "empty", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(0, 2)})},
    {.name = "nothing", .message = "stop_gradient needs the input `x` (any value)"},
    {.name = NULL},
};

const sg_op sg_op_stop_gradient = {
    .schema = {.kind = SG_KIND_OP,
               .name = "stop_gradient",
               .doc = "the same value; what comes before it gets no gradient through it"},
    .family = "view",
    .in = {{"x", "any value", 0}},
    .out = {{"y", "the same", 0}},
    .flags = SG_OP_VIEW | SG_OP_NONDIFF,
    .infer = sg_unary_infer,
    .view = view,
    .rows = &sg_rows_each,
    .samples = samples,
};
