/* argmax: the place of the largest element along an axis. */
#include "ops/lines.h"

enum { AXIS, KEEP };

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    char s[SG_SHAPE_TEXT];
    int axis;
    sg_status status = sg_lines_axis(c->attr, AXIS, in->rank, &axis, c->error);
    if (status != SG_OK) return status;
    if (in->dim[axis] < 1 || in->dim[axis] > INT32_MAX)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x %s needs 1 to %d elements along axis %d",
                          sg_shape_words(in, s), INT32_MAX, axis);
    c->out[0] = (sg_typed){SG_I32, {0}};
    for (int d = 0; d < in->rank; d++)
        if (d != axis || c->attr[KEEP].i)
            c->out[0].shape.dim[c->out[0].shape.rank++] = d == axis ? 1 : in->dim[d];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    sg_lines_cut(s, d);
    if (d->in[0] == SG_OWN && in->rank > 1) d->out[0] = SG_OWN;
}

/* The first of equals; NaN counts as the largest, as in NumPy. */
#define FIND(T)                                                                          \
    for (int64_t o = 0; o < lines.outer; o++)                                            \
        for (int64_t j = 0; j < lines.inner; j++) {                                      \
            const T *line = (const T *)task->in[0].data + o * lines.n * lines.inner + j; \
            T best = line[0];                                                            \
            int64_t place = 0;                                                           \
            for (int64_t i = 1; i < lines.n; i++) {                                      \
                T x = line[i * lines.inner];                                             \
                if (!(x > best) && !(x != x && best == best)) continue;                  \
                best = x;                                                                \
                place = i;                                                               \
            }                                                                            \
            *y++ = (int32_t)place;                                                       \
        }

static void run(const sg_task *task) {
    int axis = 0;
    const sg_shape *in = &task->in[0].shape;
    sg_lines_axis(task->attr, AXIS, in->rank, &axis, NULL);
    sg_lines lines = sg_lines_of(in, axis);
    int32_t *y = task->out[0].data;
    if (!sg_tensor_elements(&task->out[0])) return;
    switch (task->in[0].type) {
    case SG_F32:
        FIND(float)
        break;
    case SG_F64:
        FIND(double)
        break;
    case SG_I32:
        FIND(int32_t)
        break;
    default:
        FIND(uint8_t)
        break;
    }
}

static double flops(const sg_signature *s) {
    return (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg first[] = {SG_ARG_INT("axis", 0), {0}};
static const sg_arg middle[] = {SG_ARG_INT("axis", 1), SG_ARG_BOOL("keep", true), {0}};
static const sg_arg far[] = {SG_ARG_INT("axis", 2), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define WHOLE "the result is a whole number"
static const sg_sample samples[] = {
    {.name = "rows", SG_INPUTS(REAL(5, 7)), .no_gradient = WHOLE},
    {.name = "line", SG_INPUTS(REAL(9)), .no_gradient = WHOLE},
    {.name = "first", SG_INPUTS(REAL(5, 7)), .args = first, .no_gradient = WHOLE},
    {.name = "middle", SG_INPUTS(REAL(3, 4, 5)), .args = middle, .no_gradient = WHOLE},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(6, 5), .low = -9, .high = 9}),
     .no_gradient = WHOLE},
    {.name = "no_rows", SG_INPUTS(REAL(0, 7)), .no_gradient = WHOLE},
    {.name = "nothing",
     SG_INPUTS(REAL(3, 0)),
     .message = "x [3, 0] needs 1 to 2147483647 elements along axis 1"},
    {.name = "far", SG_INPUTS(REAL(3, 4)), .args = far, .message = "axis 2 is out of range for rank 2"},
    {.name = NULL},
};

const sg_op sg_op_argmax = {
    .schema = {.kind = SG_KIND_OP,
               .name = "argmax",
               .doc = "the place of the largest element along an axis; the first of equals",
               .attrs = SG_ATTRS(SG_LINES_ATTR_AXIS, {.name = "keep",
                                                      .type = SG_ATTR_BOOL,
                                                      .fallback = "false",
                                                      .doc = "keep the axis with size 1"})},
    .family = "index",
    .in = {{"x", "numbers", 0}},
    .out = {{"index", "places from 0, i32", 0}},
    .flags = SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}, {SG_I32, run}, {SG_U8, run}},
    .flops = flops,
    .samples = samples,
};
