/* concat: values one behind the other along an axis. */
#include "ops/rows.h"
#include "ops/view.h"

enum { AXIS };

static sg_status infer(sg_infer *c) {
    const sg_shape *first = &c->in[0].shape;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    int axis = sg_axis_of(c->attr[AXIS].i, first->rank);
    if (axis < 0)
        return sg_fail_at(c->error, SG_BLAME_ATTR, AXIS, "axis is %lld, but the inputs are %s",
                          (long long)c->attr[AXIS].i, sg_shape_words(first, a));
    c->out[0] = c->in[0];
    for (int k = 1; k < c->in_count; k++) {
        sg_shape other = c->in[k].shape;
        if (c->in[k].type != c->in[0].type)
            return sg_fail_at(c->error, SG_BLAME_INPUT, k,
                              "input %d is %s, but input 0 is %s: cast one of them", k,
                              sg_type_name(c->in[k].type), sg_type_name(c->in[0].type));
        int64_t size = other.rank == first->rank ? other.dim[axis] : 0;
        if (other.rank == first->rank) other.dim[axis] = first->dim[axis];
        if (!sg_shape_equal(&other, first))
            return sg_fail_at(c->error, SG_BLAME_INPUT, k,
                              "input %d is %s, which does not join %s along axis %d", k,
                              sg_shape_words(&c->in[k].shape, a), sg_shape_words(first, b), axis);
        if (__builtin_add_overflow(c->out[0].shape.dim[axis], size, &c->out[0].shape.dim[axis]))
            return sg_fail_at(c->error, SG_BLAME_ATTR, AXIS, "the joined axis is too large");
    }
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    if (sg_axis_of(s->attr[AXIS].i, out->rank) == 0 || out->dim[0] < 1) return;
    d->items = out->dim[0];
    for (int k = 0; k < s->in_count; k++) d->in[k] = SG_OWN;
    d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    sg_tensor part = task->out[0];
    int axis = sg_axis_of(task->attr[AXIS].i, part.shape.rank);
    char *at = part.data;
    for (int k = 0; k < task->node->in_count; k++) {
        part.shape.dim[axis] = task->in[k].shape.dim[axis];
        part.data = at;
        /* Where the planner let the producer write right here, there is nothing to do. */
        if (part.data != task->in[k].data) sg_tensor_copy(&part, &task->in[k], NULL);
        at += part.shape.dim[axis] * part.stride[axis] * (int64_t)sg_type_size(part.type);
    }
}

static sg_status gradient(sg_backward *b) {
    int rank = sg_graph_value(b->graph, b->out[0])->shape.rank;
    int axis = sg_axis_of(b->node->attr[AXIS].i, rank);
    int64_t starts[SG_MAX_RANK] = {0}, stops[SG_MAX_RANK];
    for (int d = 0; d < rank; d++) stops[d] = INT64_MAX / 2;
    for (int k = 0; k < b->node->in_count; k++) {
        stops[axis] = starts[axis] + sg_graph_value(b->graph, b->in[k])->shape.dim[axis];
        if (b->needed[k])
            b->dx[k] = sg_emit(b->graph, "slice", SG_IN(b->dy[0]), sg_arg_ints("starts", rank, starts),
                               sg_arg_ints("stops", rank, stops));
        starts[axis] = stops[axis];
    }
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg last[] = {SG_ARG_INT("axis", -1), {0}};
static const sg_arg none[] = {SG_ARG_INT("axis", 3), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "rows", SG_INPUTS(REAL(2, 3), REAL(1, 3), REAL(4, 3))},
    {.name = "last", SG_INPUTS(REAL(2, 3), REAL(2, 2)), .args = last},
    {.name = "one", SG_INPUTS(REAL(2, 3)), .args = last},
    {.name = "empty", SG_INPUTS(REAL(2, 0), REAL(2, 2)), .args = last},
    {.name = "axis",
     SG_INPUTS(REAL(2, 3), REAL(2, 2)),
     .args = none,
     .message = "axis is 3, but the inputs are [2, 3]"},
    {.name = "sizes",
     SG_INPUTS(REAL(2, 3), REAL(3, 3)),
     .args = last,
     .message = "input 1 is [3, 3], which does not join [2, 3] along axis 1"},
    {.name = "types",
     SG_INPUTS(REAL(2, 3), {.type = SG_I32, .shape = SG_DIMS(2, 3)}),
     .message = "input 1 is i32, but input 0 is f32: cast one of them"},
    {.name = NULL},
};

const sg_op sg_op_concat = {
    .schema = {.kind = SG_KIND_OP,
               .name = "concat",
               .doc = "values one behind the other along an axis",
               .attrs = SG_ATTRS({.name = "axis",
                                  .type = SG_ATTR_INT,
                                  .fallback = "0",
                                  .doc = "the axis that grows; negative ones count from the end"})},
    .family = "layout",
    .in = {{"x", "values that agree in the other axes", SG_PORT_VARIADIC}},
    .out = {{"y", "joined", 0}},
    .flags = SG_OP_STORAGE,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .in_layout = {SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED, SG_STRIDED,
                  SG_STRIDED},
    .out_layout = {SG_STRIDED},
    .gradient = gradient,
    .flops = flops,
    .rows = &sg_rows_concat,
    .samples = samples,
};
