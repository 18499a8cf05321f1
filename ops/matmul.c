/* matmul: matrix products over the last two axes, the others broadcast. */
#include <string.h>

#include "kernel/walk.h"
#include "ops/product.h"

enum { A, B };
enum { TRANSPOSE_A, TRANSPOSE_B };

static sg_status infer(sg_infer *c) {
    const sg_shape *a = &c->in[A].shape, *b = &c->in[B].shape;
    bool ta = c->attr[TRANSPOSE_A].i, tb = c->attr[TRANSPOSE_B].i;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    for (int k = A; k <= B; k++) {
        if (c->in[k].shape.rank < 2)
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "a matrix has at least two axes, but %s is %s",
                              k ? "b" : "a", sg_shape_words(&c->in[k].shape, s));
        if (!sg_type_is_float(c->in[k].type) || c->in[k].type != c->in[A].type)
            return sg_fail_at(c->error, SG_BLAME_INPUT, k,
                              "a and b must be floats of one type, not %s and %s",
                              sg_type_name(c->in[A].type), sg_type_name(c->in[B].type));
    }
    int64_t m = a->dim[a->rank - (ta ? 1 : 2)], k = a->dim[a->rank - (ta ? 2 : 1)];
    int64_t k_b = b->dim[b->rank - (tb ? 1 : 2)], n = b->dim[b->rank - (tb ? 2 : 1)];
    if (k != k_b)
        return sg_fail_at(c->error, SG_BLAME_INPUT, B, "a %s%s has %lld column%s, but b %s%s has %lld row%s",
                          sg_shape_words(a, s), ta ? " transposed" : "", (long long)k, sg_plural(k),
                          sg_shape_words(b, t), tb ? " transposed" : "", (long long)k_b, sg_plural(k_b));
    sg_shape batch_a = sg_shape_of(a->rank - 2, a->dim), batch_b = sg_shape_of(b->rank - 2, b->dim);
    c->out[0].type = c->in[A].type;
    if (!sg_shape_broadcast(&batch_a, &batch_b, &c->out[0].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, B,
                          "the leading axes of a %s and b %s do not broadcast together", sg_shape_words(a, s),
                          sg_shape_words(b, t));
    if (c->out[0].shape.rank + 2 > SG_MAX_RANK)
        return sg_fail_at(c->error, SG_BLAME_INPUT, A, "too many axes");
    c->out[0].shape.dim[c->out[0].shape.rank++] = m;
    c->out[0].shape.dim[c->out[0].shape.rank++] = n;
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    if (out->rank < 2 || out->dim[0] < 1 || (out->rank == 2 && s->attr[TRANSPOSE_A].i)) return;
    d->items = out->dim[0];
    d->out[0] = SG_OWN;
    for (int k = A; k <= B; k++) {
        const sg_shape *in = &s->in[k].shape;
        if (out->rank == 2)
            d->in[k] = k == A ? SG_OWN : SG_WHOLE; /* rows of a */
        else if (in->rank == out->rank && in->dim[0] == out->dim[0])
            d->in[k] = SG_OWN;
    }
}

/* b is one matrix, and a and y have the same even rows: one product. */
static bool one_product(const sg_tensor *a, const sg_tensor *b, const sg_tensor *y) {
    if (sg_shape_elements(&b->shape) != b->shape.dim[b->shape.rank - 1] * b->shape.dim[b->shape.rank - 2])
        return false;
    if (a->shape.rank != y->shape.rank) return false;
    for (int d = 0; d + 2 < a->shape.rank; d++)
        if (a->shape.dim[d] != y->shape.dim[d]) return false;
    return sg_even_rows(a) && sg_even_rows(y);
}

static sg_tensor batch_view(const sg_tensor *t) {
    sg_tensor view = *t;
    view.shape.rank -= 2;
    return view;
}

static void run(const sg_task *task) {
    const sg_tensor *a = &task->in[A], *b = &task->in[B], *y = &task->out[0];
    bool ta = task->attr[TRANSPOSE_A].i, tb = task->attr[TRANSPOSE_B].i;
    int64_t m = y->shape.dim[y->shape.rank - 2], n = y->shape.dim[y->shape.rank - 1];
    int64_t k = a->shape.dim[a->shape.rank - (ta ? 2 : 1)];
    if (!ta && one_product(a, b, y)) {
        sg_gemm(task, y->type, false, tb, sg_row_count(&y->shape), n, k, 1, a->data, sg_row_distance(a),
                b->data, sg_row_distance(b), 0, y->data, sg_row_distance(y));
        return;
    }
    sg_tensor batch_a = batch_view(a), batch_b = batch_view(b), batch_y = batch_view(y);
    size_t size = sg_type_size(y->type);
    sg_walk walk;
    sg_walk_init(&walk, &batch_y.shape, 3, (const sg_tensor *[]){&batch_a, &batch_b, &batch_y});
    if (!walk.inner) return;
    do
        for (int64_t i = 0; i < walk.inner; i++)
            sg_gemm(task, y->type, ta, tb, m, n, k, 1, walk.at[0] + i * walk.step[0] * (int64_t)size,
                    sg_row_distance(a), walk.at[1] + i * walk.step[1] * (int64_t)size, sg_row_distance(b), 0,
                    walk.at[2] + i * walk.step[2] * (int64_t)size, sg_row_distance(y));
    while (sg_walk_next(&walk));
}

static sg_value product(sg_graph *g, sg_value a, sg_value b, bool ta, bool tb) {
    return sg_emit(g, "matmul", SG_IN(a, b), sg_arg_bool("transpose_a", ta), sg_arg_bool("transpose_b", tb));
}

static sg_value sum_batch(sg_graph *g, sg_value gradient, sg_value like) {
    if (gradient == SG_NO_VALUE) return gradient;
    sg_shape to = sg_graph_value(g, like)->shape;
    if (sg_shape_equal(&to, &sg_graph_value(g, gradient)->shape)) return gradient;
    return sg_emit(g, "sum_to", SG_IN(gradient), sg_arg_shape("shape", &to));
}

static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    sg_value x = b->in[A], w = b->in[B], dy = b->dy[0];
    bool ta = b->node->attr[TRANSPOSE_A].i, tb = b->node->attr[TRANSPOSE_B].i;
    if (b->needed[A])
        b->dx[A] = sum_batch(g, ta ? product(g, w, dy, tb, true) : product(g, dy, w, false, !tb), x);
    if (b->needed[B]) {
        /* One matrix under many: its gradient is a sum over rows, not a batch of products that is summed
         * after. */
        bool one = sg_graph_value(g, w)->shape.rank == 2 && sg_graph_value(g, x)->shape.rank > 2 && !ta;
        if (one)
            b->dx[B] = tb ? sg_emit(g, "affine_grad", SG_IN(x, dy)) : sg_emit(g, "affine_grad", SG_IN(dy, x));
        else
            b->dx[B] = sum_batch(g, tb ? product(g, dy, x, true, ta) : product(g, x, dy, !ta, false), w);
    }
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    const sg_shape *a = &s->in[A].shape;
    double k = (double)a->dim[a->rank - (s->attr[TRANSPOSE_A].i ? 2 : 1)];
    return 2.0 * (double)sg_shape_elements(&s->out[0].shape) * k;
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_arg turn_a[] = {SG_ARG_BOOL("transpose_a", true), {0}};
static const sg_arg turn_b[] = {SG_ARG_BOOL("transpose_b", true), {0}};
static const sg_arg turn_both[] = {SG_ARG_BOOL("transpose_a", true), SG_ARG_BOOL("transpose_b", true), {0}};
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(REAL(3, 4), REAL(4, 5))},
    {.name = "turn_a", SG_INPUTS(REAL(4, 3), REAL(4, 5)), .args = turn_a},
    {.name = "turn_b", SG_INPUTS(REAL(3, 4), REAL(5, 4)), .args = turn_b},
    {.name = "turn_both", SG_INPUTS(REAL(2, 4, 3), REAL(2, 5, 4)), .args = turn_both},
    {.name = "batched", SG_INPUTS(REAL(2, 3, 4, 5), REAL(2, 3, 5, 2))},
    {.name = "broadcast", SG_INPUTS(REAL(2, 1, 4, 5), REAL(3, 5, 2))},
    {.name = "one_b", SG_INPUTS(REAL(2, 3, 4, 5), REAL(5, 2))},
    {.name = "one_b_turned", SG_INPUTS(REAL(3, 4, 5), REAL(2, 5)), .args = turn_b},
    {.name = "no_rows", SG_INPUTS(REAL(0, 4), REAL(4, 5))},
    {.name = "no_inner", SG_INPUTS(REAL(3, 0), REAL(0, 5))},
    {.name = "inner",
     SG_INPUTS(REAL(3, 4), REAL(5, 6)),
     .message = "a [3, 4] has 4 columns, but b [5, 6] has 5 rows"},
    {.name = "vector",
     SG_INPUTS(REAL(3), REAL(3, 6)),
     .message = "a matrix has at least two axes, but a is [3]"},
    {.name = "batch",
     SG_INPUTS(REAL(2, 3, 4), REAL(3, 4, 5)),
     .message = "the leading axes of a [2, 3, 4] and b [3, 4, 5] do not broadcast together"},
    {.name = NULL},
};

const sg_op sg_op_matmul = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "matmul",
         .doc = "matrix products over the last two axes; the others broadcast",
         .attrs = SG_ATTRS(
             {.name = "transpose_a", .type = SG_ATTR_BOOL, .fallback = "false", .doc = "use a transposed"},
             {.name = "transpose_b", .type = SG_ATTR_BOOL, .fallback = "false", .doc = "use b transposed"})},
    .family = "product",
    .in = {{"a", "[..., m, k]", 0}, {"b", "[..., k, n]", 0}},
    .out = {{"y", "[..., m, n]", 0}},
    .leading = true,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .in_layout = {SG_UNIT, SG_UNIT},
    .out_layout = {SG_UNIT},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
