/* layer_norm_grad: the gradients of layer_norm in one pass. */
#include "kernel/loops.h"
#include "ops/product.h"

enum { X, MEAN, RSTD, DY, WEIGHT };
enum { DX, DWEIGHT, DBIAS };

static sg_status infer(sg_infer *c) {
    const sg_shape *x = &c->in[X].shape;
    if (x->rank < 1 || !sg_shape_equal(x, &c->in[DY].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy must have the shape of x");
    sg_shape rows = *x;
    rows.rank--;
    for (int k = MEAN; k <= RSTD; k++)
        if (!sg_shape_equal(&rows, &c->in[k].shape))
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "mean and rstd must have one entry per row of x");
    if (c->in_count > WEIGHT && c->present[WEIGHT] &&
        (c->in[WEIGHT].shape.rank != 1 || c->in[WEIGHT].shape.dim[0] != x->dim[x->rank - 1]))
        return sg_fail_at(c->error, SG_BLAME_INPUT, WEIGHT, "weight must have the last size of x");
    for (int k = X; k < c->in_count; k++)
        if (c->present[k] && (c->in[k].type != c->in[X].type || !sg_type_is_float(c->in[k].type)))
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "all inputs must be floats of one type");
    c->out[DX] = c->out[DWEIGHT] = c->out[DBIAS] = c->in[X];
    c->out[DWEIGHT].shape = c->out[DBIAS].shape = SG_SHAPE(x->dim[x->rank - 1]);
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape;
    if (x->rank >= 2 && x->dim[0] > 0) {
        d->items = x->dim[0];
        d->in[X] = d->in[MEAN] = d->in[RSTD] = d->in[DY] = d->out[DX] = SG_OWN;
    }
    d->out[DWEIGHT] = d->out[DBIAS] = SG_SUM;
    d->acc_count = 2;
    for (int k = 0; k < 2; k++) {
        d->acc[k].type = s->in[X].type;
        d->acc[k].elements = x->dim[x->rank - 1];
    }
}

static void run(const sg_task *task) {
    const sg_tensor *in = task->in;
    int64_t n = in[X].shape.dim[in[X].shape.rank - 1], rows = sg_row_count(&in[X].shape);
    void *dweight = task->signature->wanted[DWEIGHT] ? task->acc[0] : NULL;
    void *dbias = task->signature->wanted[DBIAS] ? task->acc[1] : NULL;
    if (in[X].type == SG_F32)
        task->loops->layer_norm_gradient_f32(rows, n, in[X].data, in[WEIGHT].data, in[MEAN].data,
                                             in[RSTD].data, in[DY].data, task->out[DX].data, dweight, dbias);
    else
        task->loops->layer_norm_gradient_f64(rows, n, in[X].data, in[WEIGHT].data, in[MEAN].data,
                                             in[RSTD].data, in[DY].data, task->out[DX].data, dweight, dbias);
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    int64_t last = -1;
    sg_arg axis = sg_arg_ints("axis", 1, &last), keep = sg_arg_bool("keep", true);
    sg_shape x = sg_graph_value(g, e->in[X])->shape, column = x,
             flat = SG_SHAPE(sg_row_count(&x), x.dim[x.rank - 1]);
    column.dim[x.rank - 1] = 1;
    sg_value mean = sg_emit(g, "reshape", SG_IN(e->in[MEAN]), sg_arg_shape("shape", &column));
    sg_value rstd = sg_emit(g, "reshape", SG_IN(e->in[RSTD]), sg_arg_shape("shape", &column));
    sg_value plain = sg_emit(g, "mul", SG_IN(sg_emit(g, "sub", SG_IN(e->in[X], mean)), rstd)), dy = e->in[DY];
    sg_value by_weight =
        sg_emit(g, "reshape", SG_IN(sg_emit(g, "mul", SG_IN(dy, plain))), sg_arg_shape("shape", &flat));
    sg_value by_bias = sg_emit(g, "reshape", SG_IN(dy), sg_arg_shape("shape", &flat));
    sg_arg first = sg_arg_ints("axis", 1, (const int64_t[]){0});
    e->out[DWEIGHT] = sg_emit(g, "sum", SG_IN(by_weight), first);
    e->out[DBIAS] = sg_emit(g, "sum", SG_IN(by_bias), first);
    if (e->node->in_count > WEIGHT && e->in[WEIGHT] != SG_NO_VALUE)
        dy = sg_emit(g, "mul", SG_IN(dy, e->in[WEIGHT]));
    /* dx = rstd * (dy' - mean(dy') - plain * mean(dy' * plain)), dy' = dy * weight */
    sg_value along = sg_emit(g, "mean", SG_IN(sg_emit(g, "mul", SG_IN(dy, plain))), axis, keep);
    sg_value rest = sg_emit(g, "sub", SG_IN(dy, sg_emit(g, "mean", SG_IN(dy), axis, keep)));
    rest = sg_emit(g, "sub", SG_IN(rest, sg_emit(g, "mul", SG_IN(plain, along))));
    e->out[DX] = sg_emit(g, "mul", SG_IN(rest, rstd));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 12.0 * (double)sg_shape_elements(&s->in[X].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {
        .name = "tokens",
        SG_INPUTS(REAL(2, 3, 8), REAL(2, 3), {.type = SG_F32, .shape = SG_DIMS(2, 3), .low = 0.5, .high = 2},
                  REAL(2, 3, 8), REAL(8)),
    },
    {
        .name = "no_weight",
        SG_INPUTS(REAL(4, 37), REAL(4), {.type = SG_F32, .shape = SG_DIMS(4), .low = 0.5, .high = 2},
                  REAL(4, 37)),
    },
    {.name = "shapes",
     SG_INPUTS(REAL(4, 3), REAL(4), REAL(4), REAL(4, 2)),
     .message = "dy must have the shape of x"},
    {.name = NULL},
};

const sg_op sg_op_layer_norm_grad = {
    .schema = {.kind = SG_KIND_OP, .name = "layer_norm_grad", .doc = "gradients of layer_norm"},
    .family = "normalisation",
    .in = {{"x", "[..., n]", 0},
           {"mean", "[...]", 0},
           {"rstd", "[...]", 0},
           {"dy", "[..., n]", 0},
           {"weight", "[n]", SG_PORT_OPTIONAL}},
    .out = {{"dx", "[..., n]", 0}, {"dweight", "[n]", 0}, {"dbias", "[n]", 0}},
    .leading = true,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .inplace = {{DY, DX}},
    .inplace_count = 1,
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
