/* data/steps.h - what steps share. */
#ifndef SG_DATA_STEPS_H
#define SG_DATA_STEPS_H

#include "data/levels.h"
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

/* Height and width of a result by the attributes `size`, or `height` and `width`: into `out`. */
sg_status sg_step_sides(const sg_attr *size, const sg_attr *height, const sg_attr *width, sg_shape *out,
                        sg_error *error);

/* Where the middle `part` of an image's side begins; before 0 where it is larger, so that as much is black on
 * both sides. As torchvision rounds: halves to even. */
int64_t sg_center_start(int64_t image, int64_t part);

#define SG_STEP_SIDE(key, text) \
    { .name = key, .type = SG_ATTR_INT, .fallback = "", .min = 1, .max = 4096, .doc = text }

/* How many planes of height x width. */
static inline int64_t sg_step_planes(const sg_shape *shape) {
    return sg_shape_elements(shape) / (sg_step_height(shape) * sg_step_width(shape));
}

/* The levels that `out` holds once they are made of `in`. */
static inline sg_levels sg_step_levels(const sg_step_task *task) {
    return (sg_levels){.v = task->out,
                       .channels = sg_step_planes(task->out_shape),
                       .height = sg_step_height(task->out_shape),
                       .width = sg_step_width(task->out_shape)};
}

/* Draws whether a sample is one of the share `rate`; where not, `in` is copied to `out`. */
bool sg_step_is_drawn(const sg_step_task *task, sg_stream *stream, double rate);

#endif
