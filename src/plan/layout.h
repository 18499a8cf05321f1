/* plan/layout.h - the two sweeps of the layout pass: backward for wishes, forward for places. */
#ifndef SG_PLAN_LAYOUT_H
#define SG_PLAN_LAYOUT_H

#include "plan/plan.h"

/* Where a value would serve its only reader best. */
typedef struct sg_wish {
    bool set;
    sg_value into; /* the value whose buffer this one should be part of, or SG_NO_VALUE */
    int64_t offset, stride[SG_MAX_RANK];
} sg_wish;

/* Notes what `node`, whose outputs have their wishes, wants of its inputs: one entry of `wishes` a value. */
void sg_wish_for_inputs(const sg_plan *plan, const sg_plan_node *node, sg_wish *wishes);

/* Can a kernel with that layout read or write these strides? */
bool sg_follows_layout(sg_layout layout, const sg_shape *shape, const int64_t *stride);

#endif
