/* dot_attention_grad: the gradients of dot_attention; the probabilities are computed again, not kept. */
#include <string.h>

#include "kernel/loops.h"
#include "ops/attention.h"
#include "ops/elementwise.h"

enum { Q, K, V, DY, BIAS, MASK };
enum { DQ, DK, DV, DBIAS };
enum { SCALE };

static sg_status infer(sg_infer *c) {
    /* The forward op's checks, on its inputs: all but dy. */
    sg_typed in[5] = {c->in[Q], c->in[K], c->in[V]};
    bool present[5] = {true, true, true, c->in_count > BIAS && c->present[BIAS],
                       c->in_count > MASK && c->present[MASK]};
    if (present[SG_ATTENTION_BIAS]) in[SG_ATTENTION_BIAS] = c->in[BIAS];
    if (present[SG_ATTENTION_MASK]) in[SG_ATTENTION_MASK] = c->in[MASK];
    sg_infer forward = *c;
    forward.in = in;
    forward.present = present;
    sg_status status = sg_attention_check(&forward);
    if (status != SG_OK) return status;
    sg_shape y = c->in[Q].shape;
    y.dim[y.rank - 1] = c->in[V].shape.dim[y.rank - 1];
    if (c->in[DY].type != c->in[Q].type || !sg_shape_equal(&y, &c->in[DY].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy must have the shape and type of the output");
    for (int k = Q; k <= V; k++) c->out[k] = c->in[k];
    c->out[DBIAS] = (sg_typed){c->in[Q].type, {0}};
    if (present[SG_ATTENTION_BIAS]) c->out[DBIAS] = c->in[BIAS];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *q = &s->in[Q].shape;
    if (q->rank >= 3 && q->dim[0] > 0) {
        d->items = q->dim[0];
        d->in[Q] = d->in[K] = d->in[V] = d->in[DY] = d->out[DQ] = d->out[DK] = d->out[DV] = SG_OWN;
        for (int i = BIAS; i <= MASK; i++)
            if (s->present[i] && s->in[i].shape.rank == q->rank && s->in[i].shape.dim[0] == q->dim[0])
                d->in[i] = SG_OWN;
    }
    d->out[DBIAS] = d->in[BIAS] == SG_OWN ? SG_OWN : SG_SUM;
    if (d->out[DBIAS] == SG_SUM) {
        d->acc_count = 1;
        d->acc[0].type = s->in[Q].type;
        d->acc[0].elements = sg_shape_elements(&s->out[DBIAS].shape);
    }
    /* Probabilities and their gradient. */
    d->scratch = sg_attention_scratch(s, 2);
}

#define ADD_TO_BIAS(T, type)                                                  \
    for (int64_t i = 0; i < n; i++) {                                         \
        const T *from = (const T *)scores + i * pitch;                        \
        T *at = (T *)to->data + i * to->stride[0];                            \
        if (to->stride[1] == 1)                                               \
            task->loops->accumulate_##type(m, from, at);                      \
        else                                                                  \
            for (int64_t j = 0; j < m; j++) at[j * to->stride[1]] += from[j]; \
    }

/* Adds dscores[n, m] to the bias gradient; broadcast axes have stride 0 and so are summed. */
static void add_to_bias(const sg_task *task, const sg_tensor *to, const void *scores, int64_t n, int64_t m) {
    const int64_t pitch = sg_attention_pitch(m);
    if (to->type == SG_F32)
        ADD_TO_BIAS(float, f32)
    else
        ADD_TO_BIAS(double, f64)
}

/* Behind the rows, where the probabilities are 0. */
static void clear_ends(void *scores, int64_t n, int64_t m, sg_type type) {
    const size_t size = sg_type_size(type), pitch = (size_t)sg_attention_pitch(m), used = (size_t)m;
    for (size_t i = 0; i < (size_t)n; i++)
        memset((char *)scores + (i * pitch + used) * size, 0, (pitch - used) * size);
}

/* One matrix of each operand, or some of its rows: all of k, v, dk and dv, and what belongs to some queries
 * of the others. dbias has no data where it is not wanted. */
typedef struct part {
    sg_tensor q, k, v, dy, bias, mask, dq, dk, dv, dbias;
} part;

/* With `more`, dk and dv are added to. */
static void gradients(const sg_task *task, const part *p, double scale, bool more) {
    const int64_t n = p->q.shape.dim[0], d = p->q.shape.dim[1], m = p->v.shape.dim[0], e = p->v.shape.dim[1],
                  pitch = sg_attention_pitch(m);
    const sg_type type = p->q.type;
    void *y = task->scratch, *dy = (char *)task->scratch + (size_t)(n * pitch) * sg_type_size(type);
    sg_attention_probabilities(task, scale, &p->q, &p->k, &p->bias, &p->mask, y);
    if (p->dv.data)
        sg_gemm(task, type, true, false, m, e, n, 1, y, pitch, p->dy.data, p->dy.stride[0], more, p->dv.data,
                p->dv.stride[0]);
    sg_gemm(task, type, false, true, n, m, e, 1, p->dy.data, p->dy.stride[0], p->v.data, p->v.stride[0], 0,
            dy, pitch);
    clear_ends(dy, n, m, type);
    if (type == SG_F32)
        task->loops->softmax_gradient_f32(n, pitch, y, dy, dy);
    else
        task->loops->softmax_gradient_f64(n, pitch, y, dy, dy);
    if (p->dq.data)
        sg_gemm(task, type, false, false, n, d, m, scale, dy, pitch, p->k.data, p->k.stride[0], 0, p->dq.data,
                p->dq.stride[0]);
    if (p->dk.data)
        sg_gemm(task, type, true, false, m, d, n, scale, dy, pitch, p->q.data, p->q.stride[0], more,
                p->dk.data, p->dk.stride[0]);
    if (p->dbias.data) add_to_bias(task, &p->dbias, dy, n, m);
}

static void run(const sg_task *task) {
    const sg_shape *like = &task->in[Q].shape;
    int rank = like->rank;
    int64_t n = like->dim[rank - 2], d = like->dim[rank - 1], m = task->in[K].shape.dim[rank - 2],
            e = task->in[V].shape.dim[rank - 1];
    sg_type type = task->in[Q].type;
    double scale = sg_attention_scale(&task->attr[SCALE], d);
    sg_tensor bias_sum = task->out[DBIAS];
    bool wants_bias = task->signature->wanted[DBIAS] && task->in[BIAS].data;
    if (wants_bias && bias_sum.data) memset(bias_sum.data, 0, sg_tensor_bytes(&bias_sum));
    if (wants_bias && !bias_sum.data)
        bias_sum = sg_tensor_view(type, task->signature->out[DBIAS].shape, task->acc[0]);
    if (!wants_bias) bias_sum.data = NULL;
    int64_t count = 1;
    for (int axis = 0; axis + 2 < rank; axis++) count *= like->dim[axis];
    const int64_t rows = sg_attention_rows(n, m, type);
    for (int64_t i = 0; i < count; i++) {
        const part all = {.q = sg_attention_matrix(&task->in[Q], like, i, n, d),
                          .k = sg_attention_matrix(&task->in[K], like, i, m, d),
                          .v = sg_attention_matrix(&task->in[V], like, i, m, e),
                          .dy = sg_attention_matrix(&task->in[DY], like, i, n, e),
                          .bias = sg_attention_matrix(&task->in[BIAS], like, i, n, m),
                          .mask = sg_attention_matrix(&task->in[MASK], like, i, n, m),
                          .dq = sg_attention_matrix(&task->out[DQ], like, i, n, d),
                          .dk = sg_attention_matrix(&task->out[DK], like, i, m, d),
                          .dv = sg_attention_matrix(&task->out[DV], like, i, m, e),
                          .dbias = sg_attention_matrix(&bias_sum, like, i, n, m)};
        int64_t row = 0;
        do { /* once without any query, too: dk and dv are 0 then */
            const int64_t some = n - row < rows ? n - row : rows;
            part p = all;
            sg_tensor *const of_queries[] = {&p.q, &p.dy, &p.bias, &p.mask, &p.dq, &p.dbias};
            for (size_t t = 0; t < sizeof of_queries / sizeof *of_queries; t++)
                *of_queries[t] = sg_attention_part(of_queries[t], row, some);
            gradients(task, &p, scale, row > 0);
            row += rows;
        } while (row < n);
    }
}

static sg_status expand(sg_expansion *e) {
    sg_value none = SG_NO_VALUE, dx[SG_ATTENTION_MASK + 1];
    const sg_value *in = e->in;
    int count = e->node->in_count;
    sg_value forward[] = {in[Q], in[K], in[V], count > BIAS ? in[BIAS] : none,
                          count > MASK ? in[MASK] : none};
    sg_status status = sg_expand_gradient(e, SG_ATTENTION_MASK + 1, forward, in[DY], dx);
    if (status != SG_OK) return status;
    for (int k = DQ; k <= DBIAS; k++) e->out[k] = dx[k];
    if (forward[SG_ATTENTION_BIAS] == none) e->out[DBIAS] = sg_scalar_like(e->graph, 0, in[Q]);
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    const sg_shape *q = &s->in[Q].shape, *k = &s->in[K].shape, *v = &s->in[V].shape;
    double scores = (double)sg_row_count(q) * (double)k->dim[k->rank - 2];
    return 2.0 * scores * (3.0 * (double)q->dim[q->rank - 1] + 2.0 * (double)v->dim[v->rank - 1]) +
           10.0 * scores;
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define BITS(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 1 }
static const sg_sample samples[] = {
    {
        .name = "heads",
        SG_INPUTS(REAL(2, 3, 5, 4), REAL(2, 3, 5, 4), REAL(2, 3, 5, 4), REAL(2, 3, 5, 4)),
    },
    {
        .name = "bias",
        SG_INPUTS(REAL(2, 3, 5, 4), REAL(2, 3, 5, 4), REAL(2, 3, 5, 4), REAL(2, 3, 5, 4), REAL(3, 5, 5)),
    },
    {.name = "no_queries", SG_INPUTS(REAL(1, 0, 4), REAL(1, 3, 4), REAL(1, 3, 4), REAL(1, 0, 4))},
    {.name = "in_parts",
     SG_INPUTS(REAL(1, 300, 2), REAL(1, 900, 2), REAL(1, 900, 3), REAL(1, 300, 3), REAL(300, 900),
               BITS(300, 900)),
     .no_gradient = "too many numbers"},
    {.name = "in_parts_one_bias",
     SG_INPUTS(REAL(1, 300, 2), REAL(1, 900, 2), REAL(1, 900, 3), REAL(1, 300, 3), REAL(900)),
     .no_gradient = "too many numbers"},
    {.name = "rank",
     SG_INPUTS(REAL(5, 4), REAL(5, 4), REAL(5, 4), REAL(5, 4)),
     .message = "query [5, 4] does not fit query [5, 4]: at least 3 axes, equal up to the last two"},
    {.name = NULL},
};

const sg_op sg_op_dot_attention_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "dot_attention_grad",
               .doc = "gradients of dot_attention",
               .attrs = SG_ATTRS({.name = "scale",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "",
                                  .doc = "factor on the products; 1 / sqrt(d) unless set"})},
    .family = "product",
    .in = {{"query", "[b, ..., n, d]", 0},
           {"key", "[b, ..., m, d]", 0},
           {"value", "[b, ..., m, e]", 0},
           {"dy", "[b, ..., n, e]", 0},
           {"bias", "broadcast to [..., n, m]", SG_PORT_OPTIONAL},
           {"mask", "broadcast to [..., n, m]", SG_PORT_OPTIONAL}},
    .out = {{"dquery", "of query", 0},
            {"dkey", "of key", 0},
            {"dvalue", "of value", 0},
            {"dbias", "of bias; a scalar 0 without one", 0}},
    .leading = true,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .in_layout = {SG_UNIT, SG_UNIT, SG_UNIT, SG_UNIT, SG_STRIDED, SG_STRIDED},
    .out_layout = {SG_UNIT, SG_UNIT, SG_UNIT},
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
