/* avg_pool_grad: spreads each gradient evenly over its window: down the columns first, then along the rows.
 */
#include <string.h>

#include "kernel/loops.h"
#include "ops/pool.h"

enum { COUNT_PAD = SG_POOL_EXTRA, SIZE };

static sg_status infer(sg_infer *c) {
    return sg_pool_grad_infer(c, SIZE);
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_pool p = sg_pool_of(s->attr, &s->out[0].shape, &s->in[0].shape);
    sg_pool_domain(s, d);
    d->scratch = ((size_t)(p.height + 1) * (size_t)p.columns + (size_t)p.width) * sizeof(double);
}

/* One row of dx, in f64, from the gradients of the windows of that row. */
static void spread_row(const sg_loops *loops, const sg_pool *p, const double *share, double *row) {
    int64_t begin, end;
    memset(row, 0, (size_t)p->width * sizeof *row);
    for (int64_t k = 0; p->stride[1] == 1 && k < p->kernel[1]; k++) {
        int64_t shift = k - p->pad[1]; /* window j writes column j + shift */
        begin = shift < 0 ? -shift : 0;
        end = p->width - shift < p->columns ? p->width - shift : p->columns;
        if (begin < end) loops->accumulate_f64(end - begin, share + begin, row + begin + shift);
    }
    for (int64_t j = 0; p->stride[1] != 1 && j < p->columns; j++) {
        sg_pool_window(p, 1, j, &begin, &end);
        for (int64_t k = begin; k < end; k++) row[k] += share[j];
    }
}

static void spread_plane(const sg_task *task, const sg_pool *p, int64_t plane) {
    const sg_tensor *dy = &task->in[0], *dx = &task->out[0];
    const sg_loops *loops = task->loops;
    double *sums = task->scratch, *share = sums + p->height * p->columns, *line = share + p->columns;
    bool whole = task->attr[COUNT_PAD].i;
    memset(sums, 0, (size_t)(p->height * p->columns) * sizeof *sums);
    for (int64_t i = 0; i < p->rows; i++) {
        int64_t top, bottom, left, right, at = (plane * p->rows + i) * p->columns;
        sg_pool_window(p, 0, i, &top, &bottom);
        for (int64_t j = 0; j < p->columns; j++) {
            sg_pool_window(p, 1, j, &left, &right);
            double value = dy->type == SG_F32 ? (double)((const float *)dy->data)[at + j]
                                              : ((const double *)dy->data)[at + j];
            share[j] =
                value / (double)(whole ? p->kernel[0] * p->kernel[1] : (bottom - top) * (right - left));
        }
        for (int64_t r = top; r < bottom; r++)
            loops->accumulate_f64(p->columns, share, sums + r * p->columns);
    }
    for (int64_t i = 0; i < p->height; i++) {
        int64_t at = (plane * p->height + i) * p->width;
        spread_row(loops, p, sums + i * p->columns, line);
        if (dx->type == SG_F32)
            for (int64_t k = 0; k < p->width; k++) ((float *)dx->data)[at + k] = (float)line[k];
        else
            memcpy((double *)dx->data + at, line, (size_t)p->width * sizeof *line);
    }
}

static void run(const sg_task *task) {
    sg_pool p = sg_pool_of(task->attr, &task->out[0].shape, &task->in[0].shape);
    for (int64_t plane = 0; plane < p.planes; plane++) spread_plane(task, &p, plane);
}

static sg_status gradient(sg_backward *b) {
    const sg_attr *attr = b->node->attr;
    sg_arg args[] = {{"kernel", attr[SG_POOL_KERNEL]},
                     {"pad", attr[SG_POOL_PAD]},
                     {"count_include_pad", attr[COUNT_PAD]},
                     {"stride", attr[SG_POOL_STRIDE]},
                     {0}};
    b->dx[0] = sg_graph_add(b->graph, "avg_pool", NULL, SG_IN(b->dy[0]), args);
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    sg_pool p = sg_pool_of(s->attr, &s->out[0].shape, &s->in[0].shape);
    return (double)p.planes * (double)p.columns *
           ((double)p.height * (double)p.kernel[1] + (double)p.rows * (double)p.kernel[0]);
}

static const sg_arg two[] = {SG_ARG_INTS("kernel", 2), SG_ARG_INTS("size", 5, 6), {0}};
static const sg_arg bordered[] = {SG_ARG_INTS("kernel", 3),
                                  SG_ARG_INTS("stride", 2),
                                  SG_ARG_INTS("pad", 1),
                                  SG_ARG_INTS("size", 5, 6),
                                  {0}};
static const sg_arg around[] = {SG_ARG_INTS("kernel", 5),  SG_ARG_INTS("stride", 1),
                                SG_ARG_INTS("pad", 2),     SG_ARG_BOOL("count_include_pad", false),
                                SG_ARG_INTS("size", 4, 3), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "two", SG_INPUTS(REAL(2, 3, 2, 3)), .args = two},
    {.name = "bordered", SG_INPUTS(REAL(2, 2, 3, 3)), .args = bordered},
    {.name = "around", SG_INPUTS(REAL(2, 2, 4, 3)), .args = around},
    {.name = "empty", SG_INPUTS(REAL(0, 2, 4, 3)), .args = around},
    {.name = "size",
     SG_INPUTS(REAL(2, 2, 4, 3)),
     .args = two,
     .message = "dy must be [2, 2, 2, 3], but is [2, 2, 4, 3]"},
    {.name = NULL},
};

const sg_op sg_op_avg_pool_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "avg_pool_grad",
               .doc = "gradient of avg_pool: each entry of dy spread evenly over its window",
               .attrs = SG_ATTRS(SG_POOL_ATTRS, SG_POOL_ATTR_COUNT, SG_POOL_ATTR_SIZE)},
    .family = "pooling",
    .in = {{"dy", "[b, c, rows, columns]", 0}},
    .out = {{"dx", "[b, c, h, w]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
