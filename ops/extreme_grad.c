/* extreme_grad: the gradient of max and min: dy shared evenly among the elements of x that equal y. */
#include <string.h>

#include "kernel/walk.h"
#include "ops/elementwise.h"

enum { X, Y, DY };

static sg_status infer(sg_infer *c) {
    const sg_shape *x = &c->in[X].shape, *y = &c->in[Y].shape;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    for (int k = X; k <= DY; k++)
        if (c->in[k].type != c->in[X].type || !sg_type_is_float(c->in[k].type))
            return sg_fail_at(c->error, SG_BLAME_INPUT, k, "all inputs must be floats of one type");
    bool fits = x->rank == y->rank;
    for (int d = 0; fits && d < x->rank; d++) fits = y->dim[d] == 1 || y->dim[d] == x->dim[d];
    if (!fits)
        return sg_fail_at(c->error, SG_BLAME_INPUT, Y, "y %s must be x %s with reduced axes kept as 1",
                          sg_shape_words(y, s), sg_shape_words(x, t));
    if (!sg_shape_equal(y, &c->in[DY].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy %s must have the shape of y %s",
                          sg_shape_words(&c->in[DY].shape, s), sg_shape_words(y, t));
    c->out[0] = c->in[X];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *x = &s->in[X].shape, *y = &s->in[Y].shape;
    size_t counts = (size_t)sg_shape_elements(y) * sizeof(double);
    if (x->rank < 1 || x->dim[0] < 1 || y->dim[0] != x->dim[0]) {
        d->scratch = counts;
        return;
    }
    d->items = x->dim[0];
    d->in[X] = d->in[Y] = d->in[DY] = d->out[0] = SG_OWN;
    d->scratch_per_item = counts / (size_t)d->items;
}

#define EACH(T, BODY)                                                \
    for (int64_t i = 0; i < walk.inner; i++) {                       \
        const T element = ((const T *)walk.at[0])[i * walk.step[0]], \
                extreme = ((const T *)walk.at[1])[i * walk.step[1]]; \
        double *equals = (double *)walk.at[2] + i * walk.step[2];    \
        BODY                                                         \
    }

#define SHARE(T)                                            \
    const T dy = ((const T *)walk.at[3])[i * walk.step[3]]; \
    ((T *)walk.at[4])[i * walk.step[4]] = element == extreme ? (T)((double)dy / *equals) : 0;

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[X], *y = &task->in[Y];
    sg_tensor counts = sg_tensor_view(SG_F64, y->shape, task->scratch);
    if (sg_tensor_elements(&counts)) memset(counts.data, 0, sg_tensor_bytes(&counts));
    sg_walk walk;
    sg_walk_init(&walk, &x->shape, 3, (const sg_tensor *[]){x, y, &counts});
    if (!walk.inner) return;
    do {
        if (x->type == SG_F32)
            EACH(float, *equals += element == extreme;)
        else
            EACH(double, *equals += element == extreme;)
    } while (sg_walk_next(&walk));
    sg_walk_init(&walk, &x->shape, 5, (const sg_tensor *[]){x, y, &counts, &task->in[DY], &task->out[0]});
    do {
        if (x->type == SG_F32)
            EACH(float, SHARE(float))
        else
            EACH(double, SHARE(double))
    } while (sg_walk_next(&walk));
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value x = e->in[X], y = e->in[Y];
    sg_value equals = sg_emit(g, "equal", SG_IN(x, y));
    equals = sg_emit(g, "cast", SG_IN(equals), sg_arg_dtype("type", sg_graph_value(g, x)->type));
    sg_value count = sg_emit(g, "maximum", SG_IN(sg_reduce_like(g, equals, y), sg_scalar_like(g, 1, x)));
    e->out[0] = sg_emit(g, "mul", SG_IN(equals, sg_emit(g, "div", SG_IN(e->in[DY], count))));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 3.0 * (double)sg_shape_elements(&s->in[X].shape);
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define ONES(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 1, .high = 1 }
#define STEPS "it has steps where x meets y"
static const sg_sample samples[] = {
    {.name = "rows", SG_INPUTS(REAL(3, 5), REAL(3, 1), REAL(3, 1)), .no_gradient = STEPS},
    {.name = "ties", SG_INPUTS(ONES(2, 3, 4), ONES(1, 3, 1), REAL(1, 3, 1)), .no_gradient = STEPS},
    {.name = "no_rows", SG_INPUTS(REAL(0, 5), REAL(0, 1), REAL(0, 1)), .no_gradient = STEPS},
    {.name = "reduced",
     SG_INPUTS(REAL(3, 5), REAL(3), REAL(3)),
     .message = "y [3] must be x [3, 5] with reduced axes kept as 1"},
    {.name = "dy",
     SG_INPUTS(REAL(3, 5), REAL(3, 1), REAL(1, 5)),
     .message = "dy [1, 5] must have the shape of y [3, 1]"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3)}, REAL(1), REAL(1)),
     .message = "all inputs must be floats of one type"},
    {.name = NULL},
};

const sg_op sg_op_extreme_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "extreme_grad",
               .doc = "gradient of max and min: dy shared evenly among the elements of x that equal y"},
    .family = "reduction",
    .in = {{"x", "floats", 0}, {"y", "the extremes, reduced axes kept as 1", 0}, {"dy", "their gradient", 0}},
    .out = {{"dx", "gradient of x", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .in_layout = {SG_STRIDED, SG_STRIDED, SG_STRIDED},
    .out_layout = {SG_STRIDED},
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
