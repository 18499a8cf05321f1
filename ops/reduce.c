#include "ops/reduce.h"

#include <string.h>

#include "kernel/loops.h"
#include "kernel/walk.h"
#include "ops/view.h"
#include "tensor/convert.h"

sg_status sg_reduced_axes(const sg_attr *axis, int rank, unsigned *bits, sg_error *error) {
    *bits = 0;
    if (!axis->present) {
        *bits = (1u << rank) - 1;
        return SG_OK;
    }
    for (int i = 0; i < axis->n; i++) {
        int a = sg_axis_of(axis->ints[i], rank);
        if (a < 0)
            return sg_fail_at(error, SG_BLAME_ATTR, SG_REDUCE_AXIS, "axis %lld is out of range for rank %d",
                              (long long)axis->ints[i], rank);
        if (*bits & (1u << a))
            return sg_fail_at(error, SG_BLAME_ATTR, SG_REDUCE_AXIS, "axis %lld is named twice",
                              (long long)axis->ints[i]);
        *bits |= 1u << a;
    }
    return SG_OK;
}

sg_shape sg_reduced_shape(const sg_shape *shape, unsigned bits, bool keep) {
    sg_shape out = {0};
    for (int d = 0; d < shape->rank; d++) {
        if (!(bits & (1u << d)))
            out.dim[out.rank++] = shape->dim[d];
        else if (keep)
            out.dim[out.rank++] = 1;
    }
    return out;
}

sg_status sg_reduce_infer(sg_infer *c) {
    unsigned bits;
    sg_status status = sg_reduced_axes(&c->attr[SG_REDUCE_AXIS], c->in[0].shape.rank, &bits, c->error);
    if (status != SG_OK) return status;
    c->out[0].type = c->in[0].type;
    c->out[0].shape = sg_reduced_shape(&c->in[0].shape, bits, c->attr[SG_REDUCE_KEEP].i);
    return SG_OK;
}

void sg_sum_domain(const sg_signature *s, unsigned bits, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    int64_t elements = sg_shape_elements(&s->out[0].shape);
    d->items = in->rank && in->dim[0] > 0 ? in->dim[0] : 1;
    if (in->rank) d->in[0] = SG_OWN;
    if (in->rank && in->dim[0] == 0) d->in[0] = SG_WHOLE;
    if (in->rank && !(bits & 1) && in->dim[0] > 0) {
        d->out[0] = SG_OWN;
        d->scratch_per_item = (size_t)(elements / d->items) * sizeof(double);
        return;
    }
    d->out[0] = SG_SUM;
    d->acc_count = 1;
    d->acc[0].type = SG_F64;
    d->acc[0].elements = elements;
}

enum { CHUNK = 64 };

static void add_run(const sg_loops *loops, sg_type type, int64_t n, const char *x, int64_t step_x,
                    double *sum, int64_t step_sum) {
    if (step_x == 1 && type == SG_F32 && step_sum == 0)
        *sum += loops->sum_f32(n, (const float *)x);
    else if (step_x == 1 && type == SG_F64 && step_sum == 0)
        *sum += loops->sum_f64(n, (const double *)x);
    else if (step_x == 1 && type == SG_F32 && step_sum == 1)
        loops->accumulate_wide_f32(n, (const float *)x, sum);
    else if (step_x == 1 && type == SG_F64 && step_sum == 1)
        loops->accumulate_wide_f64(n, (const double *)x, sum);
    else {
        double chunk[CHUNK];
        for (int64_t i = 0; i < n; i += CHUNK) {
            const int64_t count = n - i < CHUNK ? n - i : CHUNK;
            sg_convert_run(SG_F64, chunk, 1, type, x + i * step_x * (int64_t)sg_type_size(type), step_x,
                           count);
            for (int64_t l = 0; l < count; l++) sum[(i + l) * step_sum] += chunk[l];
        }
    }
}

void sg_sum_run(const sg_task *task, unsigned bits, double scale) {
    const sg_tensor *x = &task->in[0];
    bool own = task->out[0].data != NULL;
    sg_tensor sums =
        sg_tensor_view(SG_F64, sg_reduced_shape(&x->shape, bits, true), own ? task->scratch : task->acc[0]);
    int64_t elements = sg_tensor_elements(&sums);
    if (own) memset(sums.data, 0, sizeof(double) * (size_t)elements);
    sg_walk walk;
    sg_walk_init(&walk, &x->shape, 2, (const sg_tensor *[]){x, &sums});
    if (walk.inner) do
            add_run(task->loops, x->type, walk.inner, walk.at[0], walk.step[0], (double *)walk.at[1],
                    walk.step[1]);
        while (sg_walk_next(&walk));
    if (!own) return;
    double *sum = sums.data;
    for (int64_t i = 0; i < elements; i++) sum[i] *= scale;
    sg_tensor from = sg_tensor_view(SG_F64, task->out[0].shape, sum);
    sg_tensor_copy(&task->out[0], &from, NULL);
}

void sg_sum_finish(const sg_task *task, double scale) {
    double *sum = task->acc[0];
    int64_t elements = sg_tensor_elements(&task->out[0]);
    for (int64_t i = 0; i < elements; i++) sum[i] *= scale;
    sg_tensor from = sg_tensor_view(SG_F64, task->out[0].shape, sum);
    sg_tensor_copy(&task->out[0], &from, NULL);
}

sg_value sg_unreduce(sg_graph *graph, sg_value dy, sg_value input, unsigned bits) {
    sg_shape full = sg_graph_value(graph, input)->shape, kept = sg_reduced_shape(&full, bits, true);
    sg_value wide = sg_emit(graph, "reshape", SG_IN(dy), sg_arg_shape("shape", &kept));
    return sg_emit(graph, "broadcast_to", SG_IN(wide), sg_arg_shape("shape", &full));
}
