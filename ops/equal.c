/* equal: a == b, 1 or 0. */
#include "ops/elementwise.h"

static void run(const sg_task *task) {
    sg_compare_run(task, SG_COMPARE_EQ);
}

static const sg_sample samples[] = {
    {.name = "same",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5)}, {.type = SG_F32, .shape = SG_DIMS(3, 5)}},
     .in_count = 2},
    {.name = "row",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5)}, {.type = SG_F32, .shape = SG_DIMS(5)}},
     .in_count = 2},
    {.name = "integers",
     .in = {{.type = SG_I32, .shape = SG_DIMS(4, 33), .low = 0, .high = 4},
            {.type = SG_I32, .shape = SG_DIMS(4, 1), .low = 0, .high = 4}},
     .in_count = 2},
    {.name = "empty",
     .in = {{.type = SG_F32, .shape = SG_DIMS(0, 3)}, {.type = SG_F32, .shape = SG_DIMS(3)}},
     .in_count = 2},
    {.name = "shapes",
     .in = {{.type = SG_F32, .shape = SG_DIMS(3, 5)}, {.type = SG_F32, .shape = SG_DIMS(4)}},
     .in_count = 2,
     .message = "shapes [3, 5] and [4] do not broadcast together"},
    {.name = NULL},
};

const sg_op sg_op_equal = {
    .schema = {.kind = SG_KIND_OP, .name = "equal", .doc = "a == b: 1 or 0 (i32)"},
    .family = "elementwise",
    .in = {{"a", "numbers", 0}, {"b", "numbers, broadcast with a", 0}},
    .out = {{"y", "1 where it holds, else 0", 0}},
    .flags = SG_OP_NONDIFF,
    .infer = sg_binary_infer_test,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .samples = samples,
};
