/* Copies between tensors of equal shape and any strides. */
#include "simgraph/tensor.h"

#include "tensor/convert.h"

#include <stdlib.h>

/* The axes that are left to walk: both sides' steps in elements, innermost last. */
typedef struct walk {
    int rank;
    int64_t size[SG_MAX_RANK], dst[SG_MAX_RANK], src[SG_MAX_RANK];
} walk;

static int64_t magnitude(int64_t a) {
    return a < 0 ? -a : a;
}

/* Drops axes of size 1 and orders the rest so that the destination is written as nearly in sequence as can
 * be. */
static void sort_axes(walk *w, const sg_tensor *dst, const sg_tensor *src) {
    for (int i = 0; i < dst->shape.rank; i++) {
        if (dst->shape.dim[i] == 1) continue;
        int at = w->rank++;
        for (; at > 0 && magnitude(w->dst[at - 1]) < magnitude(dst->stride[i]); at--) {
            w->size[at] = w->size[at - 1];
            w->dst[at] = w->dst[at - 1];
            w->src[at] = w->src[at - 1];
        }
        w->size[at] = dst->shape.dim[i];
        w->dst[at] = dst->stride[i];
        w->src[at] = src->stride[i];
    }
}

/* Joins neighbours that both sides walk as one axis. */
static void join_axes(walk *w) {
    int last = 0;
    for (int i = 1; i < w->rank; i++) {
        bool one = w->dst[last] == w->size[i] * w->dst[i] && w->src[last] == w->size[i] * w->src[i];
        if (!one) last++;
        w->size[last] = one ? w->size[last] * w->size[i] : w->size[i];
        w->dst[last] = w->dst[i];
        w->src[last] = w->src[i];
    }
    if (w->rank > 0) w->rank = last + 1;
}

/* Where the source's unit step is on another axis than the destination's, rows are cut into tiles, so that
 * the cache lines of the source are used up before they leave. Brings that axis next to the innermost one. */
static bool wants_tiles(walk *w) {
    int inner = w->rank - 1;
    if (w->rank < 2 || magnitude(w->src[inner]) <= 1) return false;
    for (int i = 0; i < inner; i++) {
        if (magnitude(w->src[i]) != 1) continue;
        int64_t size = w->size[i], d = w->dst[i], s = w->src[i];
        for (int j = i; j < inner - 1; j++) {
            w->size[j] = w->size[j + 1];
            w->dst[j] = w->dst[j + 1];
            w->src[j] = w->src[j + 1];
        }
        w->size[inner - 1] = size;
        w->dst[inner - 1] = d;
        w->src[inner - 1] = s;
        return true;
    }
    return false;
}

enum { TILE = 32 };

typedef struct pair {
    sg_type dst_type, src_type;
    int64_t dst_size, src_size; /* bytes of an element */
} pair;

static void copy_tiles(const walk *w, const pair *types, char *dst, const char *src) {
    int x = w->rank - 1, y = x - 1;
    for (int64_t j = 0; j < w->size[y]; j += TILE)
        for (int64_t i = 0; i < w->size[x]; i += TILE) {
            int64_t rows = w->size[y] - j < TILE ? w->size[y] - j : TILE;
            int64_t count = w->size[x] - i < TILE ? w->size[x] - i : TILE;
            for (int64_t r = j; r < j + rows; r++)
                sg_convert_run(types->dst_type, dst + (r * w->dst[y] + i * w->dst[x]) * types->dst_size,
                               w->dst[x], types->src_type,
                               src + (r * w->src[y] + i * w->src[x]) * types->src_size, w->src[x], count);
        }
}

sg_status sg_tensor_copy(const sg_tensor *dst, const sg_tensor *src, sg_error *error) {
    if (!sg_shape_equal(&dst->shape, &src->shape)) {
        char to[SG_SHAPE_TEXT], from[SG_SHAPE_TEXT];
        return sg_fail(error, SG_BAD_USAGE, "cannot copy a tensor of shape %s into one of shape %s",
                       sg_shape_text(&src->shape, 0, from), sg_shape_text(&dst->shape, 0, to));
    }
    if (sg_tensor_elements(dst) == 0) return SG_OK;
    walk w = {0};
    sort_axes(&w, dst, src);
    join_axes(&w);
    bool tiles = wants_tiles(&w);
    int inner_axes = tiles ? 2 : w.rank > 0 ? 1 : 0, outer = w.rank - inner_axes;
    int64_t at[SG_MAX_RANK] = {0};
    const pair types = {dst->type, src->type, (int64_t)sg_type_size(dst->type),
                        (int64_t)sg_type_size(src->type)};
    char *d = dst->data;
    const char *s = src->data;
    for (;;) {
        if (tiles)
            copy_tiles(&w, &types, d, s);
        else
            sg_convert_run(types.dst_type, d, outer < w.rank ? w.dst[outer] : 1, types.src_type, s,
                           outer < w.rank ? w.src[outer] : 1, outer < w.rank ? w.size[outer] : 1);
        int axis = outer - 1;
        for (; axis >= 0; axis--) {
            d += w.dst[axis] * types.dst_size;
            s += w.src[axis] * types.src_size;
            if (++at[axis] < w.size[axis]) break;
            d -= w.dst[axis] * w.size[axis] * types.dst_size;
            s -= w.src[axis] * w.size[axis] * types.src_size;
            at[axis] = 0;
        }
        if (axis < 0) return SG_OK;
    }
}
