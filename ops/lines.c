#include "ops/lines.h"

#include <string.h>

#include "ops/view.h"

/* Lines that are copied together: the elements that a cache line holds are used at once. */
enum { AT_ONCE = 16, MOST_OPERANDS = 3 };

sg_lines sg_lines_of(const sg_shape *shape, int axis) {
    sg_lines lines = {1, 1, 1};
    for (int d = 0; d < shape->rank; d++) {
        int64_t *part = d < axis ? &lines.outer : d > axis ? &lines.inner : &lines.n;
        *part *= shape->dim[d];
    }
    return lines;
}

sg_status sg_lines_axis(const sg_attr *attr, int index, int rank, int *axis, sg_error *error) {
    *axis = sg_axis_of(attr[index].i, rank);
    if (*axis >= 0) return SG_OK;
    return sg_fail_at(error, SG_BLAME_ATTR, index, "axis %lld is out of range for rank %d",
                      (long long)attr[index].i, rank);
}

sg_status sg_lines_infer(sg_infer *c) {
    int axis;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    for (int k = 0; k < c->in_count; k++) {
        if (!sg_type_is_float(c->in[k].type))
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "the input must be a float, not %s",
                              sg_type_name(c->in[k].type));
        if (c->in[k].type != c->in[0].type || !sg_shape_equal(&c->in[k].shape, &c->in[0].shape))
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "the inputs %s %s and %s %s must agree",
                              sg_type_name(c->in[0].type), sg_shape_words(&c->in[0].shape, s),
                              sg_type_name(c->in[k].type), sg_shape_words(&c->in[k].shape, t));
    }
    c->out[0] = c->in[0];
    return sg_lines_axis(c->attr, 0, c->in[0].shape.rank, &axis, c->error);
}

void sg_lines_cut(const sg_signature *s, sg_domain *d) {
    const sg_shape *shape = &s->in[0].shape;
    if (sg_axis_of(s->attr[0].i, shape->rank) == 0 || shape->dim[0] < 1) return;
    d->items = shape->dim[0];
    d->in[0] = SG_OWN;
}

void sg_lines_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *shape = &s->in[0].shape;
    sg_lines lines = sg_lines_of(shape, sg_axis_of(s->attr[0].i, shape->rank));
    if (lines.inner > 1)
        d->scratch = (size_t)lines.n * AT_ONCE * (size_t)(s->in_count + 1) * sg_type_size(s->in[0].type);
    sg_lines_cut(s, d);
    for (int k = 1; k < s->in_count; k++) d->in[k] = d->in[0];
    d->out[0] = d->in[0];
}

/* Element i of `count` neighbouring lines lies at data + i * inner; there and back. */
#define COPY_LINES(T)                                                               \
    for (int64_t i = 0; i < n; i++)                                                 \
        for (int64_t j = 0; j < count; j++) {                                       \
            T *spread = (T *)data + i * inner + j, *dense = (T *)space + j * n + i; \
            if (back)                                                               \
                *spread = *dense;                                                   \
            else                                                                    \
                *dense = *spread;                                                   \
        }

static void copy_lines(sg_type type, int64_t n, int64_t inner, int64_t count, void *data, void *space,
                       bool back) {
    if (type == SG_F32)
        COPY_LINES(float)
    else
        COPY_LINES(double)
}

void sg_lines_run(const sg_task *task, sg_lines_function function) {
    const sg_tensor *y = &task->out[0];
    int inputs = task->node->in_count;
    sg_lines lines = sg_lines_of(&y->shape, sg_axis_of(task->attr[0].i, y->shape.rank));
    if (!sg_tensor_elements(y)) return;
    void *operand[MOST_OPERANDS];
    if (lines.inner == 1) {
        for (int k = 0; k < inputs; k++) operand[k] = task->in[k].data;
        operand[inputs] = y->data;
        function(task->loops, y->type, lines.outer, lines.n, operand);
        return;
    }
    size_t size = sg_type_size(y->type), space = (size_t)lines.n * AT_ONCE * size;
    for (int k = 0; k <= inputs; k++) operand[k] = (char *)task->scratch + (size_t)k * space;
    for (int64_t o = 0; o < lines.outer; o++)
        for (int64_t j = 0; j < lines.inner; j += AT_ONCE) {
            int64_t count = lines.inner - j < AT_ONCE ? lines.inner - j : AT_ONCE;
            size_t at = (size_t)(o * lines.n * lines.inner + j) * size;
            for (int k = 0; k < inputs; k++)
                copy_lines(y->type, lines.n, lines.inner, count, (char *)task->in[k].data + at, operand[k],
                           false);
            function(task->loops, y->type, count, lines.n, operand);
            copy_lines(y->type, lines.n, lines.inner, count, (char *)y->data + at, operand[inputs], true);
        }
}
