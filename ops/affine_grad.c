/* affine_grad: the gradients of affine's weight and bias. */
#include "kernel/loops.h"
#include "ops/product.h"

enum { X, DY };

/* Matrices beyond this many elements are cut into tiles of the output; smaller ones are summed over lanes of
 * rows, which keeps them in the group of the backward pass. */
enum { TILED_ELEMENTS = 1 << 18 };

static sg_status infer(sg_infer *c) {
    const sg_shape *x = &c->in[X].shape, *dy = &c->in[DY].shape;
    bool fits = x->rank == dy->rank && x->rank >= 1 && c->in[X].type == c->in[DY].type;
    for (int d = 0; fits && d + 1 < x->rank; d++) fits = x->dim[d] == dy->dim[d];
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (!fits)
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "x %s and dy %s must agree in all axes but the last",
                          sg_shape_words(x, s), sg_shape_words(dy, t));
    int64_t in = x->dim[x->rank - 1], out = dy->dim[dy->rank - 1];
    c->out[0] = (sg_typed){c->in[X].type, SG_SHAPE(out, in)};
    c->out[1] = (sg_typed){c->in[X].type, SG_SHAPE(out)};
    return SG_OK;
}

static bool tiled(const sg_signature *s) {
    return sg_shape_elements(&s->out[0].shape) > TILED_ELEMENTS;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (tiled(s)) {
        d->items = s->out[0].shape.dim[0];
        d->out[0] = d->out[1] = SG_OWN;
        return;
    }
    if (x->rank >= 2 && x->dim[0] > 0) {
        d->items = x->dim[0];
        d->in[X] = d->in[DY] = SG_OWN;
    }
    d->out[0] = d->out[1] = SG_SUM;
    d->acc_count = 2;
    for (int k = 0; k < 2; k++) {
        d->acc[k].type = s->in[X].type;
        d->acc[k].elements = sg_shape_elements(&s->out[k].shape);
    }
}

static void sum_rows(const sg_task *task, sg_type type, int64_t rows, int64_t n, const void *x, void *y) {
    if (type == SG_F32)
        task->loops->sum_rows_f32(rows, n, x, y);
    else
        task->loops->sum_rows_f64(rows, n, x, y);
}

static void run_tile(const sg_task *task, int64_t rows, int64_t in, int64_t out) {
    const sg_tensor *x = &task->in[X], *dy = &task->in[DY];
    size_t size = sg_type_size(x->type);
    const char *columns = (const char *)dy->data + (size_t)task->begin * size;
    if (task->out[0].data)
        sg_gemm(task, x->type, true, false, task->count, in, rows, 1, columns, out, x->data, in, 0,
                task->out[0].data, in);
    if (!task->out[1].data) return;
    for (int64_t i = 0; i < task->count; i++) sg_tensor_set(&task->out[1], i, 0);
    for (int64_t r = 0; r < rows; r++)
        sum_rows(task, x->type, 1, task->count, columns + (size_t)(r * out) * size, task->out[1].data);
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X], *dy = &task->in[DY];
    int64_t rows = sg_row_count(&x->shape), in = x->shape.dim[x->shape.rank - 1],
            out = dy->shape.dim[dy->shape.rank - 1];
    if (tiled(task->signature)) {
        run_tile(task, rows, in, out);
        return;
    }
    if (task->signature->wanted[0])
        sg_gemm(task, x->type, true, false, out, in, rows, 1, dy->data, out, x->data, in, 1, task->acc[0],
                in);
    if (task->signature->wanted[1]) sum_rows(task, x->type, rows, out, dy->data, task->acc[1]);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_shape x = sg_graph_value(g, e->in[X])->shape, dy = sg_graph_value(g, e->in[DY])->shape;
    int64_t rows = sg_row_count(&x);
    sg_shape flat_x = SG_SHAPE(rows, x.dim[x.rank - 1]), flat_dy = SG_SHAPE(rows, dy.dim[dy.rank - 1]);
    sg_value inputs = sg_emit(g, "reshape", SG_IN(e->in[X]), sg_arg_shape("shape", &flat_x));
    sg_value slopes = sg_emit(g, "reshape", SG_IN(e->in[DY]), sg_arg_shape("shape", &flat_dy));
    e->out[0] = sg_emit(g, "matmul", SG_IN(slopes, inputs), sg_arg_bool("transpose_a", true));
    e->out[1] = sg_emit(g, "sum", SG_IN(slopes), sg_arg_ints("axis", 1, (const int64_t[]){0}));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 2.0 * (double)sg_shape_elements(&s->in[X].shape) * (double)s->out[0].shape.dim[0];
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {
        .name = "plain",
        SG_INPUTS(REAL(4, 3), REAL(4, 5)),
    },
    {
        .name = "tokens",
        SG_INPUTS(REAL(2, 7, 6), REAL(2, 7, 9)),
    },
    {
        .name = "tiled",
        SG_INPUTS(REAL(3, 2, 520), REAL(3, 2, 530)),
    },
    {
        .name = "empty",
        SG_INPUTS(REAL(0, 3), REAL(0, 5)),
    },
    {.name = "rows",
     SG_INPUTS(REAL(4, 3), REAL(3, 5)),
     .message = "x [4, 3] and dy [3, 5] must agree in all axes but the last"},
    {.name = NULL},
};

const sg_op sg_op_affine_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "affine_grad",
               .doc = "gradients of affine's weight (dy^T x) and bias (sum of dy)"},
    .family = "product",
    .in = {{"x", "[..., in]", 0}, {"dy", "[..., out]", 0}},
    .out = {{"dweight", "[out, in]", 0}, {"dbias", "[out]", 0}},
    .leading = true,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
