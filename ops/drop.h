/* What dropout and drop_path share. Both are linear in x, and their gradient is the same op, which draws the
 * same numbers again. */
#ifndef SG_OPS_DROP_H
#define SG_OPS_DROP_H

#include "simgraph/op.h"

enum { SG_DROP_RATE };

#define SG_DROP_ATTRS                                                                                   \
    {                                                                                                   \
        .name = "rate", .type = SG_ATTR_FLOAT, .doc = "share that is dropped while training", .min = 0, \
        .max = 1                                                                                        \
    }

sg_status sg_drop_infer(sg_infer *c);
void sg_drop_domain(const sg_signature *s, sg_domain *d);
/* The rate of a node, which is 0 unless its graph is one for training. */
double sg_drop_rate(const sg_task *task);
sg_status sg_drop_gradient(sg_backward *b, const char *op);

#endif
