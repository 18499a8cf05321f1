#include "simgraph/tensor.h"

#include "base/checked.h"

#include <inttypes.h>
#include <stdio.h>

static const int64_t LARGEST_BYTES = INT64_C(1) << 62;

sg_shape sg_shape_of(int rank, const int64_t *dims) {
    sg_shape shape = {.rank = rank};
    for (int i = 0; i < rank && i < SG_MAX_RANK; i++) shape.dim[i] = dims[i];
    return shape;
}

bool sg_shape_equal(const sg_shape *a, const sg_shape *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

int64_t sg_shape_elements(const sg_shape *shape) {
    int64_t elements = 1;
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] == 0) return 0;
    for (int i = 0; i < shape->rank; i++) elements *= shape->dim[i];
    return elements;
}

sg_status sg_shape_check(const sg_shape *shape, sg_error *error) {
    if (shape->rank < 0 || shape->rank > SG_MAX_RANK)
        return sg_fail(error, SG_BAD_GRAPH, "a shape has %d axes: at most %d are allowed", shape->rank,
                       SG_MAX_RANK);
    char text[SG_SHAPE_TEXT];
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] < 0)
            return sg_fail(error, SG_BAD_GRAPH,
                           "shape %s: axis %d has size %" PRId64 ": sizes must not be negative",
                           sg_shape_text(shape, 0, text), i, shape->dim[i]);
    /* Sizes of 0 count as 1 here, so that strides and the sizes of neighbours' parts fit too. */
    int64_t bytes = (int64_t)sizeof(double);
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] > 0 && (!sg_int_mul(bytes, shape->dim[i], &bytes) || bytes >= LARGEST_BYTES))
            return sg_fail(error, SG_BAD_GRAPH,
                           "shape %s has too many elements: at most 2^59 - 1 can be addressed",
                           sg_shape_text(shape, 0, text));
    return SG_OK;
}

bool sg_shape_broadcast(const sg_shape *a, const sg_shape *b, sg_shape *out) {
    if (a->rank > SG_MAX_RANK || b->rank > SG_MAX_RANK) return false;
    sg_shape shape = {.rank = a->rank > b->rank ? a->rank : b->rank};
    if (shape.rank > SG_MAX_RANK) return false;
    for (int i = 1; i <= shape.rank; i++) {
        int64_t m = i <= a->rank ? a->dim[a->rank - i] : 1, n = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (m != n && m != 1 && n != 1) return false;
        shape.dim[shape.rank - i] = m == 1 ? n : m;
    }
    *out = shape;
    return true;
}

const char *sg_shape_text(const sg_shape *shape, int64_t unit, char buffer[SG_SHAPE_TEXT]) {
    size_t used = (size_t)snprintf(buffer, SG_SHAPE_TEXT, "[");
    for (int i = 0; i < shape->rank && i < SG_MAX_RANK && used < SG_SHAPE_TEXT; i++) {
        int64_t size = shape->dim[i];
        const char *comma = i ? ", " : "";
        bool named = unit > 0 && size > 0 && size % unit == 0;
        int count;
        if (named && size == unit)
            count = snprintf(buffer + used, SG_SHAPE_TEXT - used, "%sbatch", comma);
        else if (named)
            count = snprintf(buffer + used, SG_SHAPE_TEXT - used, "%s%" PRId64 "*batch", comma, size / unit);
        else
            count = snprintf(buffer + used, SG_SHAPE_TEXT - used, "%s%" PRId64, comma, size);
        used += (size_t)count;
    }
    if (used < SG_SHAPE_TEXT) snprintf(buffer + used, SG_SHAPE_TEXT - used, "]");
    return buffer;
}
