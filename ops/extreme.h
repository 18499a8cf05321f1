/* What max and min over axes share. */
#ifndef SG_OPS_EXTREME_H
#define SG_OPS_EXTREME_H

#include "ops/reduce.h"

/* `what` is "maximum" or "minimum", for the message about nothing to choose from. */
sg_status sg_extreme_infer(sg_infer *c, const char *what);
void sg_extreme_domain(const sg_signature *s, sg_domain *d);
/* NaN where there is one. */
void sg_extreme_run(const sg_task *task, bool largest);
/* Shares dy evenly among the elements that equal the result, as torch.amax does. */
sg_status sg_extreme_gradient(sg_backward *b);

#endif
