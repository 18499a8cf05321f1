/* pad_crop: moves the image by a few pixels, as padding on all sides and cropping at random does. */
#include "data/steps.h"

#include <inttypes.h>
#include <string.h>

enum { PAD, EDGE };

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    sg_status status = sg_step_needs_image(in, error);
    if (status != SG_OK) return status;
    int64_t height = sg_step_height(in), width = sg_step_width(in), side = height < width ? height : width;
    if (strcmp(attr[EDGE].text, "reflect") == 0 && attr[PAD].i >= side)
        return sg_fail_at(error, SG_BLAME_ATTR, PAD,
                          "pad %" PRId64 " is too large: reflection reaches at most %" PRId64 " pixel%s",
                          attr[PAD].i, side - 1, sg_plural(side - 1));
    *out = *in;
    return SG_OK;
}

/* The pixel that stands at `i` of a line of `size` mirrored at its first and last pixel; -1 for none. */
static int64_t source(int64_t i, int64_t size, bool reflect) {
    if (i >= 0 && i < size) return i;
    if (!reflect) return -1;
    return i < 0 ? -i : 2 * (size - 1) - i;
}

static void apply(const sg_step_task *task) {
    int64_t height = sg_step_height(task->in_shape), width = sg_step_width(task->in_shape),
            pad = task->attr[PAD].i;
    bool reflect = strcmp(task->attr[EDGE].text, "reflect") == 0;
    sg_stream stream = sg_stream_of(task);
    int64_t dy = sg_stream_below(&stream, 2 * pad + 1) - pad,
            dx = sg_stream_below(&stream, 2 * pad + 1) - pad;
    int64_t planes = sg_step_planes(task->in_shape);
    for (int64_t plane = 0; plane < planes; plane++) {
        const float *in = task->in + plane * height * width;
        float *out = task->out + plane * height * width;
        for (int64_t y = 0; y < height; y++, out += width) {
            int64_t from_y = source(y + dy, height, reflect);
            for (int64_t x = 0; x < width; x++) {
                int64_t from_x = source(x + dx, width, reflect);
                out[x] = from_y < 0 || from_x < 0 ? 0 : in[from_y * width + from_x];
            }
        }
    }
}

const sg_step sg_step_pad_crop = {.schema = {.kind = SG_KIND_STEP,
                                             .name = "pad_crop",
                                             .doc = "pads all sides and crops to the old size at a random "
                                                    "place: moves the image by up to pad pixels",
                                             .attrs = SG_ATTRS([PAD] = {.name = "pad",
                                                                        .type = SG_ATTR_INT,
                                                                        .fallback = "4",
                                                                        .min = 0,
                                                                        .max = 1024,
                                                                        .doc = "pixels on each side"},
                                                               [EDGE] = {.name = "edge",
                                                                         .type = SG_ATTR_TEXT,
                                                                         .fallback = "zero",
                                                                         .one_of = "zero reflect",
                                                                         .doc = "what the padding holds"})},
                                  .random = true,
                                  .shape = shape,
                                  .apply = apply};
