/* Strides of views. */
#ifndef SG_OPS_VIEW_H
#define SG_OPS_VIEW_H

#include "simgraph/op.h"

/* Strides with which memory of shape `from` reads as shape `to` (same number of elements); false when none
 * do. */
bool sg_reshape_strides(const sg_shape *from, const int64_t *from_stride, const sg_shape *to,
                        int64_t *to_stride);

/* An axis counted from the end when negative; -1 when out of range. */
int sg_axis_of(int64_t axis, int rank);

#endif
