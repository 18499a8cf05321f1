/* random_crop: a random part of the image, resized to the full size. */
#include "data/resize.h"
#include "data/steps.h"

#include <math.h>

enum { AREA, ASPECT, SIZE };
enum { TRIES = 10 };

typedef struct part {
    int64_t top, left, height, width;
} part;

static sg_status check_pair(const sg_attr *attr, int which, double max, sg_error *error) {
    const sg_attr *pair = &attr[which];
    if (pair->n == 2 && pair->floats[0] > 0 && pair->floats[0] <= pair->floats[1] && pair->floats[1] <= max)
        return SG_OK;
    return sg_fail_at(error, SG_BLAME_ATTR, which,
                      "%s must be two numbers [low, high] with 0 < low <= high <= %g",
                      which == AREA ? "area" : "aspect", max);
}

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    sg_status status = sg_step_needs_image(in, error);
    if (status == SG_OK) status = check_pair(attr, AREA, 1, error);
    if (status == SG_OK) status = check_pair(attr, ASPECT, 100, error);
    *out = *in;
    if (attr[SIZE].present) out->dim[out->rank - 2] = out->dim[out->rank - 1] = attr[SIZE].i;
    return status;
}

/* As in torchvision: ten tries for an area and an aspect that fit, else the largest part with an allowed
 * aspect. */
static part draw_part(const sg_step_task *task, int64_t height, int64_t width) {
    const double *area = task->attr[AREA].floats, *aspect = task->attr[ASPECT].floats;
    sg_stream stream = sg_stream_of(task);
    for (int i = 0; i < TRIES; i++) {
        double size = (double)(height * width) * sg_stream_range(&stream, area[0], area[1]);
        double ratio = exp(sg_stream_range(&stream, log(aspect[0]), log(aspect[1])));
        int64_t w = llround(sqrt(size * ratio)), h = llround(sqrt(size / ratio));
        if (w < 1 || h < 1 || w > width || h > height) continue;
        int64_t top = sg_stream_below(&stream, height - h + 1),
                left = sg_stream_below(&stream, width - w + 1);
        return (part){top, left, h, w};
    }
    double ratio = (double)width / (double)height;
    int64_t w = ratio > aspect[1] ? llround((double)height * aspect[1]) : width;
    int64_t h = ratio < aspect[0] ? llround((double)width / aspect[0]) : height;
    if (w < 1) w = 1;
    if (h < 1) h = 1;
    return (part){(height - h) / 2, (width - w) / 2, h, w};
}

static void apply(const sg_step_task *task) {
    int64_t height = sg_step_height(task->in_shape), width = sg_step_width(task->in_shape);
    part p = draw_part(task, height, width);
    sg_resize_size size = {p.height, p.width, sg_step_height(task->out_shape),
                           sg_step_width(task->out_shape)};
    int64_t planes = sg_step_planes(task->in_shape);
    for (int64_t k = 0; k < planes; k++)
        sg_resize(task->in + (k * height + p.top) * width + p.left, width,
                  task->out + k * size.out_height * size.out_width, size, task->scratch);
}

static int64_t scratch(const sg_shape *in, const sg_shape *out) {
    return sg_resize_scratch(
        (sg_resize_size){sg_step_height(in), sg_step_width(in), sg_step_height(out), sg_step_width(out)});
}

const sg_step sg_step_random_crop = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "random_crop",
               .doc = "a random part of the image, resized (bilinear, antialiased) to the full size",
               .attrs =
                   SG_ATTRS([AREA] = {.name = "area",
                                      .type = SG_ATTR_FLOATS,
                                      .fallback = "[0.67, 1]",
                                      .doc = "share of the image's area that is kept: from, to"},
                            [ASPECT] = {.name = "aspect",
                                        .type = SG_ATTR_FLOATS,
                                        .fallback = "[0.75, 1.3333333333333333]",
                                        .doc = "width / height of the part: from, to"},
                            [SIZE] = {.name = "size",
                                      .type = SG_ATTR_INT,
                                      .fallback = "",
                                      .min = 1,
                                      .max = 4096,
                                      .doc = "height and width of the result; absent: those of the image"})},
    .random = true,
    .shape = shape,
    .scratch = scratch,
    .apply = apply};
