/* avg_pool: the mean of each window. Rows are summed first, then columns of these sums, so that a window of
 * k x k costs 2 k additions; all in f64. */
#include <string.h>

#include "kernel/loops.h"
#include "ops/pool.h"

enum { COUNT_PAD = SG_POOL_EXTRA };

static sg_status infer(sg_infer *c) {
    sg_status status = sg_conv_check_map(c, 0, "x", "[b, c, h, w]");
    if (status != SG_OK) return status;
    c->out[0].type = c->in[0].type;
    return sg_pool_shape(c, &c->in[0].shape, &c->out[0].shape);
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_pool p = sg_pool_of(s->attr, &s->in[0].shape, &s->out[0].shape);
    sg_pool_domain(s, d);
    d->scratch = (size_t)(p.height + 1) * (size_t)p.columns * sizeof(double);
}

/* sum[j] = the sum of window j of one row of x. */
#define SUM_ROW(T, type)                                                                                 \
    static void sum_row_##type(const sg_loops *loops, const sg_pool *p, const T *x, double *sum) {       \
        int64_t begin, end;                                                                              \
        memset(sum, 0, (size_t)p->columns * sizeof *sum);                                                \
        for (int64_t k = 0; p->stride[1] == 1 && k < p->kernel[1]; k++) {                                \
            int64_t shift = k - p->pad[1]; /* window j reads column j + shift */                         \
            begin = shift < 0 ? -shift : 0;                                                              \
            end = p->width - shift < p->columns ? p->width - shift : p->columns;                         \
            if (begin < end) loops->accumulate_wide_##type(end - begin, x + begin + shift, sum + begin); \
        }                                                                                                \
        for (int64_t j = 0; p->stride[1] != 1 && j < p->columns; j++) {                                  \
            sg_pool_window(p, 1, j, &begin, &end);                                                       \
            for (int64_t k = begin; k < end; k++) sum[j] += (double)x[k];                                \
        }                                                                                                \
    }

SUM_ROW(float, f32)
SUM_ROW(double, f64)

static void pool_plane(const sg_task *task, const sg_pool *p, int64_t plane) {
    const sg_tensor *x = &task->in[0], *y = &task->out[0];
    const sg_loops *loops = task->loops;
    double *sums = task->scratch, *total = sums + p->height * p->columns;
    bool whole = task->attr[COUNT_PAD].i;
    for (int64_t i = 0; i < p->height; i++) {
        int64_t at = (plane * p->height + i) * p->width;
        if (x->type == SG_F32)
            sum_row_f32(loops, p, (const float *)x->data + at, sums + i * p->columns);
        else
            sum_row_f64(loops, p, (const double *)x->data + at, sums + i * p->columns);
    }
    for (int64_t i = 0; i < p->rows; i++) {
        int64_t top, bottom, left, right, at = (plane * p->rows + i) * p->columns;
        sg_pool_window(p, 0, i, &top, &bottom);
        memset(total, 0, (size_t)p->columns * sizeof *total);
        for (int64_t r = top; r < bottom; r++)
            loops->accumulate_f64(p->columns, sums + r * p->columns, total);
        for (int64_t j = 0; j < p->columns; j++) {
            sg_pool_window(p, 1, j, &left, &right);
            double mean =
                total[j] / (double)(whole ? p->kernel[0] * p->kernel[1] : (bottom - top) * (right - left));
            if (y->type == SG_F32)
                ((float *)y->data)[at + j] = (float)mean;
            else
                ((double *)y->data)[at + j] = mean;
        }
    }
}

static void run(const sg_task *task) {
    sg_pool p = sg_pool_of(task->attr, &task->in[0].shape, &task->out[0].shape);
    for (int64_t plane = 0; plane < p.planes; plane++) pool_plane(task, &p, plane);
}

static sg_status gradient(sg_backward *b) {
    const sg_attr *attr = b->node->attr;
    const sg_shape x = sg_graph_value(b->graph, b->in[0])->shape;
    sg_arg args[] = {{"kernel", attr[SG_POOL_KERNEL]},       {"pad", attr[SG_POOL_PAD]},
                     {"count_include_pad", attr[COUNT_PAD]}, sg_arg_ints("size", 2, &x.dim[2]),
                     {"stride", attr[SG_POOL_STRIDE]},       {0}};
    b->dx[0] = sg_graph_add(b->graph, "avg_pool_grad", NULL, SG_IN(b->dy[0]), args);
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    sg_pool p = sg_pool_of(s->attr, &s->in[0].shape, &s->out[0].shape);
    return (double)p.planes * (double)p.columns *
           ((double)p.height * (double)p.kernel[1] + (double)p.rows * (double)p.kernel[0]);
}

static const sg_arg two[] = {SG_ARG_INTS("kernel", 2), {0}};
static const sg_arg bordered[] = {
    SG_ARG_INTS("kernel", 3), SG_ARG_INTS("stride", 2), SG_ARG_INTS("pad", 1), {0}};
static const sg_arg around[] = {SG_ARG_INTS("kernel", 5),
                                SG_ARG_INTS("stride", 1),
                                SG_ARG_INTS("pad", 2),
                                SG_ARG_BOOL("count_include_pad", false),
                                {0}};
static const sg_arg oblong[] = {SG_ARG_INTS("kernel", 2, 3),
                                SG_ARG_INTS("stride", 1, 2),
                                SG_ARG_INTS("pad", 1, 0),
                                SG_ARG_BOOL("count_include_pad", false),
                                {0}};
static const sg_arg three[] = {SG_ARG_INTS("kernel", 1, 2, 3), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "two", SG_INPUTS(REAL(2, 3, 4, 6)), .args = two},
    {.name = "bordered", SG_INPUTS(REAL(2, 2, 5, 6)), .args = bordered},
    {.name = "around", SG_INPUTS(REAL(2, 2, 4, 3)), .args = around},
    {.name = "oblong", SG_INPUTS(REAL(1, 2, 4, 7)), .args = oblong},
    {.name = "empty", SG_INPUTS(REAL(0, 3, 4, 4)), .args = two},
    {.name = "small",
     SG_INPUTS(REAL(2, 3, 4, 1)),
     .args = two,
     .message = "a window of 2 does not fit into axis 3 of [2, 3, 4, 1] with pad 0"},
    {.name = "three",
     SG_INPUTS(REAL(2, 3, 4, 4)),
     .args = three,
     .message = "kernel must be one number or two, but has 3"},
    {.name = "integers",
     SG_INPUTS({.type = SG_U8, .shape = SG_DIMS(2, 3, 4, 4)}),
     .args = two,
     .message = "x must be a float, not u8"},
    {.name = NULL},
};

const sg_op sg_op_avg_pool = {
    .schema = {.kind = SG_KIND_OP,
               .name = "avg_pool",
               .doc = "average pooling: the mean of each window, added in f64",
               .attrs = SG_ATTRS(SG_POOL_ATTRS, SG_POOL_ATTR_COUNT)},
    .family = "pooling",
    .in = {{"x", "[b, c, h, w]", 0}},
    .out = {{"y", "[b, c, rows, columns]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
