/* What elementwise ops share: inference with broadcasting and promotion, cutting, walking. */
#ifndef SG_OPS_ELEMENTWISE_H
#define SG_OPS_ELEMENTWISE_H

#include "kernel/loops.h"
#include "kernel/walk.h"
#include "ops/rows.h"
#include "simgraph/op.h"

/* One input, an output of its shape and type. The _float form promotes integers to the graph's float type. */
sg_status sg_unary_infer(sg_infer *c);
sg_status sg_unary_infer_float(sg_infer *c);
/* Two inputs broadcast together, the promoted type. The _float form gives a float type; the _test form i32.
 */
sg_status sg_binary_infer(sg_infer *c);
sg_status sg_binary_infer_float(sg_infer *c);
sg_status sg_binary_infer_test(sg_infer *c);

/* x and dy of one shape and float type. */
sg_status sg_unary_grad_infer(sg_infer *c);

/* Cut along axis 0 of the first output; inputs that are broadcast along it are read whole. Any number of
 * inputs. */
void sg_elementwise_domain(const sg_signature *s, sg_domain *d);

/* Kernels: elements of other types are converted to the type of the work on the way. */
void sg_unary_run(const sg_task *task, sg_unary function);
void sg_binary_run(const sg_task *task, sg_binary function);
void sg_compare_run(const sg_task *task, sg_compare function);
void sg_unary_grad_run(const sg_task *task, sg_unary_gradient function);
sg_status sg_unary_grad_expand(sg_expansion *e);

/* The parts of such kernels: runs of a walk go to the loops in chunks of at most SG_CHUNK elements.
 * sg_dense_run gives elements first .. first + count - 1 of operand k as a dense array of type `to` (in
 * place, or converted into `space`); one element, and `scalar` set, where all are the same. */
enum { SG_CHUNK = 512 };
const void *sg_dense_run(const sg_walk *walk, int k, sg_type from, sg_type to, int64_t first, int64_t count,
                         bool *scalar, void *space);
/* `count` elements, `step` apart, as 0 or 1; at most SG_CHUNK. */
void sg_truth_run(const sg_loops *loops, sg_type type, const char *at, int64_t step, int64_t count,
                  int32_t *truth);
/* The type in which a loop calculates what is to be of `type`: bytes go through i32. */
sg_type sg_work_type(sg_type type);

/* Layouts of elementwise ops: everything may be strided. */
#define SG_ELEMENTWISE_LAYOUT \
    .in_layout = {SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED}, .out_layout = {SG_STRIDED, SG_STRIDED}

/* The fields that all ops of a kind share, for their sg_op. */
#define SG_UNARY_OP(op_name, text, inference, function)                                                 \
    .schema = {.kind = SG_KIND_OP, .name = op_name, .doc = text}, .family = "elementwise",              \
    .in = {{"x", "numbers", 0}}, .out = {{"y", "the function of each element", 0}}, .infer = inference, \
    .domain = sg_elementwise_domain, .kernels = {{SG_ANY_TYPE, function}}, SG_ELEMENTWISE_LAYOUT,       \
    .leading = true, .inplace = {{0, 0}}, .inplace_count = 1, .rows = &sg_rows_each
#define SG_BINARY_OP(op_name, text, inference, function)                                          \
    .schema = {.kind = SG_KIND_OP, .name = op_name, .doc = text}, .family = "elementwise",        \
    .in = {{"a", "numbers", 0}, {"b", "numbers, broadcast with a", 0}},                           \
    .out = {{"y", "the broadcast shape, the promoted type", 0}}, .infer = inference,              \
    .domain = sg_elementwise_domain, .kernels = {{SG_ANY_TYPE, function}}, SG_ELEMENTWISE_LAYOUT, \
    .leading = true, .inplace = {{0, 0}, {1, 0}}, .inplace_count = 2, .rows = &sg_rows_each
#define SG_COMPARE_OP(op_name, text, function)                                                            \
    .schema = {.kind = SG_KIND_OP, .name = op_name, .doc = text}, .family = "elementwise",                \
    .in = {{"a", "numbers", 0}, {"b", "numbers, broadcast with a", 0}},                                   \
    .out = {{"y", "1 where it holds, else 0", 0}}, .flags = SG_OP_NONDIFF, .leading = true,               \
    .infer = sg_binary_infer_test, .domain = sg_elementwise_domain, .kernels = {{SG_ANY_TYPE, function}}, \
    SG_ELEMENTWISE_LAYOUT, .rows = &sg_rows_each

/* The gradient of a function in one pass over x and dy. */
#define SG_UNARY_GRAD_OP(function_name, of, function)                                                        \
    .schema = {.kind = SG_KIND_OP,                                                                           \
               .name = function_name "_grad",                                                                \
               .doc = "gradient of " function_name ": dy times its slope at x"},                             \
    .family = "elementwise", .in = {{"x", of " of " function_name, 0}, {"dy", "gradient of its output", 0}}, \
    .out = {{"dx", "gradient of x", 0}}, .infer = sg_unary_grad_infer, .domain = sg_elementwise_domain,      \
    .kernels = {{SG_F32, function}, {SG_F64, function}}, .leading = true, .inplace = {{1, 0}, {0, 0}},       \
    .inplace_count = 2

/* Samples of them: values in a range, kept away from 0 where the slope jumps there. */
#define SG_SAMPLE_INPUT(from, to, ...) \
    { .type = SG_F32, .shape = __VA_ARGS__, .low = from, .high = to }
#define SG_KINKED_INPUT(from, to, jumps, ...) \
    { .type = SG_F32, .shape = __VA_ARGS__, .low = from, .high = to, .has_kink = jumps }
#define SG_UNARY_SAMPLES(from, to, jumps)                                                   \
    {.name = "matrix", SG_INPUTS(SG_KINKED_INPUT(from, to, jumps, SG_DIMS(3, 5)))},         \
        {.name = "scalar", SG_INPUTS(SG_KINKED_INPUT(from, to, jumps, SG_SCALAR))},         \
        {.name = "empty", SG_INPUTS(SG_KINKED_INPUT(from, to, jumps, SG_DIMS(2, 0, 3)))}, { \
        .name = "long", SG_INPUTS(SG_KINKED_INPUT(from, to, jumps, SG_DIMS(2, 3, 131)))     \
    }
#define SG_PAIR(label, a_from, a_to, a_dims, b_from, b_to, b_dims) \
    { .name = label, SG_INPUTS(SG_SAMPLE_INPUT(a_from, a_to, a_dims), SG_SAMPLE_INPUT(b_from, b_to, b_dims)) }
#define SG_BINARY_SAMPLES(a_from, a_to, b_from, b_to)                                                       \
    SG_PAIR("same", a_from, a_to, SG_DIMS(3, 5), b_from, b_to, SG_DIMS(3, 5)),                              \
        SG_PAIR("row", a_from, a_to, SG_DIMS(3, 5), b_from, b_to, SG_DIMS(5)),                              \
        SG_PAIR("column", a_from, a_to, SG_DIMS(3, 1), b_from, b_to, SG_DIMS(3, 5)),                        \
        SG_PAIR("scalar", a_from, a_to, SG_SCALAR, b_from, b_to, SG_DIMS(2, 3, 4)),                         \
        SG_PAIR("outer", a_from, a_to, SG_DIMS(2, 1, 4), b_from, b_to, SG_DIMS(1, 3, 1)),                   \
        SG_PAIR("empty", a_from, a_to, SG_DIMS(0, 3), b_from, b_to, SG_DIMS(3)),                            \
        SG_PAIR("long", a_from, a_to, SG_DIMS(2, 70, 9), b_from, b_to, SG_DIMS(70, 9)), {                   \
        .name = "shapes",                                                                                   \
        SG_INPUTS(SG_SAMPLE_INPUT(a_from, a_to, SG_DIMS(3, 5)), SG_SAMPLE_INPUT(b_from, b_to, SG_DIMS(4))), \
        .message = "shapes [3, 5] and [4] do not broadcast together"                                        \
    }
#define SG_INTEGER_SAMPLE                                                                          \
    {                                                                                              \
        .name = "integers", SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(7), .low = -9, .high = 9}, \
                                      {.type = SG_I32, .shape = SG_DIMS(7), .low = 1, .high = 5})  \
    }
#define SG_UNARY_GRAD_SAMPLES(function_name)                                                   \
    {.name = "matrix",                                                                         \
     SG_INPUTS(SG_SAMPLE_INPUT(-4, 4, SG_DIMS(3, 5)), SG_SAMPLE_INPUT(0, 0, SG_DIMS(3, 5)))},  \
    {                                                                                          \
        .name = "shapes",                                                                      \
        SG_INPUTS(SG_SAMPLE_INPUT(0, 0, SG_DIMS(3, 5)), SG_SAMPLE_INPUT(0, 0, SG_DIMS(3, 4))), \
        .message = "dy must have the shape and type of x"                                      \
    }
#define SG_COMPARE_SAMPLES                                                                  \
    SG_PAIR("same", 0, 0, SG_DIMS(3, 5), 0, 0, SG_DIMS(3, 5)),                              \
        SG_PAIR("row", 0, 0, SG_DIMS(3, 5), 0, 0, SG_DIMS(5)),                              \
        {.name = "integers",                                                                \
         SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(4, 33), .low = 0, .high = 4},          \
                   {.type = SG_I32, .shape = SG_DIMS(4, 1), .low = 0, .high = 4})},         \
        SG_PAIR("empty", 0, 0, SG_DIMS(0, 3), 0, 0, SG_DIMS(3)), {                          \
        .name = "shapes",                                                                   \
        SG_INPUTS(SG_SAMPLE_INPUT(0, 0, SG_DIMS(3, 5)), SG_SAMPLE_INPUT(0, 0, SG_DIMS(4))), \
        .message = "shapes [3, 5] and [4] do not broadcast together"                        \
    }

/* For gradients: sums `gradient` down to the shape of `value` (undoes broadcasting), and casts it to its
 * type. */
sg_value sg_reduce_like(sg_graph *graph, sg_value gradient, sg_value value);
/* A rank-0 constant of a value's type. */
sg_value sg_scalar_like(sg_graph *graph, double number, sg_value value);

/* Converts `count` elements, `step` apart, to a dense array of another type. */
void sg_gather_convert(sg_type from, const char *at, int64_t step, sg_type to, void *dense, int64_t count);
/* The inverse: dense elements of one type to strided ones of another. */
void sg_scatter_convert(sg_type from, const void *dense, sg_type to, char *at, int64_t step, int64_t count);

#endif
