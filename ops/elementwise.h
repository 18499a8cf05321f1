/* What elementwise ops share: inference with broadcasting and promotion, cutting, walking. */
#ifndef SG_OPS_ELEMENTWISE_H
#define SG_OPS_ELEMENTWISE_H

#include "kernel/loops.h"
#include "simgraph/op.h"

/* One input, an output of its shape and type. The _float form promotes integers to the graph's float type. */
sg_status sg_unary_infer(sg_infer *c);
sg_status sg_unary_infer_float(sg_infer *c);
/* Two inputs broadcast together, the promoted type. The _float form gives a float type; the _test form i32.
 */
sg_status sg_binary_infer(sg_infer *c);
sg_status sg_binary_infer_float(sg_infer *c);
sg_status sg_binary_infer_test(sg_infer *c);

/* Cut along axis 0 of the first output; inputs that are broadcast along it are read whole. Any number of
 * inputs. */
void sg_elementwise_domain(const sg_signature *s, sg_domain *d);

/* Kernels: elements of other types are converted to the type of the work on the way. */
void sg_unary_run(const sg_task *task, sg_unary function);
void sg_binary_run(const sg_task *task, sg_binary function);
void sg_compare_run(const sg_task *task, sg_compare function);

/* Layouts of elementwise ops: everything may be strided. */
#define SG_ELEMENTWISE_LAYOUT \
    .in_layout = {SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED}, .out_layout = {SG_STRIDED, SG_STRIDED}

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
