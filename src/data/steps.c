/* What steps share. */
#include "data/steps.h"

#include <string.h>

sg_status sg_step_needs_image(const sg_shape *shape, sg_error *error) {
    if (shape->rank >= 2) return SG_OK;
    return sg_fail(error, SG_BAD_GRAPH, "its samples are no images: they need the axes height and width");
}

sg_status sg_step_sides(const sg_attr *size, const sg_attr *height, const sg_attr *width, sg_shape *out,
                        sg_error *error) {
    const sg_attr *down = height->present ? height : size, *across = width->present ? width : size;
    if (!down->present || !across->present)
        return sg_fail(error, SG_BAD_GRAPH, "say `size`, or both `height` and `width`");
    out->dim[out->rank - 2] = down->i;
    out->dim[out->rank - 1] = across->i;
    return SG_OK;
}

bool sg_step_is_drawn(const sg_step_task *task, sg_stream *stream, double rate) {
    if (sg_stream_uniform(stream) < rate) return true;
    memcpy(task->out, task->in, (size_t)sg_shape_elements(task->in_shape) * sizeof(float));
    return false;
}
