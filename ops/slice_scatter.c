/* slice_scatter: x at the places that a slice reads, zero elsewhere; the gradient of slice. */
#include <string.h>

#include "base/checked.h"
#include "ops/view.h"

enum { SHAPE, STARTS, STEPS };

/* Where one element or none lies along an axis, the step does not matter. */
static int64_t step_of(const sg_attr *attr, int axis, int64_t size) {
    return size > 1 ? attr[STEPS].ints[axis] : 1;
}

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    int rank = c->attr[SHAPE].n;
    c->out[0].type = c->in[0].type;
    if (rank != in->rank || c->attr[STARTS].n != rank || c->attr[STEPS].n != rank)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE,
                          "shape, starts and steps must have one entry per axis of x");
    c->out[0].shape = sg_shape_of(rank, c->attr[SHAPE].ints);
    for (int d = 0; d < rank; d++) {
        int64_t first = c->attr[STARTS].ints[d], step = step_of(c->attr, d, in->dim[d]), last;
        int64_t size = c->out[0].shape.dim[d];
        if (step == 0 || !sg_int_mul(step, in->dim[d] - 1, &last) || !sg_int_add(first, last, &last))
            last = -1;
        if (in->dim[d] > 0 && (first < 0 || first >= size || last < 0 || last >= size))
            return sg_fail_at(c->error, SG_BLAME_ATTR, STARTS, "axis %d of x does not fit into size %lld", d,
                              (long long)size);
    }
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape, *out = &s->out[0].shape;
    if (out->rank < 1 || out->dim[0] < 1 || in->dim[0] != out->dim[0] || step_of(s->attr, 0, in->dim[0]) != 1)
        return;
    d->items = out->dim[0];
    d->in[0] = d->out[0] = SG_OWN;
}

static void run(const sg_task *task) {
    sg_tensor part = task->out[0];
    if (!sg_tensor_elements(&part)) return;
    memset(part.data, 0, sg_tensor_bytes(&part));
    int64_t offset = 0;
    for (int d = 0; d < part.shape.rank; d++) {
        bool narrowed = d == 0 && task->items > 1;
        int64_t start = narrowed ? 0 : task->attr[STARTS].ints[d];
        offset += start * part.stride[d];
        part.stride[d] *= step_of(task->attr, d, task->signature->in[0].shape.dim[d]);
    }
    part.shape = task->in[0].shape;
    part.data = (char *)part.data + offset * (int64_t)sg_type_size(part.type);
    sg_tensor_copy(&part, &task->in[0], NULL);
}

static sg_status gradient(sg_backward *b) {
    const sg_attr *attr = b->node->attr;
    const sg_shape *in = &sg_graph_value(b->graph, b->in[0])->shape;
    int64_t starts[SG_MAX_RANK], stops[SG_MAX_RANK], steps[SG_MAX_RANK];
    for (int d = 0; d < in->rank; d++) {
        steps[d] = step_of(attr, d, in->dim[d]);
        starts[d] = in->dim[d] ? attr[STARTS].ints[d] : 0;
        stops[d] = starts[d] + steps[d] * in->dim[d];
        /* Before the first element: as slice writes it. */
        if (stops[d] < 0) stops[d] = -attr[SHAPE].ints[d] - 1;
    }
    b->dx[0] = sg_emit(b->graph, "slice", SG_IN(b->dy[0]), sg_arg_ints("starts", in->rank, starts),
                       sg_arg_ints("stops", in->rank, stops), sg_arg_ints("steps", in->rank, steps));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg middle[] = {
    SG_ARG_INTS("shape", 3, 6), SG_ARG_INTS("starts", 0, 1), SG_ARG_INTS("steps", 1, 2), {0}};
static const sg_arg rows[] = {
    SG_ARG_INTS("shape", 5, 2), SG_ARG_INTS("starts", 4, 0), SG_ARG_INTS("steps", -2, 1), {0}};
static const sg_arg outside[] = {
    SG_ARG_INTS("shape", 3, 2), SG_ARG_INTS("starts", 0, 1), SG_ARG_INTS("steps", 1, 1), {0}};
static const sg_sample samples[] = {
    {.name = "middle", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 2)}), .args = middle},
    {.name = "rows", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 2)}), .args = rows},
    {.name = "outside",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 2)}),
     .args = outside,
     .message = "axis 1 of x does not fit into size 2"},
    {.name = NULL},
};

const sg_op sg_op_slice_scatter = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "slice_scatter",
         .doc = "x at the places that a slice reads, zero elsewhere",
         .attrs = SG_ATTRS(
             {.name = "shape", .type = SG_ATTR_INTS, .doc = "sizes of the result", .min = 0, .max = 1e18},
             {.name = "starts", .type = SG_ATTR_INTS, .doc = "first position an axis"},
             {.name = "steps", .type = SG_ATTR_INTS, .doc = "distance an axis"})},
    .family = "layout",
    .in = {{"x", "the part", 0}},
    .out = {{"y", "the whole", 0}},
    .flags = SG_OP_STORAGE,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .in_layout = {SG_STRIDED},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
