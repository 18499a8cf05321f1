/* min: the minimum over axes. */
#include "ops/extreme.h"
#include "ops/rows.h"

static sg_status infer(sg_infer *c) {
    return sg_extreme_infer(c, "minimum");
}

static void run(const sg_task *task) {
    sg_extreme_run(task, false);
}

static double flops(const sg_signature *s) {
    return (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg first[] = {SG_ARG_INTS("axis", 0), {0}};
static const sg_arg last[] = {SG_ARG_INTS("axis", -1), SG_ARG_BOOL("keep", true), {0}};
static const sg_arg ends[] = {SG_ARG_INTS("axis", 0, 2), {0}};
static const sg_arg middle[] = {SG_ARG_INTS("axis", 1), {0}};
static const sg_arg far[] = {SG_ARG_INTS("axis", 3), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define WHOLE(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = -9, .high = 9 }
static const sg_sample samples[] = {
    {.name = "all", SG_INPUTS(REAL(3, 5))},
    {.name = "first", SG_INPUTS(REAL(3, 4, 5)), .args = first},
    {.name = "last", SG_INPUTS(REAL(3, 4, 50)), .args = last},
    {.name = "ends", SG_INPUTS(REAL(3, 4, 5)), .args = ends},
    {.name = "middle", SG_INPUTS(REAL(3, 4, 5)), .args = middle},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR})},
    {.name = "integers", SG_INPUTS(WHOLE(3, 7)), .args = last},
    {.name = "integer_columns", SG_INPUTS(WHOLE(3, 7)), .args = first},
    {.name = "no_rows", SG_INPUTS(REAL(0, 4)), .args = middle},
    {.name = "nothing",
     SG_INPUTS(REAL(0, 4)),
     .args = first,
     .message = "x [0, 4] has nothing to take the minimum of"},
    {.name = "far", SG_INPUTS(REAL(3, 4)), .args = far, .message = "axis 3 is out of range for rank 2"},
    {.name = NULL},
};

const sg_op sg_op_min = {
    .schema = {.kind = SG_KIND_OP,
               .name = "min",
               .doc = "the smallest element over axes; its gradient is shared evenly among equals",
               .attrs = SG_ATTRS(SG_REDUCE_ATTRS)},
    .family = "reduction",
    .in = {{"x", "numbers", 0}},
    .out = {{"y", "the smallest ones", 0}},
    .infer = infer,
    .domain = sg_extreme_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}, {SG_I32, run}, {SG_U8, run}},
    .in_layout = {SG_STRIDED},
    .gradient = sg_extreme_gradient,
    .flops = flops,
    .rows = &sg_rows_reduce,
    .samples = samples,
};
