/* What the baselines share that fill hidden pixels from visible ones. */
#ifndef SG_OPS_FILL_H
#define SG_OPS_FILL_H

#include "simgraph/op.h"

enum { SG_FILL_IMAGE, SG_FILL_MASK };

#define SG_FILL_INPUTS                                                                        \
    {"image", "[samples, channels, rows, columns]", 0}, {                                     \
        "mask", "[samples, cell rows, cell columns], not 0 where hidden", SG_PORT_NO_GRADIENT \
    }

sg_status sg_fill_infer(sg_infer *c);
/* Cut at samples, with `scratch` bytes a pixel. */
void sg_fill_domain(const sg_signature *s, sg_domain *d, size_t scratch);
/* Sets hidden[row * columns + column] for sample number `sample` of the range. */
void sg_fill_read_mask(const sg_task *task, int64_t sample, unsigned char *hidden);

#endif
