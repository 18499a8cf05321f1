/* What cross_entropy and its gradient share. Rows are all axes of scores but the last; the last one is
 * classes. */
#ifndef SG_OPS_ENTROPY_H
#define SG_OPS_ENTROPY_H

#include "ops/loss.h"

enum { SG_CROSS_ENTROPY_SMOOTH = SG_LOSS_PARAMETER };

#define SG_CROSS_ENTROPY_ATTRS                                                                          \
    SG_LOSS_ATTR_EPS, {                                                                                 \
        .name = "smooth", .type = SG_ATTR_FLOAT, .fallback = "0",                                       \
        .doc = "label smoothing: this share of the target is spread evenly over the classes", .min = 0, \
        .max = 1                                                                                        \
    }

/* Checks scores [..., classes], target ([...] whole numbers, or floats like scores) and weight (input number
 * `weight`, broadcast to [...]). */
sg_status sg_cross_entropy_check(sg_infer *c, int weight);
/* Cuts scores, target and weight along axis 0; false where there is nothing to cut. */
bool sg_cross_entropy_domain(const sg_signature *s, int weight, sg_domain *d);

/* The class of row `row` of this task where targets are whole numbers; -1 and an error where it is none. */
int64_t sg_cross_entropy_class(const sg_task *task, int64_t row);
/* The weights as a view with one entry per row of this task; data is NULL where there are none. */
sg_tensor sg_cross_entropy_weights(const sg_task *task, int weight);

#endif
