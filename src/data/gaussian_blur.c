/* gaussian_blur: a Gaussian filter whose width is drawn. */
#include "data/levels.h"
#include "data/steps.h"

#include <inttypes.h>

enum { KERNEL_SIZE, SIGMA, RATE };

static double sigma(const sg_attr *attr, int which) {
    return attr[SIGMA].floats[attr[SIGMA].n == 1 ? 0 : which];
}

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    sg_status status = sg_step_needs_image(in, error);
    if (status != SG_OK) return status;
    *out = *in;
    int64_t size = attr[KERNEL_SIZE].i, height = sg_step_height(in), width = sg_step_width(in),
            side = height < width ? height : width;
    if (size % 2 == 0)
        return sg_fail_at(error, SG_BLAME_ATTR, KERNEL_SIZE, "kernel_size must be odd, but is %" PRId64,
                          size);
    if (size / 2 >= side)
        return sg_fail_at(error, SG_BLAME_ATTR, KERNEL_SIZE,
                          "kernel_size %" PRId64 " is too large: images of %" PRId64 " x %" PRId64
                          " are mirrored at their edges, which reaches to %" PRId64,
                          size, height, width, 2 * side - 1);
    if (attr[SIGMA].n < 1 || attr[SIGMA].n > 2 || !(sigma(attr, 0) > 0) ||
        !(sigma(attr, 0) <= sigma(attr, 1)))
        return sg_fail_at(error, SG_BLAME_ATTR, SIGMA,
                          "sigma must be a number, or two numbers [low, high], with 0 < low <= high");
    return SG_OK;
}

static void apply(const sg_step_task *task) {
    sg_levels l = sg_step_levels(task);
    sg_stream stream = sg_stream_of(task);
    if (!sg_step_is_drawn(task, &stream, task->attr[RATE].f)) return;
    double drawn = sg_stream_range(&stream, sigma(task->attr, 0), sigma(task->attr, 1));
    sg_levels_from(&l, task->in);
    sg_levels_blur(&l, task->attr[KERNEL_SIZE].i, drawn, task->scratch);
    sg_levels_to_pixels(&l);
}

enum { LARGEST = 255 };

static int64_t scratch(const sg_shape *in, const sg_shape *out) {
    (void)out;
    return sg_step_height(in) * sg_step_width(in) + LARGEST;
}

const sg_step sg_step_gaussian_blur = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "gaussian_blur",
               .doc =
                   "blurs by a Gaussian filter whose width is drawn at random (torchvision's GaussianBlur)",
               .attrs = SG_ATTRS([KERNEL_SIZE] = {.name = "kernel_size",
                                                  .type = SG_ATTR_INT,
                                                  .min = 1,
                                                  .max = LARGEST,
                                                  .doc = "pixels of the filter across and down, odd"},
                                 [SIGMA] = {.name = "sigma",
                                            .type = SG_ATTR_FLOATS,
                                            .fallback = "[0.1, 2]",
                                            .doc = "deviation in pixels: from, to; one number: always this"},
                                 [RATE] = {.name = "rate",
                                           .type = SG_ATTR_FLOAT,
                                           .fallback = "1",
                                           .min = 0,
                                           .max = 1,
                                           .doc = "share of the samples that are blurred"})},
    .random = true,
    .pixels = true,
    .shape = shape,
    .scratch = scratch,
    .apply = apply};
