/* What pixel_shuffle and pixel_unshuffle share. */
#ifndef SG_OPS_SHUFFLE_H
#define SG_OPS_SHUFFLE_H

#include "simgraph/op.h"

enum { SG_SHUFFLE_BY };
#define SG_SHUFFLE_ATTRS                                                                             \
    {                                                                                                \
        .name = "by", .type = SG_ATTR_INT, .doc = "factor between the sides of both maps", .min = 1, \
        .max = 65535                                                                                 \
    }

/* Cut along axis 0. */
void sg_shuffle_domain(const sg_signature *s, sg_domain *d);
/* Copies between maps [b, c * by * by, h, w] and [b, c, h * by, w * by]:
 * large[c, h * by + i, w * by + j] = small[c * by * by + i * by + j, h, w]. `grow`: from small to large. */
void sg_shuffle_run(const sg_task *task, bool grow);

#endif
