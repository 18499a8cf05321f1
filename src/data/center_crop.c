/* center_crop: the middle of the image. */
#include "data/steps.h"

#include <math.h>

enum { SIZE, HEIGHT, WIDTH };

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    sg_status status = sg_step_needs_image(in, error);
    if (status != SG_OK) return status;
    *out = *in;
    return sg_step_sides(&attr[SIZE], &attr[HEIGHT], &attr[WIDTH], out, error);
}

int64_t sg_center_start(int64_t image, int64_t part) {
    return part > image ? -((part - image) / 2) : (int64_t)rint((double)(image - part) / 2);
}

static void apply(const sg_step_task *task) {
    int64_t height = sg_step_height(task->in_shape), width = sg_step_width(task->in_shape),
            rows = sg_step_height(task->out_shape), columns = sg_step_width(task->out_shape);
    int64_t top = sg_center_start(height, rows), left = sg_center_start(width, columns),
            planes = sg_step_planes(task->in_shape);
    float *out = task->out;
    for (int64_t plane = 0; plane < planes; plane++)
        for (int64_t y = top; y < top + rows; y++)
            for (int64_t x = left; x < left + columns; x++)
                *out++ = y >= 0 && y < height && x >= 0 && x < width
                             ? task->in[(plane * height + y) * width + x]
                             : 0;
}

const sg_step sg_step_center_crop = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "center_crop",
               .doc = "the middle of the image; where it is larger than the image, with 0 around it "
                      "(torchvision's CenterCrop)",
               .attrs = SG_ATTRS([SIZE] = SG_STEP_SIDE("size", "height and width of the result"),
                                 [HEIGHT] = SG_STEP_SIDE("height", "height where it differs from size"),
                                 [WIDTH] = SG_STEP_SIDE("width", "width where it differs from size"))},
    .shape = shape,
    .apply = apply};
