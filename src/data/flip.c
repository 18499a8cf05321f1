/* flip: mirrors left and right. */
#include "data/steps.h"

enum { RATE };

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    (void)attr;
    *out = *in;
    return sg_step_needs_image(in, error);
}

static void apply(const sg_step_task *task) {
    int64_t count = sg_shape_elements(task->in_shape), width = sg_step_width(task->in_shape);
    sg_stream stream = sg_stream_of(task);
    if (!sg_step_is_drawn(task, &stream, task->attr[RATE].f)) return;
    for (int64_t row = 0; row < count; row += width)
        for (int64_t x = 0; x < width; x++) task->out[row + x] = task->in[row + width - 1 - x];
}

const sg_step sg_step_flip = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "flip",
               .doc = "mirrors an image left and right",
               .attrs = SG_ATTRS([RATE] = {.name = "rate",
                                           .type = SG_ATTR_FLOAT,
                                           .fallback = "0.5",
                                           .min = 0,
                                           .max = 1,
                                           .doc = "share of the samples that are mirrored"})},
    .random = true,
    .shape = shape,
    .apply = apply};
