/* logical_not: 1 where x is 0. */
#include "ops/elementwise.h"
#include "ops/logic.h"
#include "ops/rows.h"

static const sg_sample samples[] = {
    {.name = "bits", SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3, 5), .low = -1, .high = 1})},
    {.name = "mask", SG_INPUTS({.type = SG_U8, .shape = SG_DIMS(2, 300), .low = 0, .high = 1})},
    {.name = "float", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(9)})},
    {.name = "scalar", SG_INPUTS({.type = SG_I32, .shape = SG_SCALAR})},
    {.name = "empty", SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(2, 0)})},
    {.name = "nothing", .message = "logical_not needs the input `x` (0 or not 0, of any type)"},
    {.name = NULL},
};

const sg_op sg_op_logical_not = {
    .schema = {.kind = SG_KIND_OP, .name = "logical_not", .doc = "1 where x is 0, else 0 (i32)"},
    .family = "elementwise",
    .in = {{"x", "0 or not 0, of any type", 0}},
    .out = {{"y", "1 or 0 (i32)", 0}},
    .flags = SG_OP_NONDIFF,
    .infer = sg_logic_infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, sg_logic_run_not}},
    SG_ELEMENTWISE_LAYOUT,
    .inplace = {{0, 0}},
    .inplace_count = 1,
    .rows = &sg_rows_each,
    .samples = samples,
};
