#include "ops/view.h"

/* Both shapes are cut into the shortest runs of axes with equal products; the axes of a run of `from` must be
 * one even stride, which the axes of `to` then divide. Axes of size 1 take any stride. */
bool sg_reshape_strides(const sg_shape *from, const int64_t *from_stride, const sg_shape *to,
                        int64_t *to_stride) {
    if (sg_shape_elements(to) == 0) {
        sg_contiguous_strides(to, to_stride);
        return true;
    }
    int64_t dim[SG_MAX_RANK], stride[SG_MAX_RANK];
    int rank = 0;
    for (int d = 0; d < from->rank; d++) {
        if (from->dim[d] == 1) continue;
        dim[rank] = from->dim[d];
        stride[rank++] = from_stride[d];
    }
    int i = 0, j = 0;
    while (i < rank) {
        int first = i, start = j;
        int64_t product = dim[i++], wanted = 1;
        while (j < to->rank && wanted < product) wanted *= to->dim[j++];
        while (wanted != product) {
            if (wanted < product) {
                if (j >= to->rank) return false;
                wanted *= to->dim[j++];
            } else {
                if (i >= rank) return false;
                product *= dim[i++];
            }
        }
        for (int d = first; d + 1 < i; d++)
            if (stride[d] != stride[d + 1] * dim[d + 1]) return false;
        int64_t step = stride[i - 1];
        for (int d = j - 1; d >= start; d--) {
            to_stride[d] = step;
            step *= to->dim[d];
        }
    }
    for (; j < to->rank; j++) to_stride[j] = 1; /* sizes of 1 at the end */
    return true;
}

int sg_axis_of(int64_t axis, int rank) {
    if (axis < 0) axis += rank;
    return axis >= 0 && axis < rank ? (int)axis : -1;
}
