/* random_erase: a random rectangle of the image becomes one value (Zhong et al. 2017). */
#include "data/steps.h"

#include <math.h>
#include <string.h>

enum { RATE, AREA, ASPECT, VALUE };
enum { TRIES = 10 };

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    sg_status status = sg_step_needs_image(in, error);
    for (int k = AREA; k <= ASPECT && status == SG_OK; k++)
        if (attr[k].n != 2 || !(attr[k].floats[0] > 0) || !(attr[k].floats[0] <= attr[k].floats[1]))
            status =
                sg_fail_at(error, SG_BLAME_ATTR, k, "%s must be two numbers [low, high] with 0 < low <= high",
                           k == AREA ? "area" : "aspect");
    *out = *in;
    return status;
}

static void erase(const sg_step_task *task, int64_t top, int64_t left, int64_t h, int64_t w) {
    int64_t height = sg_step_height(task->in_shape), width = sg_step_width(task->in_shape);
    int64_t planes = sg_step_planes(task->in_shape);
    float value = (float)task->attr[VALUE].f;
    for (int64_t plane = 0; plane < planes; plane++)
        for (int64_t y = top; y < top + h; y++)
            for (int64_t x = left; x < left + w; x++) task->out[(plane * height + y) * width + x] = value;
}

static void apply(const sg_step_task *task) {
    int64_t height = sg_step_height(task->in_shape), width = sg_step_width(task->in_shape);
    const double *area = task->attr[AREA].floats, *aspect = task->attr[ASPECT].floats;
    sg_stream stream = sg_stream_of(task);
    memcpy(task->out, task->in, (size_t)sg_shape_elements(task->in_shape) * sizeof(float));
    if (sg_stream_uniform(&stream) >= task->attr[RATE].f) return;
    for (int i = 0; i < TRIES; i++) {
        double size = (double)(height * width) * sg_stream_range(&stream, area[0], area[1]);
        double ratio = exp(sg_stream_range(&stream, log(aspect[0]), log(aspect[1])));
        int64_t h = llround(sqrt(size * ratio)), w = llround(sqrt(size / ratio));
        if (h < 1 || w < 1 || h >= height || w >= width) continue;
        int64_t top = sg_stream_below(&stream, height - h + 1),
                left = sg_stream_below(&stream, width - w + 1);
        erase(task, top, left, h, w);
        return;
    }
}

const sg_step sg_step_random_erase = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "random_erase",
               .doc = "fills a random rectangle of the image with one value",
               .attrs =
                   SG_ATTRS([RATE] = {.name = "rate",
                                      .type = SG_ATTR_FLOAT,
                                      .fallback = "0.25",
                                      .min = 0,
                                      .max = 1,
                                      .doc = "share of the samples that lose a rectangle"},
                            [AREA] = {.name = "area",
                                      .type = SG_ATTR_FLOATS,
                                      .fallback = "[0.02, 0.33]",
                                      .doc = "share of the image's area that is filled: from, to"},
                            [ASPECT] = {.name = "aspect",
                                        .type = SG_ATTR_FLOATS,
                                        .fallback = "[0.3, 3.3]",
                                        .doc = "height / width of the rectangle: from, to"},
                            [VALUE] = {.name = "value",
                                       .type = SG_ATTR_FLOAT,
                                       .fallback = "0",
                                       .doc = "what it is filled with, in the units that reach this step"})},
    .random = true,
    .shape = shape,
    .apply = apply};
