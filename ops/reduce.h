/* What sums over axes share. */
#ifndef SG_OPS_REDUCE_H
#define SG_OPS_REDUCE_H

#include "simgraph/op.h"

enum { SG_REDUCE_AXIS, SG_REDUCE_KEEP };
/* The attributes of reductions, in this order. */
#define SG_REDUCE_ATTRS                                                                                   \
    {.name = "axis",                                                                                      \
     .type = SG_ATTR_INTS,                                                                                \
     .fallback = "",                                                                                      \
     .doc = "axes to reduce; all unless set; negative ones count from the end"},                          \
    {                                                                                                     \
        .name = "keep", .type = SG_ATTR_BOOL, .fallback = "false", .doc = "keep reduced axes with size 1" \
    }

/* Which axes of a rank are reduced, as bits; blames the attribute for axes out of range or named twice. */
sg_status sg_reduced_axes(const sg_attr *axis, int rank, unsigned *bits, sg_error *error);
/* The shape with reduced axes dropped, or kept as 1. */
sg_shape sg_reduced_shape(const sg_shape *shape, unsigned bits, bool keep);
/* Output 0 has the reduced shape and the type of input 0. */
sg_status sg_reduce_infer(sg_infer *c);

/* Cut along axis 0: sums where it is reduced, else parts. */
void sg_sum_domain(const sg_signature *s, unsigned bits, sg_domain *d);
/* Adds x, reduced over the axes `bits`, in f64; out = sum * scale where axis 0 stays. */
void sg_sum_run(const sg_task *task, unsigned bits, double scale);
/* Where axis 0 is reduced: out = joined sum * scale. */
void sg_sum_finish(const sg_task *task, double scale);

/* For gradients: dy of a reduction as a view of the input's shape. */
sg_value sg_unreduce(sg_graph *graph, sg_value dy, sg_value input, unsigned bits);

#endif
