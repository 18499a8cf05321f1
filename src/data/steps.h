/* data/steps.h - what steps share. */
#ifndef SG_DATA_STEPS_H
#define SG_DATA_STEPS_H

#include "data/stream.h"
#include "simgraph/data.h"

extern const sg_step sg_step_dataset_mean;

/* Samples of three axes or more are [channels, ..., height, width]; smaller ones have one channel. */
static inline int64_t sg_step_channels(const sg_shape *shape) {
    return shape->rank >= 3 ? shape->dim[0] : 1;
}

/* Checks that a sample has two axes at least; the last two are height and width. */
sg_status sg_step_needs_image(const sg_shape *shape, sg_error *error);

static inline int64_t sg_step_height(const sg_shape *shape) {
    return shape->dim[shape->rank - 2];
}

static inline int64_t sg_step_width(const sg_shape *shape) {
    return shape->dim[shape->rank - 1];
}

/* How many planes of height x width. */
static inline int64_t sg_step_planes(const sg_shape *shape) {
    return sg_shape_elements(shape) / (sg_step_height(shape) * sg_step_width(shape));
}

#endif
