/* Where the pixels of turned maps stand (ops/conv_turned.h). */
#ifndef SG_OPS_CONV_TURNED_MAP_H
#define SG_OPS_CONV_TURNED_MAP_H

#include "base/checked.h"
#include "ops/conv.h"

static inline int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t greater(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static inline int64_t rounded_up(int64_t n) {
    return (n + SG_GEMM_LANES - 1) / SG_GEMM_LANES * SG_GEMM_LANES;
}

/* The bytes of a scratch of `floats`, then `offsets` (int64_t), then stretches, then `more` bytes; false
 * where that is too much to count. */
static inline bool scratch_bytes(int64_t floats, int64_t offsets, int64_t stretches, int64_t more,
                                 size_t *bytes) {
    const int64_t count[3] = {floats, offsets, stretches};
    const int64_t size[3] = {sizeof(float), sizeof(int64_t), sizeof(sg_gemm_stretch)};
    for (int i = 0; i < 3; i++) {
        int64_t part;
        if (!sg_int_mul(count[i], size[i], &part) || !sg_int_add(more, part, &more)) return false;
    }
    *bytes = (size_t)more;
    return true;
}

/* What is read and what is written. Columns of what is read are dealt out to `phases` by their remainder,
 * `lead` zeros in front; those of what is written are made remainder by remainder. */
typedef struct turned {
    const sg_conv *v;
    bool transposed;
    int64_t from[2], to[2];  /* rows and columns */
    int64_t inner, channels; /* channels read and written */
    int64_t phases, lead, width, out_phases;
} turned;

/* Row or column of what is read that tap k of result p sees, also beyond the map; false: none. */
static inline bool sees(const turned *t, int d, int64_t p, int64_t k, int64_t *at) {
    const sg_conv *v = t->v;
    if (!t->transposed) {
        *at = p * v->stride[d] + k * v->dilation[d] - v->pad[d];
        return true;
    }
    const int64_t distance = p + v->pad[d] - k * v->dilation[d];
    *at = distance / v->stride[d];
    return distance % v->stride[d] == 0;
}

static inline bool inside(const turned *t, int d, int64_t p, int64_t k, int64_t *at) {
    return sees(t, d, p, k, at) && *at >= 0 && *at < t->from[d];
}

static inline turned turned_of(const sg_conv *v, bool transposed) {
    turned t = {.v = v, .transposed = transposed, .inner = v->in, .channels = v->out};
    const int64_t x[2] = {v->height, v->width}, y[2] = {v->rows, v->columns};
    for (int d = 0; d < 2; d++) t.from[d] = transposed ? y[d] : x[d], t.to[d] = transposed ? x[d] : y[d];
    if (transposed) t.inner = v->out, t.channels = v->in;
    t.phases = transposed ? 1 : v->stride[1];
    t.out_phases = transposed ? lesser(v->stride[1], v->width) : 1;
    /* What taps see at most: in front of the map and at its end. */
    const int64_t reach = (v->kernel[1] - 1) * v->dilation[1], pad = v->pad[1], last = t.to[1] - 1;
    const int64_t front = transposed ? (reach - pad) / v->stride[1] : pad;
    const int64_t end = transposed ? (last + pad) / v->stride[1] : last * v->stride[1] + reach - pad;
    t.lead = (greater(front, 0) + t.phases - 1) / t.phases * t.phases;
    t.width = (greater(end, t.from[1] - 1) + t.lead) / t.phases + 1;
    return t;
}

/* Columns of results of one remainder. */
static inline int64_t columns_of(const turned *t, int64_t phase) {
    return (t->to[1] - 1 - phase) / t->out_phases + 1;
}

#endif
