/* logical_and: 1 where both are not 0, else 0. */
#include "ops/elementwise.h"
#include "ops/logic.h"
#include "ops/rows.h"

static void run(const sg_task *task) {
    sg_logic_run(task, SG_LOGIC_AND);
}

#define BITS(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = -1, .high = 1 }
static const sg_sample samples[] = {
    {.name = "same", SG_INPUTS(BITS(3, 5), BITS(3, 5))},
    {.name = "row", SG_INPUTS(BITS(3, 5), BITS(5))},
    {.name = "outer", SG_INPUTS(BITS(4, 1), BITS(1, 3))},
    {.name = "scalar", SG_INPUTS(BITS(7), {.type = SG_I32, .shape = SG_SCALAR})},
    {.name = "types",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 3, 131), .low = -1, .high = 1},
               {.type = SG_U8, .shape = SG_DIMS(2, 3, 131), .low = 0, .high = 2})},
    {.name = "empty", SG_INPUTS(BITS(0, 5), BITS(5))},
    {.name = "shapes",
     SG_INPUTS(BITS(3, 5), BITS(4)),
     .message = "shapes [3, 5] and [4] do not broadcast together"},
    {.name = NULL},
};

const sg_op sg_op_logical_and = {
    .schema = {.kind = SG_KIND_OP, .name = "logical_and", .doc = "1 where both are not 0, else 0 (i32)"},
    .family = "elementwise",
    .in = {{"a", "0 or not 0, of any type", 0}, {"b", "the same, broadcast with a", 0}},
    .out = {{"y", "1 or 0 (i32)", 0}},
    .flags = SG_OP_NONDIFF,
    .infer = sg_logic_infer_two,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .inplace = {{0, 0}, {1, 0}},
    .inplace_count = 2,
    .rows = &sg_rows_each,
    .samples = samples,
};
