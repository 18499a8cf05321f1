/* resize: the whole image in another size. */
#include "data/resize.h"
#include "data/steps.h"

enum { SIZE, HEIGHT, WIDTH };

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    sg_status status = sg_step_needs_image(in, error);
    if (status != SG_OK) return status;
    *out = *in;
    if (!attr[SIZE].present || attr[HEIGHT].present || attr[WIDTH].present)
        return sg_step_sides(&attr[SIZE], &attr[HEIGHT], &attr[WIDTH], out, error);
    /* As in torchvision: the shorter side becomes `size`, the longer one is cut off to a whole number. */
    int64_t height = sg_step_height(in), width = sg_step_width(in), size = attr[SIZE].i;
    out->dim[out->rank - 2] = height <= width ? size : size * height / width;
    out->dim[out->rank - 1] = height <= width ? size * width / height : size;
    return SG_OK;
}

static sg_resize_size size_of(const sg_shape *in, const sg_shape *out) {
    return (sg_resize_size){sg_step_height(in), sg_step_width(in), sg_step_height(out), sg_step_width(out)};
}

static int64_t scratch(const sg_shape *in, const sg_shape *out) {
    return sg_resize_scratch(size_of(in, out));
}

static void apply(const sg_step_task *task) {
    sg_resize_size size = size_of(task->in_shape, task->out_shape);
    int64_t planes = sg_step_planes(task->in_shape);
    for (int64_t k = 0; k < planes; k++)
        sg_resize(task->in + k * size.in_height * size.in_width, size.in_width,
                  task->out + k * size.out_height * size.out_width, size, task->scratch);
}

const sg_step sg_step_resize = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "resize",
               .doc = "the whole image in another size (bilinear, antialiased; torchvision's Resize)",
               .attrs = SG_ATTRS([SIZE] = SG_STEP_SIDE("size", "the shorter side; the other keeps the ratio"),
                                 [HEIGHT] = SG_STEP_SIDE("height", "height, whatever the ratio; with width"),
                                 [WIDTH] = SG_STEP_SIDE("width", "width, whatever the ratio; with height"))},
    .shape = shape,
    .scratch = scratch,
    .apply = apply};
