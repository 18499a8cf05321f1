/* max_pool: the largest element of each window. */
#include "ops/pool.h"

enum { Y, INDEX };

static sg_status infer(sg_infer *c) {
    char s[SG_SHAPE_TEXT];
    const sg_shape *x = &c->in[0].shape;
    int64_t plane;
    sg_status status = sg_conv_check_map(c, 0, "x", "[b, c, h, w]");
    if (status != SG_OK) return status;
    if (__builtin_mul_overflow(x->dim[2], x->dim[3], &plane) || plane > INT32_MAX)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "maps of x %s have more than %d pixels",
                          sg_shape_words(x, s), INT32_MAX);
    c->out[Y].type = c->in[0].type;
    status = sg_pool_shape(c, x, &c->out[Y].shape);
    c->out[INDEX] = (sg_typed){SG_I32, c->out[Y].shape};
    return status;
}

/* NaN counts as the largest, as in PyTorch. */
#define POOL(T)                                                                        \
    for (int64_t plane = 0; plane < p.planes; plane++) {                               \
        const T *x = (const T *)task->in[0].data + plane * p.height * p.width;         \
        for (int64_t i = 0; i < p.rows; i++) {                                         \
            int64_t top, bottom, left, right;                                          \
            sg_pool_window(&p, 0, i, &top, &bottom);                                   \
            for (int64_t j = 0; j < p.columns; j++, at++) {                            \
                sg_pool_window(&p, 1, j, &left, &right);                               \
                int64_t place = top * p.width + left;                                  \
                T best = x[place];                                                     \
                for (int64_t r = top; r < bottom; r++)                                 \
                    for (int64_t k = r * p.width + left; k < r * p.width + right; k++) \
                        if (x[k] > best || x[k] != x[k]) {                             \
                            best = x[k];                                               \
                            place = k;                                                 \
                        }                                                              \
                if (y) ((T *)y)[at] = best;                                            \
                if (index) index[at] = (int32_t)place;                                 \
            }                                                                          \
        }                                                                              \
    }

static void run(const sg_task *task) {
    sg_pool p = sg_pool_of(task->attr, &task->in[0].shape, &task->signature->out[Y].shape);
    void *y = task->out[Y].data;
    int32_t *index = task->out[INDEX].data;
    int64_t at = 0;
    if (task->in[0].type == SG_F32)
        POOL(float)
    else
        POOL(double)
}

static sg_status gradient(sg_backward *b) {
    if (b->dy[Y] == SG_NO_VALUE) return SG_OK;
    const sg_attr *attr = b->node->attr;
    const sg_shape x = sg_graph_value(b->graph, b->in[0])->shape;
    sg_arg args[] = {{"kernel", attr[SG_POOL_KERNEL]},
                     {"pad", attr[SG_POOL_PAD]},
                     sg_arg_ints("size", 2, &x.dim[2]),
                     {"stride", attr[SG_POOL_STRIDE]},
                     {0}};
    b->dx[0] = sg_graph_add(b->graph, "max_pool_grad", NULL, SG_IN(b->dy[Y], b->out[INDEX]), args);
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    sg_pool p = sg_pool_of(s->attr, &s->in[0].shape, &s->out[Y].shape);
    return (double)sg_shape_elements(&s->out[Y].shape) * (double)p.kernel[0] * (double)p.kernel[1];
}

static const sg_arg two[] = {SG_ARG_INTS("kernel", 2), {0}};
static const sg_arg three[] = {
    SG_ARG_INTS("kernel", 3), SG_ARG_INTS("stride", 2), SG_ARG_INTS("pad", 1), {0}};
static const sg_arg oblong[] = {
    SG_ARG_INTS("kernel", 2, 3), SG_ARG_INTS("stride", 1, 2), SG_ARG_INTS("pad", 1, 0), {0}};
static const sg_arg deep[] = {SG_ARG_INTS("kernel", 2), SG_ARG_INTS("pad", 2), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "two", SG_INPUTS(REAL(2, 3, 4, 6)), .args = two},
    {.name = "three", SG_INPUTS(REAL(2, 2, 5, 6)), .args = three},
    {.name = "oblong", SG_INPUTS(REAL(1, 2, 4, 7)), .args = oblong},
    {.name = "one", SG_INPUTS(REAL(1, 1, 2, 2)), .args = two},
    {.name = "empty", SG_INPUTS(REAL(0, 3, 4, 4)), .args = two},
    {.name = "small",
     SG_INPUTS(REAL(2, 3, 1, 6)),
     .args = two,
     .message = "a window of 2 does not fit into axis 2 of [2, 3, 1, 6] with pad 0"},
    {.name = "no_pixels",
     SG_INPUTS(REAL(2, 3, 0, 6)),
     .args = three,
     .message = "a window of 3 does not fit into axis 2 of [2, 3, 0, 6] with pad 1"},
    {.name = "deep",
     SG_INPUTS(REAL(2, 3, 4, 6)),
     .args = deep,
     .message = "pad 2 is more than half of kernel 2"},
    {.name = "rank",
     SG_INPUTS(REAL(3, 4, 6)),
     .args = two,
     .message = "x must be [b, c, h, w], but is [3, 4, 6]"},
    {.name = NULL},
};

const sg_op sg_op_max_pool = {
    .schema = {.kind = SG_KIND_OP,
               .name = "max_pool",
               .doc = "maximum pooling: the largest element of each window",
               .attrs = SG_ATTRS(SG_POOL_ATTRS)},
    .family = "pooling",
    .in = {{"x", "[b, c, h, w]", 0}},
    .out = {{"y", "[b, c, rows, columns]", 0}, {"index", "row * w + column of each in its map, i32", 0}},
    .infer = infer,
    .domain = sg_pool_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
