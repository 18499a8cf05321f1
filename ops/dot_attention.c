/* dot_attention: scaled dot-product attention (Vaswani et al. 2017). */
#include <math.h>

#include "ops/attention.h"
#include "ops/elementwise.h"
#include "ops/rows.h"

enum {
    Q = SG_ATTENTION_QUERY,
    K = SG_ATTENTION_KEY,
    V = SG_ATTENTION_VALUE,
    BIAS = SG_ATTENTION_BIAS,
    MASK = SG_ATTENTION_MASK
};
enum { SCALE };

static sg_status infer(sg_infer *c) {
    sg_status status = sg_attention_check(c);
    if (status != SG_OK) return status;
    c->out[0] = c->in[Q];
    c->out[0].shape.dim[c->in[Q].shape.rank - 1] = c->in[V].shape.dim[c->in[V].shape.rank - 1];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_attention_domain(s, d);
    d->out[0] = d->in[Q];
    d->scratch = sg_attention_scratch(s, 1);
}

static void run(const sg_task *task) {
    const sg_shape *like = &task->in[Q].shape;
    int rank = like->rank;
    int64_t n = like->dim[rank - 2], d = like->dim[rank - 1], m = task->in[K].shape.dim[rank - 2],
            e = task->in[V].shape.dim[rank - 1];
    double scale = sg_attention_scale(&task->attr[SCALE], d);
    int64_t count = 1;
    for (int axis = 0; axis + 2 < rank; axis++) count *= like->dim[axis];
    const int64_t rows = sg_attention_rows(n, m, task->in[Q].type);
    for (int64_t i = 0; i < count; i++) {
        sg_tensor q = sg_attention_matrix(&task->in[Q], like, i, n, d),
                  k = sg_attention_matrix(&task->in[K], like, i, m, d);
        sg_tensor v = sg_attention_matrix(&task->in[V], like, i, m, e),
                  y = sg_attention_matrix(&task->out[0], like, i, n, e);
        sg_tensor bias = sg_attention_matrix(&task->in[BIAS], like, i, n, m),
                  mask = sg_attention_matrix(&task->in[MASK], like, i, n, m);
        for (int64_t row = 0; row < n; row += rows) {
            const int64_t some = n - row < rows ? n - row : rows;
            sg_tensor q_part = sg_attention_part(&q, row, some), y_part = sg_attention_part(&y, row, some),
                      bias_part = sg_attention_part(&bias, row, some),
                      mask_part = sg_attention_part(&mask, row, some);
            sg_attention_probabilities(task, scale, &q_part, &k, &bias_part, &mask_part, task->scratch);
            sg_gemm(task, q.type, false, false, some, e, m, 1, task->scratch, sg_attention_pitch(m), v.data,
                    v.stride[0], 0, y_part.data, y.stride[0]);
        }
    }
}

static sg_value input_or_none(const sg_node *node, const sg_value *in, int k) {
    return k < node->in_count ? in[k] : SG_NO_VALUE;
}

static sg_status gradient(sg_backward *b) {
    sg_value in[6] = {b->in[Q],
                      b->in[K],
                      b->in[V],
                      b->dy[0],
                      input_or_none(b->node, b->in, BIAS),
                      input_or_none(b->node, b->in, MASK)};
    const sg_attr *scale = &b->node->attr[SCALE];
    sg_arg args[2] = {{0}};
    if (scale->present) args[0] = sg_arg_float("scale", scale->f);
    sg_value dq = sg_graph_add(b->graph, "dot_attention_grad", NULL, in, 6, args);
    if (dq == SG_NO_VALUE) return sg_graph_status(b->graph, NULL);
    for (int k = Q; k <= BIAS && k < b->node->in_count; k++)
        if (b->needed[k]) b->dx[k] = dq + k;
    return SG_OK;
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    const sg_shape q = sg_graph_value(g, e->in[Q])->shape;
    sg_value factor =
        sg_scalar_like(g, sg_attention_scale(&e->node->attr[SCALE], q.dim[q.rank - 1]), e->in[Q]);
    sg_value scores = sg_emit(g, "matmul", SG_IN(sg_emit(g, "mul", SG_IN(e->in[Q], factor)), e->in[K]),
                              sg_arg_bool("transpose_b", true));
    sg_value bias = input_or_none(e->node, e->in, BIAS), mask = input_or_none(e->node, e->in, MASK);
    if (bias != SG_NO_VALUE) scores = sg_emit(g, "add", SG_IN(scores, bias));
    if (mask != SG_NO_VALUE)
        scores = sg_emit(g, "where", SG_IN(mask, sg_scalar_like(g, -INFINITY, scores), scores));
    e->out[0] = sg_emit(g, "matmul", SG_IN(sg_emit(g, "softmax", SG_IN(scores)), e->in[V]));
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    const sg_shape *q = &s->in[Q].shape, *k = &s->in[K].shape, *v = &s->in[V].shape;
    double scores = (double)sg_row_count(q) * (double)k->dim[k->rank - 2];
    return 2.0 * scores * (double)(q->dim[q->rank - 1] + v->dim[v->rank - 1]) + 5.0 * scores;
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define BITS(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 1 }
static const sg_arg scaled[] = {SG_ARG_FLOAT("scale", 0.7), {0}};
static const sg_sample samples[] = {
    {.name = "heads", SG_INPUTS(REAL(2, 3, 5, 4), REAL(2, 3, 5, 4), REAL(2, 3, 5, 4))},
    {.name = "cross", SG_INPUTS(REAL(2, 3, 4), REAL(2, 7, 4), REAL(2, 7, 6)), .args = scaled},
    {.name = "bias", SG_INPUTS(REAL(2, 3, 5, 4), REAL(2, 3, 5, 4), REAL(2, 3, 5, 4), REAL(3, 5, 5))},
    {.name = "own_bias", SG_INPUTS(REAL(2, 2, 3, 4), REAL(2, 2, 3, 4), REAL(2, 2, 3, 4), REAL(2, 1, 3, 3))},
    {.name = "mask",
     SG_INPUTS(REAL(2, 2, 3, 4), REAL(2, 2, 5, 4), REAL(2, 2, 5, 4), {.type = SG_ABSENT}, BITS(2, 1, 3, 1)),
     .no_gradient = "whole rows may be masked"},
    {.name = "keys_hidden",
     SG_INPUTS(REAL(2, 2, 3, 4), REAL(2, 2, 5, 4), REAL(2, 2, 5, 4), REAL(3, 5), BITS(2, 1, 1, 5))},
    {.name = "many_keys",
     SG_INPUTS(REAL(1, 3, 2), REAL(1, 300, 2), REAL(1, 300, 2), {.type = SG_ABSENT}, BITS(3, 300))},
    {.name = "in_parts",
     SG_INPUTS(REAL(1, 300, 2), REAL(1, 900, 2), REAL(1, 900, 3), REAL(300, 900), BITS(300, 900)),
     .no_gradient = "too many numbers: dot_attention_grad has this sample"},
    {.name = "empty", SG_INPUTS(REAL(0, 3, 4), REAL(0, 3, 4), REAL(0, 3, 4))},
    {.name = "sizes",
     SG_INPUTS(REAL(2, 3, 4), REAL(2, 3, 5), REAL(2, 3, 4)),
     .message = "key [2, 3, 5] must have the last size of query [2, 3, 4]"},
    {.name = "rows",
     SG_INPUTS(REAL(2, 3, 4), REAL(2, 3, 4), REAL(2, 2, 4)),
     .message = "value [2, 2, 4] must have as many rows as key [2, 3, 4]"},
    {.name = "batch",
     SG_INPUTS(REAL(2, 3, 4), REAL(1, 3, 4), REAL(2, 3, 4)),
     .message = "key [1, 3, 4] does not fit query [2, 3, 4]: at least 3 axes, equal up to the last two"},
    {.name = "bias_shape",
     SG_INPUTS(REAL(2, 3, 4), REAL(2, 3, 4), REAL(2, 3, 4), REAL(4, 4)),
     .message = "bias [4, 4] does not broadcast to the scores [2, 3, 3]"},
    {.name = NULL},
};

const sg_op sg_op_dot_attention = {
    .schema = {.kind = SG_KIND_OP,
               .name = "dot_attention",
               .doc = "softmax(scale * query key^T + bias) value; hidden scores count as minus infinity",
               .attrs = SG_ATTRS({.name = "scale",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "",
                                  .doc = "factor on the products; 1 / sqrt(d) unless set"})},
    .family = "product",
    .in = {{"query", "[b, ..., n, d]", 0},
           {"key", "[b, ..., m, d]", 0},
           {"value", "[b, ..., m, e]", 0},
           {"bias", "added to the scores; broadcast to [..., n, m]", SG_PORT_OPTIONAL},
           {"mask", "not 0 where hidden; broadcast to [..., n, m]", SG_PORT_OPTIONAL | SG_PORT_NO_GRADIENT}},
    .out = {{"y", "[b, ..., n, e]", 0}},
    .leading = true,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .in_layout = {SG_UNIT, SG_UNIT, SG_UNIT, SG_STRIDED, SG_STRIDED},
    .out_layout = {SG_UNIT},
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .rows = &sg_rows_query,
    .samples = samples,
};
