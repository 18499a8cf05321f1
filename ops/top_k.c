/* top_k: the k largest elements along an axis. */
#include <string.h>

#include "ops/order.h"

enum { AXIS, K };
enum { VALUES, INDEX };

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    char s[SG_SHAPE_TEXT];
    int axis;
    sg_status status = sg_lines_axis(c->attr, AXIS, in->rank, &axis, c->error);
    if (status == SG_OK) status = sg_order_check(c, axis);
    if (status != SG_OK) return status;
    if (c->attr[K].i > in->dim[axis])
        return sg_fail_at(c->error, SG_BLAME_ATTR, K, "k is %lld, but x %s has %lld element%s along axis %d",
                          (long long)c->attr[K].i, sg_shape_words(in, s), (long long)in->dim[axis],
                          sg_plural(in->dim[axis]), axis);
    c->out[VALUES] = c->in[0];
    c->out[VALUES].shape.dim[axis] = c->attr[K].i;
    c->out[INDEX] = (sg_typed){SG_I32, c->out[VALUES].shape};
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    int axis = 0;
    sg_lines_axis(s->attr, AXIS, s->in[0].shape.rank, &axis, NULL);
    sg_lines_cut(s, d);
    d->out[VALUES] = d->out[INDEX] = d->in[0];
    d->scratch = sg_order_scratch(s->in[0].shape.dim[axis]);
}

static void run(const sg_task *task) {
    int axis = 0;
    const sg_tensor *x = &task->in[0];
    sg_lines_axis(task->attr, AXIS, x->shape.rank, &axis, NULL);
    sg_lines lines = sg_lines_of(&x->shape, axis);
    int64_t k = task->attr[K].i, size = (int64_t)sg_type_size(x->type);
    const char *from = x->data;
    char *values = task->out[VALUES].data;
    int32_t *index = task->out[INDEX].data;
    if (!sg_tensor_elements(x)) return;
    for (int64_t o = 0; o < lines.outer; o++)
        for (int64_t j = 0; j < lines.inner; j++) {
            const int32_t *order = sg_order_line(task, &lines, o, j, true);
            for (int64_t i = 0; i < k; i++) {
                int64_t to = (o * k + i) * lines.inner + j;
                if (index) index[to] = order[i];
                if (values)
                    memcpy(values + to * size, from + ((o * lines.n + order[i]) * lines.inner + j) * size,
                           (size_t)size);
            }
        }
}

static sg_status gradient(sg_backward *b) {
    if (b->dy[VALUES] == SG_NO_VALUE) return SG_OK;
    const sg_shape *in = &sg_graph_value(b->graph, b->in[0])->shape;
    int axis = 0;
    sg_lines_axis(b->node->attr, AXIS, in->rank, &axis, NULL);
    b->dx[0] = sg_emit(b->graph, "top_k_grad", SG_IN(b->dy[VALUES], b->out[INDEX]), sg_arg_int("axis", axis),
                       sg_arg_int("size", in->dim[axis]));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    int axis = 0;
    double comparisons = 0;
    sg_lines_axis(s->attr, AXIS, s->in[0].shape.rank, &axis, NULL);
    for (int64_t n = s->in[0].shape.dim[axis]; n > 1; n /= 2) comparisons++;
    return comparisons * (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg three[] = {SG_ARG_INT("k", 3), {0}};
static const sg_arg first[] = {SG_ARG_INT("axis", 0), SG_ARG_INT("k", 2), {0}};
static const sg_arg middle[] = {SG_ARG_INT("axis", 1), SG_ARG_INT("k", 4), {0}};
static const sg_arg none[] = {SG_ARG_INT("k", 0), {0}};
static const sg_arg negative[] = {SG_ARG_INT("k", -1), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "rows", SG_INPUTS(REAL(5, 7)), .args = three},
    {.name = "first", SG_INPUTS(REAL(5, 7)), .args = first},
    {.name = "middle", SG_INPUTS(REAL(3, 4, 5)), .args = middle},
    {.name = "ties",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(6, 9), .low = 0, .high = 3}),
     .args = three,
     .no_gradient = "whole numbers have no gradient"},
    {.name = "none", SG_INPUTS(REAL(5, 7)), .args = none},
    {.name = "no_rows", SG_INPUTS(REAL(0, 7)), .args = three},
    {.name = "many",
     SG_INPUTS(REAL(5, 2)),
     .args = three,
     .message = "k is 3, but x [5, 2] has 2 elements along axis 1"},
    {.name = "negative",
     SG_INPUTS(REAL(5, 2)),
     .args = negative,
     .message = "k is -1, but must lie between 0 and 2.14748e+09"},
    {.name = "no_k", SG_INPUTS(REAL(5, 2)), .message = "top_k needs the attribute `k` (how many)"},
    {.name = NULL},
};

const sg_op sg_op_top_k = {
    .schema = {.kind = SG_KIND_OP,
               .name = "top_k",
               .doc = "the k largest elements along an axis, largest first, and their places",
               .attrs = SG_ATTRS(
                   SG_LINES_ATTR_AXIS,
                   {.name = "k", .type = SG_ATTR_INT, .doc = "how many", .min = 0, .max = INT32_MAX})},
    .family = "index",
    .in = {{"x", "numbers", 0}},
    .out = {{"values", "the largest elements", 0}, {"index", "their places from 0, i32", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}, {SG_I32, run}, {SG_U8, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
