/* random_grayscale: some images lose their colours. */
#include "data/levels.h"
#include "data/steps.h"

enum { RATE };

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    (void)attr;
    *out = *in;
    return sg_levels_need_colour(in, error);
}

static void apply(const sg_step_task *task) {
    sg_levels l = sg_step_levels(task);
    sg_stream stream = sg_stream_of(task);
    if (!sg_step_is_drawn(task, &stream, task->attr[RATE].f)) return;
    sg_levels_from(&l, task->in);
    sg_levels_grey(&l);
    sg_levels_to_pixels(&l);
}

const sg_step sg_step_random_grayscale = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "random_grayscale",
               .doc = "makes all three channels grey (torchvision's RandomGrayscale); 1 or 3 channels",
               .attrs = SG_ATTRS([RATE] = {.name = "rate",
                                           .type = SG_ATTR_FLOAT,
                                           .fallback = "0.1",
                                           .min = 0,
                                           .max = 1,
                                           .doc = "share of the samples that become grey"})},
    .random = true,
    .pixels = true,
    .shape = shape,
    .apply = apply};
