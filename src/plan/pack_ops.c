#include "kernel/loops.h"
#include "kernel/walk.h"
#include "ops/conv_turned.h"
#include "ops/product.h"
#include "plan/pack.h"

bool sg_is_pack(const sg_op *op) {
    return op == &sg_pack_op || op == &sg_pack_conv_op;
}

/* ---- pack ---- */

enum { TRANSPOSE };

static sg_status infer_pack(sg_infer *c) {
    const sg_shape *b = &c->in[0].shape;
    const bool turn = c->attr[TRANSPOSE].i;
    int64_t n = turn ? b->dim[0] : b->dim[b->rank - 1], k = turn ? b->dim[1] : sg_row_count(b);
    c->out[0] = (sg_typed){SG_F32, SG_SHAPE(n / SG_GEMM_WIDTH, SG_GEMM_WIDTH, k)};
    return SG_OK;
}

static void cut_pack(const sg_signature *s, sg_domain *d) {
    d->items = s->out[0].shape.dim[0];
    d->out[0] = SG_OWN;
}

static void run_pack(const sg_task *task) {
    const sg_tensor *b = &task->in[0], *packed = &task->out[0];
    sg_pack_f32(task->products, task->attr[TRANSPOSE].i, packed->shape.dim[2], task->begin * SG_GEMM_WIDTH,
                task->count * SG_GEMM_WIDTH, b->data, b->shape.dim[b->shape.rank - 1], packed->data);
}

static double no_flops(const sg_signature *s) {
    (void)s;
    return 0;
}

const sg_op sg_pack_op = {
    .schema = {.kind = SG_KIND_OP,
               .name = "pack",
               .doc = "a matrix in the order in which products read it",
               .attrs = SG_ATTRS(
                   {.name = "transpose", .type = SG_ATTR_BOOL, .fallback = "false", .doc = "b transposed"})},
    .family = "layout",
    .in = {{"b", "[..., n]", 0}},
    .out = {{"packed", "[n / 32, 32, k]", 0}},
    .infer = infer_pack,
    .domain = cut_pack,
    .kernels = {{SG_F32, run_pack}},
    .flops = no_flops,
};

/* ---- packed_affine ---- */

enum { X, PACKED, BIAS };

static sg_status infer_product(sg_infer *c) {
    c->out[0] = c->in[X];
    c->out[0].shape.dim[c->in[X].shape.rank - 1] = c->in[PACKED].shape.dim[0] * SG_GEMM_WIDTH;
    return SG_OK;
}

static void cut_product(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (x->rank < 2 || x->dim[0] < 1) return;
    d->items = x->dim[0];
    d->in[X] = d->out[0] = SG_OWN;
}

static void run_product(const sg_task *task) {
    const sg_tensor *x = &task->in[X], *packed = &task->in[PACKED], *bias = &task->in[BIAS],
                    *y = &task->out[0];
    const int rank = x->shape.rank;
    const int64_t m = x->shape.dim[rank - 2], k = x->shape.dim[rank - 1], n = y->shape.dim[rank - 1];
    if (sg_even_rows(x) && sg_even_rows(y)) {
        sg_multiply_packed_f32(task->products, false, sg_row_count(&x->shape), n, k, x->data,
                               sg_row_distance(x), packed->data, y->data, sg_row_distance(y), bias->data);
        return;
    }
    sg_tensor from = *x, to = *y;
    from.shape.rank = to.shape.rank = rank - 2;
    sg_walk walk;
    sg_walk_init(&walk, &to.shape, 2, (const sg_tensor *[]){&from, &to});
    if (!walk.inner) return;
    do
        for (int64_t i = 0; i < walk.inner; i++)
            sg_multiply_packed_f32(task->products, false, m, n, k,
                                   (const float *)walk.at[0] + i * walk.step[0], sg_row_distance(x),
                                   packed->data, (float *)walk.at[1] + i * walk.step[1], sg_row_distance(y),
                                   bias->data);
    while (sg_walk_next(&walk));
}

static double product_flops(const sg_signature *s) {
    return 2.0 * (double)sg_shape_elements(&s->out[0].shape) * (double)s->in[PACKED].shape.dim[2];
}

const sg_op sg_packed_affine_op = {
    .schema = {.kind = SG_KIND_OP, .name = "packed_affine", .doc = "x b + bias, of a packed b"},
    .family = "product",
    .in = {{"x", "[..., k]", 0}, {"packed", "[n / 32, 32, k]", 0}, {"bias", "[n]", SG_PORT_OPTIONAL}},
    .out = {{"y", "[..., n]", 0}},
    .leading = true,
    .infer = infer_product,
    .domain = cut_product,
    .kernels = {{SG_F32, run_product}},
    .in_layout = {SG_UNIT},
    .out_layout = {SG_UNIT},
    .flops = product_flops,
};

/* ---- packed_affine_grad ---- */

enum { PACKED_X, DY };
enum { DWEIGHT, DBIAS };

static sg_status infer_grad(sg_infer *c) {
    const sg_shape *x = &c->in[PACKED_X].shape, *dy = &c->in[DY].shape;
    const int64_t out = dy->dim[dy->rank - 1];
    c->out[DWEIGHT] = (sg_typed){SG_F32, SG_SHAPE(out, x->dim[0] * SG_GEMM_WIDTH)};
    c->out[DBIAS] = (sg_typed){SG_F32, SG_SHAPE(out)};
    return SG_OK;
}

static void cut_grad(const sg_signature *s, sg_domain *d) {
    d->items = s->out[DWEIGHT].shape.dim[0];
    d->out[DWEIGHT] = d->out[DBIAS] = SG_OWN;
}

static void run_grad(const sg_task *task) {
    const sg_tensor *x = &task->in[PACKED_X], *dy = &task->in[DY];
    const int64_t rows = x->shape.dim[2], in = x->shape.dim[0] * SG_GEMM_WIDTH,
                  out = dy->shape.dim[dy->shape.rank - 1];
    const float *columns = (const float *)dy->data + task->begin;
    float *dbias = task->out[DBIAS].data;
    if (task->out[DWEIGHT].data)
        sg_multiply_packed_f32(task->products, true, task->count, in, rows, columns, out, x->data,
                               task->out[DWEIGHT].data, in, NULL);
    if (!dbias) return;
    task->loops->fill_f32(task->count, 0, dbias);
    for (int64_t r = 0; r < rows; r++) task->loops->sum_rows_f32(1, task->count, columns + r * out, dbias);
}

static double grad_flops(const sg_signature *s) {
    return 2.0 * (double)sg_shape_elements(&s->out[DWEIGHT].shape) * (double)s->in[PACKED_X].shape.dim[2];
}

const sg_op sg_packed_affine_grad_op = {
    .schema = {.kind = SG_KIND_OP, .name = "packed_affine_grad", .doc = "affine_grad of a packed x"},
    .family = "product",
    .in = {{"packed", "[in / 32, 32, rows]", 0}, {"dy", "[..., out]", 0}},
    .out = {{"dweight", "[out, in]", 0}, {"dbias", "[out]", 0}},
    .infer = infer_grad,
    .domain = cut_grad,
    .kernels = {{SG_F32, run_grad}},
    .flops = grad_flops,
};
