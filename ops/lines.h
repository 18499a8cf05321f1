/* Working along one axis: operands of one shape as lines of n elements that lie `inner` elements apart. */
#ifndef SG_OPS_LINES_H
#define SG_OPS_LINES_H

#include "simgraph/op.h"

/* Element i of line (o, j) of a dense value stands at (o * n + i) * inner + j; o < outer, j < inner. */
typedef struct sg_lines {
    int64_t outer, n, inner;
} sg_lines;

sg_lines sg_lines_of(const sg_shape *shape, int axis);

/* The attribute `axis` that such ops have. */
#define SG_LINES_ATTR_AXIS                                                       \
    {                                                                            \
        .name = "axis", .type = SG_ATTR_INT, .fallback = "-1",                   \
        .doc = "the axis along which it works; negative ones count from the end" \
    }
/* Its value for a rank; blames attribute number `index` when out of range. */
sg_status sg_lines_axis(const sg_attr *attr, int index, int rank, int *axis, sg_error *error);

/* Ops whose inputs and outputs 0 all have one float type and shape, with `axis` as attribute 0. */
sg_status sg_lines_infer(sg_infer *c);
void sg_lines_domain(const sg_signature *s, sg_domain *d);
/* Cuts input 0 along axis 0 unless the lines run there. */
void sg_lines_cut(const sg_signature *s, sg_domain *d);

/* Works on dense rows x n matrices: the node's inputs, then its output. The output may be one of the inputs.
 */
typedef void (*sg_lines_function)(const sg_loops *loops, sg_type type, int64_t rows, int64_t n,
                                  void *const *operand);
/* Calls the function for all lines; where they are not contiguous, some at a time are copied to scratch. */
void sg_lines_run(const sg_task *task, sg_lines_function function);

#endif
