#include "ops/elementwise.h"

#include <string.h>

#include "graph/graph.h"

enum { CHUNK = SG_CHUNK };

sg_status sg_unary_infer(sg_infer *c) {
    c->out[0] = c->in[0];
    return SG_OK;
}

sg_status sg_unary_infer_float(sg_infer *c) {
    c->out[0] = c->in[0];
    if (!sg_type_is_float(c->in[0].type)) c->out[0].type = c->float_type;
    return SG_OK;
}

sg_status sg_unary_grad_infer(sg_infer *c) {
    if (!sg_shape_equal(&c->in[0].shape, &c->in[1].shape) || c->in[0].type != c->in[1].type)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 1, "dy must have the shape and type of x");
    if (!sg_type_is_float(c->in[0].type)) return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x must be a float");
    c->out[0] = c->in[0];
    return SG_OK;
}

sg_status sg_binary_infer(sg_infer *c) {
    c->out[0].type = sg_type_promote(c->in[0].type, c->in[1].type);
    if (sg_shape_broadcast(&c->in[0].shape, &c->in[1].shape, &c->out[0].shape)) return SG_OK;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    return sg_fail_at(c->error, SG_BLAME_INPUT, 1, "shapes %s and %s do not broadcast together",
                      sg_shape_words(&c->in[0].shape, a), sg_shape_words(&c->in[1].shape, b));
}

sg_status sg_binary_infer_float(sg_infer *c) {
    sg_status status = sg_binary_infer(c);
    if (status == SG_OK && !sg_type_is_float(c->out[0].type)) c->out[0].type = c->float_type;
    return status;
}

sg_status sg_binary_infer_test(sg_infer *c) {
    sg_status status = sg_binary_infer(c);
    c->out[0].type = SG_I32;
    return status;
}

void sg_elementwise_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    if (out->rank < 1 || out->dim[0] < 1) return;
    d->items = out->dim[0];
    for (int k = 0; k < s->out_count; k++) d->out[k] = SG_OWN;
    for (int k = 0; k < s->in_count; k++) {
        if (!s->present[k]) continue;
        const sg_shape *in = &s->in[k].shape;
        if (in->rank == out->rank && in->dim[0] == out->dim[0]) d->in[k] = SG_OWN;
    }
}

void sg_gather_convert(sg_type from, const char *at, int64_t step, sg_type to, void *dense, int64_t count) {
    sg_shape line = SG_SHAPE(count);
    sg_tensor source = sg_tensor_view(from, line, (void *)at), target = sg_tensor_view(to, line, dense);
    source.stride[0] = step;
    sg_tensor_copy(&target, &source, NULL);
}

void sg_scatter_convert(sg_type from, const void *dense, sg_type to, char *at, int64_t step, int64_t count) {
    sg_shape line = SG_SHAPE(count);
    sg_tensor source = sg_tensor_view(from, line, (void *)dense), target = sg_tensor_view(to, line, at);
    target.stride[0] = step;
    sg_tensor_copy(&target, &source, NULL);
}

const void *sg_dense_run(const sg_walk *walk, int k, sg_type from, sg_type to, int64_t first, int64_t count,
                         bool *scalar, void *space) {
    int64_t step = walk->step[k];
    const char *at = walk->at[k] + first * step * (int64_t)sg_type_size(from);
    *scalar = step == 0;
    if (from == to && (step == 1 || step == 0 || count == 1)) return at;
    sg_gather_convert(from, at, step, to, space, step == 0 ? 1 : count);
    return space;
}

void sg_truth_run(const sg_loops *loops, sg_type type, const char *at, int64_t step, int64_t count,
                  int32_t *truth) {
    double space[CHUNK];
    const void *dense = at;
    sg_type work = type == SG_F32 || type == SG_I32 || type == SG_U8 ? type : SG_F64;
    if ((step != 1 && count > 1) || work != type) {
        sg_gather_convert(type, at, step, work, space, count);
        dense = space;
    }
    const float zero_f32 = 0;
    const double zero_f64 = 0;
    const int32_t zero_i32 = 0;
    const uint8_t zero_u8 = 0;
    if (work == SG_F32)
        loops->compare_f32[SG_COMPARE_NE][SG_ARRAY_SCALAR](count, dense, &zero_f32, truth);
    else if (work == SG_I32)
        loops->compare_i32[SG_COMPARE_NE][SG_ARRAY_SCALAR](count, dense, &zero_i32, truth);
    else if (work == SG_U8)
        loops->compare_u8[SG_COMPARE_NE][SG_ARRAY_SCALAR](count, dense, &zero_u8, truth);
    else
        loops->compare_f64[SG_COMPARE_NE][SG_ARRAY_SCALAR](count, dense, &zero_f64, truth);
}

sg_type sg_work_type(sg_type type) {
    return type == SG_F32 || type == SG_F64 ? type : SG_I32;
}

void sg_unary_run(const sg_task *task, sg_unary function) {
    const sg_tensor *x = &task->in[0], *y = &task->out[0];
    const sg_loops *loops = task->loops;
    double space_x[CHUNK], space_y[CHUNK];
    sg_type work = sg_work_type(y->type);
    size_t size = sg_type_size(work);
    sg_walk walk;
    sg_walk_init(&walk, &y->shape, 2, (const sg_tensor *[]){x, y});
    bool made = y->type == work, direct = x->type == work && made && walk.step[0] == 1 && walk.step[1] == 1;
    if (!walk.inner) return;
    do {
        int64_t chunk = direct ? walk.inner : CHUNK;
        for (int64_t first = 0; first < walk.inner; first += chunk) {
            int64_t count = walk.inner - first < chunk ? walk.inner - first : chunk;
            bool scalar;
            const void *from = sg_dense_run(&walk, 0, x->type, work, first, count, &scalar, space_x);
            char *at = walk.at[1] + first * walk.step[1] * (int64_t)sg_type_size(y->type);
            void *to = made && (walk.step[1] == 1 || count == 1) ? (void *)at : (void *)space_y;
            int64_t n = scalar ? 1 : count;
            if (work == SG_F32)
                loops->unary_f32[function](n, from, to);
            else if (work == SG_F64)
                loops->unary_f64[function](n, from, to);
            else
                loops->unary_i32[function](n, from, to);
            if (scalar)
                for (int64_t i = 1; i < count; i++) memcpy((char *)to + (size_t)i * size, to, size);
            if (to == space_y) sg_scatter_convert(work, space_y, y->type, at, walk.step[1], count);
        }
    } while (sg_walk_next(&walk));
}

void sg_unary_grad_run(const sg_task *task, sg_unary_gradient function) {
    int64_t n = sg_tensor_elements(&task->out[0]);
    const void *x = task->in[0].data, *dy = task->in[1].data;
    if (task->out[0].type == SG_F32)
        task->loops->unary_gradient_f32[function](n, x, dy, task->out[0].data);
    else
        task->loops->unary_gradient_f64[function](n, x, dy, task->out[0].data);
}

typedef void (*binary_loop)(const sg_loops *loops, int function, sg_type type, sg_sides sides, int64_t n,
                            const void *a, const void *b, void *y);

static void call_binary(const sg_loops *loops, int function, sg_type type, sg_sides sides, int64_t n,
                        const void *a, const void *b, void *y) {
    if (type == SG_F32)
        loops->binary_f32[function][sides](n, a, b, y);
    else if (type == SG_F64)
        loops->binary_f64[function][sides](n, a, b, y);
    else
        loops->binary_i32[function][sides](n, a, b, y);
}

static void call_compare(const sg_loops *loops, int function, sg_type type, sg_sides sides, int64_t n,
                         const void *a, const void *b, void *y) {
    if (type == SG_F32)
        loops->compare_f32[function][sides](n, a, b, y);
    else if (type == SG_F64)
        loops->compare_f64[function][sides](n, a, b, y);
    else
        loops->compare_i32[function][sides](n, a, b, y);
}

/* `work` is the type in which the loop reads, `made` the type that it writes. */
static void run_pairs(const sg_task *task, binary_loop loop, int function, sg_type work, sg_type made) {
    const sg_tensor *a = &task->in[0], *b = &task->in[1], *y = &task->out[0];
    double space_a[CHUNK], space_b[CHUNK], space_y[CHUNK];
    sg_walk walk;
    sg_walk_init(&walk, &y->shape, 3, (const sg_tensor *[]){a, b, y});
    if (!walk.inner) return;
    bool direct = a->type == work && b->type == work && y->type == made && walk.step[0] >= 0 &&
                  walk.step[0] <= 1 && walk.step[1] >= 0 && walk.step[1] <= 1 && walk.step[2] == 1;
    do {
        int64_t chunk = direct ? walk.inner : CHUNK;
        for (int64_t first = 0; first < walk.inner; first += chunk) {
            int64_t count = walk.inner - first < chunk ? walk.inner - first : chunk;
            bool one_a, one_b;
            const void *from_a = sg_dense_run(&walk, 0, a->type, work, first, count, &one_a, space_a);
            const void *from_b = sg_dense_run(&walk, 1, b->type, work, first, count, &one_b, space_b);
            char *at = walk.at[2] + first * walk.step[2] * (int64_t)sg_type_size(y->type);
            bool straight = y->type == made && (walk.step[2] == 1 || count == 1);
            void *to = straight ? (void *)at : (void *)space_y;
            if (one_a && one_b) {
                loop(task->loops, function, work, SG_ARRAY_ARRAY, 1, from_a, from_b, to);
                size_t size = sg_type_size(made);
                for (int64_t i = 1; i < count; i++) memcpy((char *)to + (size_t)i * size, to, size);
            } else
                loop(task->loops, function, work,
                     one_a   ? SG_SCALAR_ARRAY
                     : one_b ? SG_ARRAY_SCALAR
                             : SG_ARRAY_ARRAY,
                     count, from_a, from_b, to);
            if (!straight) sg_scatter_convert(made, space_y, y->type, at, walk.step[2], count);
        }
    } while (sg_walk_next(&walk));
}

void sg_binary_run(const sg_task *task, sg_binary function) {
    sg_type work = sg_work_type(task->out[0].type);
    run_pairs(task, call_binary, function, work, work);
}

void sg_compare_run(const sg_task *task, sg_compare function) {
    sg_type type = sg_type_promote(task->in[0].type, task->in[1].type);
    run_pairs(task, call_compare, function, sg_work_type(type), SG_I32);
}

sg_value sg_scalar_like(sg_graph *graph, double number, sg_value value) {
    if (value == SG_NO_VALUE) return SG_NO_VALUE;
    return sg_emit(graph, "constant", NULL, 0, sg_arg_float("value", number),
                   sg_arg_dtype("type", sg_graph_value(graph, value)->type));
}

sg_status sg_unary_grad_expand(sg_expansion *e) {
    return sg_expand_gradient(e, 1, &e->in[0], e->in[1], &e->out[0]);
}

sg_value sg_reduce_like(sg_graph *graph, sg_value gradient, sg_value value) {
    if (gradient == SG_NO_VALUE) return SG_NO_VALUE;
    sg_value_info from = *sg_graph_value(graph, gradient), to = *sg_graph_value(graph, value);
    if (!sg_shape_equal(&from.shape, &to.shape))
        gradient = sg_emit(graph, "sum_to", SG_IN(gradient), sg_arg_shape("shape", &to.shape));
    if (gradient != SG_NO_VALUE && from.type != to.type)
        gradient = sg_emit(graph, "cast", SG_IN(gradient), sg_arg_dtype("type", to.type));
    return gradient;
}
