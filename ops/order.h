/* Sorting lines of numbers by index. */
#ifndef SG_OPS_ORDER_H
#define SG_OPS_ORDER_H

#include "ops/lines.h"

/* Bytes of scratch that sorting lines of n elements takes. */
size_t sg_order_scratch(int64_t n);

/* The stable order of line (o, j) of x: element order[0] comes first. NaN counts as the largest number. The
 * result lies in scratch and holds until the next call. */
const int32_t *sg_order_line(const sg_task *task, const sg_lines *lines, int64_t o, int64_t j,
                             bool descending);

/* Checks that x is a number type with places that fit i32 along the axis. */
sg_status sg_order_check(sg_infer *c, int axis);

#endif
