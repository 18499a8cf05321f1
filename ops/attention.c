#include "ops/attention.h"

#include <math.h>

#include "base/checked.h"
#include "kernel/loops.h"
#include "tensor/convert.h"

enum {
    Q = SG_ATTENTION_QUERY,
    K = SG_ATTENTION_KEY,
    V = SG_ATTENTION_VALUE,
    BIAS = SG_ATTENTION_BIAS,
    MASK = SG_ATTENTION_MASK
};

enum { MASK_CHUNK = 256 };

/* Scores at a time, of which a gradient has two matrices. With much fewer rows than LEAST_ROWS, products pack
 * more than they multiply. */
enum { SCORES_BYTES = 1 << 20, LEAST_ROWS = 128 };

static sg_status check_broadcast(sg_infer *c, int k, const char *name, const sg_shape *scores) {
    sg_shape both;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (sg_shape_broadcast(&c->in[k].shape, scores, &both) && sg_shape_equal(&both, scores)) return SG_OK;
    return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s %s does not broadcast to the scores %s", name,
                      sg_shape_words(&c->in[k].shape, s), sg_shape_words(scores, t));
}

sg_status sg_attention_check(sg_infer *c) {
    static const char *const names[] = {"query", "key", "value"};
    const sg_shape *q = &c->in[Q].shape, *k = &c->in[K].shape, *v = &c->in[V].shape;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    for (int i = Q; i <= V; i++) {
        if (!sg_type_is_float(c->in[i].type) || c->in[i].type != c->in[Q].type)
            return sg_fail_at(c->error, SG_BLAME_INPUT, i,
                              "query, key and value must be floats of one type, but %s is %s", names[i],
                              sg_type_name(c->in[i].type));
        bool fits = c->in[i].shape.rank == q->rank && q->rank >= 3;
        for (int d = 0; fits && d + 2 < q->rank; d++) fits = c->in[i].shape.dim[d] == q->dim[d];
        if (!fits)
            return sg_fail_at(c->error, SG_BLAME_INPUT, i,
                              "%s %s does not fit query %s: at least 3 axes, equal up to the last two",
                              names[i], sg_shape_words(&c->in[i].shape, s), sg_shape_words(q, t));
    }
    if (k->dim[k->rank - 1] != q->dim[q->rank - 1])
        return sg_fail_at(c->error, SG_BLAME_INPUT, K, "key %s must have the last size of query %s",
                          sg_shape_words(k, s), sg_shape_words(q, t));
    if (v->dim[v->rank - 2] != k->dim[k->rank - 2])
        return sg_fail_at(c->error, SG_BLAME_INPUT, V, "value %s must have as many rows as key %s",
                          sg_shape_words(v, s), sg_shape_words(k, t));
    sg_shape scores = *q;
    scores.dim[q->rank - 1] = k->dim[k->rank - 2];
    if (c->present[BIAS] && c->in[BIAS].type != c->in[Q].type)
        return sg_fail_at(c->error, SG_BLAME_INPUT, BIAS, "bias is %s, but query is %s",
                          sg_type_name(c->in[BIAS].type), sg_type_name(c->in[Q].type));
    if (c->present[BIAS]) {
        sg_status status = check_broadcast(c, BIAS, "bias", &scores);
        if (status != SG_OK) return status;
    }
    return c->present[MASK] ? check_broadcast(c, MASK, "mask", &scores) : SG_OK;
}

double sg_attention_scale(const sg_attr *scale, int64_t d) {
    return scale->present ? scale->f : 1 / sqrt((double)(d > 0 ? d : 1));
}

void sg_attention_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *q = &s->in[Q].shape;
    if (q->rank < 3 || q->dim[0] < 1) return;
    d->items = q->dim[0];
    for (int k = Q; k <= MASK; k++)
        if (s->present[k] && s->in[k].shape.rank == q->rank && s->in[k].shape.dim[0] == q->dim[0])
            d->in[k] = SG_OWN;
}

int64_t sg_attention_pitch(int64_t m) {
    return m > INT64_MAX - 15 ? m : (m + 15) / 16 * 16;
}

int64_t sg_attention_rows(int64_t n, int64_t m, sg_type type) {
    const int64_t most = SCORES_BYTES / (int64_t)sg_type_size(type) / sg_attention_pitch(m > 0 ? m : 1);
    if (n <= most || n <= LEAST_ROWS) return n;
    const int64_t parts = (n - 1) / (most > LEAST_ROWS ? most : LEAST_ROWS) + 1;
    return (n - 1) / parts + 1;
}

size_t sg_attention_scratch(const sg_signature *s, size_t count) {
    const sg_shape *q = &s->in[Q].shape, *k = &s->in[K].shape;
    const int64_t n = q->dim[q->rank - 2], m = k->dim[k->rank - 2];
    size_t bytes = count * sg_type_size(s->in[Q].type);
    if (!sg_size_mul(bytes, (size_t)sg_attention_rows(n, m, s->in[Q].type), &bytes) ||
        !sg_size_mul(bytes, (size_t)sg_attention_pitch(m), &bytes))
        return SIZE_MAX;
    return bytes;
}

sg_tensor sg_attention_part(const sg_tensor *matrix, int64_t begin, int64_t count) {
    sg_tensor part = *matrix;
    part.shape.dim[0] = count;
    if (part.data) part.data = (char *)part.data + begin * part.stride[0] * (int64_t)sg_type_size(part.type);
    return part;
}

sg_tensor sg_attention_matrix(const sg_tensor *operand, const sg_shape *like, int64_t i, int64_t n,
                              int64_t m) {
    sg_tensor view = sg_tensor_view(operand->type, SG_SHAPE(n, m), NULL);
    if (!operand->data) return view;
    int rank = operand->shape.rank;
    int64_t offset = 0;
    for (int axis = like->rank - 3; axis >= 0; axis--) {
        int64_t index = i % like->dim[axis];
        int own = axis - (like->rank - rank);
        i /= like->dim[axis];
        if (own >= 0 && operand->shape.dim[own] != 1) offset += index * operand->stride[own];
    }
    view.data = (char *)operand->data + offset * (int64_t)sg_type_size(operand->type);
    view.stride[0] = rank >= 2 && operand->shape.dim[rank - 2] != 1 ? operand->stride[rank - 2] : 0;
    view.stride[1] = rank >= 1 && operand->shape.dim[rank - 1] != 1 ? operand->stride[rank - 1] : 0;
    return view;
}

#define ADD_BIAS(T, type)                                                       \
    for (int64_t i = 0; i < n; i++) {                                           \
        const T *from = (const T *)bias->data + i * bias->stride[0];            \
        T *to = (T *)scores + i * pitch;                                        \
        if (bias->stride[1] == 1)                                               \
            task->loops->accumulate_##type(m, from, to);                        \
        else                                                                    \
            for (int64_t j = 0; j < m; j++) to[j] += from[j * bias->stride[1]]; \
    }

/* Where the mask is not 0. A chunk of it is read at once, and once for all rows that share it. */
#define HIDE(T)                                                                                         \
    for (int64_t j = 0; j < m; j += MASK_CHUNK)                                                         \
        for (int64_t i = 0; i < n; i++) {                                                               \
            const int64_t count = m - j < MASK_CHUNK ? m - j : MASK_CHUNK;                              \
            if (i == 0 || mask->stride[0] != 0)                                                         \
                sg_convert_run(SG_F64, hidden, 1, mask->type,                                           \
                               (const char *)mask->data + (i * mask->stride[0] + j * mask->stride[1]) * \
                                                              (int64_t)sg_type_size(mask->type),        \
                               mask->stride[1], count);                                                 \
            T *to = (T *)scores + i * pitch + j;                                                        \
            for (int64_t l = 0; l < count; l++) to[l] = hidden[l] != 0 ? (T)-INFINITY : to[l];          \
        }

/* What is behind a row changes neither its maximum nor its sum. */
#define CLOSE(T)                    \
    for (int64_t i = 0; i < n; i++) \
        for (int64_t j = m; j < pitch; j++) ((T *)scores)[i * pitch + j] = (T)-INFINITY;

#define PROBABILITIES(T, type)        \
    if (bias->data) ADD_BIAS(T, type) \
    if (mask->data) HIDE(T)           \
    CLOSE(T)                          \
    task->loops->softmax_##type(n, pitch, scores, scores);

void sg_attention_probabilities(const sg_task *task, double scale, const sg_tensor *query,
                                const sg_tensor *key, const sg_tensor *bias, const sg_tensor *mask,
                                void *scores) {
    const int64_t n = query->shape.dim[0], m = key->shape.dim[0], d = query->shape.dim[1],
                  pitch = sg_attention_pitch(m);
    double hidden[MASK_CHUNK];
    sg_gemm(task, query->type, false, true, n, m, d, scale, query->data, query->stride[0], key->data,
            key->stride[0], 0, scores, pitch);
    if (query->type == SG_F32) {
        PROBABILITIES(float, f32)
    } else {
        PROBABILITIES(double, f64)
    }
}
