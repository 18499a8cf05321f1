#include "ops/extreme.h"

#include <math.h>

#include "kernel/loops.h"
#include "kernel/walk.h"

static unsigned axes_of(const sg_attr *attr, int rank) {
    unsigned bits = 0;
    sg_reduced_axes(&attr[SG_REDUCE_AXIS], rank, &bits, NULL);
    return bits;
}

sg_status sg_extreme_infer(sg_infer *c, const char *what) {
    const sg_shape *in = &c->in[0].shape;
    char s[SG_SHAPE_TEXT];
    sg_status status = sg_reduce_infer(c);
    if (status != SG_OK) return status;
    if (sg_shape_elements(in) == 0 && sg_shape_elements(&c->out[0].shape) > 0)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x %s has nothing to take the %s of",
                          sg_shape_words(in, s), what);
    return SG_OK;
}

void sg_extreme_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    if (in->rank < 1 || in->dim[0] < 1 || (axes_of(s->attr, in->rank) & 1)) return;
    d->items = in->dim[0];
    d->in[0] = d->out[0] = SG_OWN;
}

#define BETTER(a, b) ((largest ? (a) > (b) : (a) < (b)) || (a) != (a))

/* Rows go through the inner loops; what is left goes one by one. */
#define FLOAT_RUN(T, type)                                                                              \
    do {                                                                                                \
        const T *row = (const T *)walk.at[0];                                                           \
        T *best = (T *)walk.at[1];                                                                      \
        if (walk.step[0] == 1 && walk.step[1] == 0) {                                                   \
            T most = largest ? loops->max_##type(walk.inner, row) : loops->min_##type(walk.inner, row); \
            if (BETTER(most, *best)) *best = most;                                                      \
        } else if (walk.step[0] == 1 && walk.step[1] == 1)                                              \
            loops->binary_##type[best_of][SG_ARRAY_ARRAY](walk.inner, row, best, best);                 \
        else                                                                                            \
            SCALAR_RUN(T);                                                                              \
    } while (0)

#define SCALAR_RUN(T)                                             \
    for (int64_t i = 0; i < walk.inner; i++) {                    \
        const T *from = (const T *)walk.at[0] + i * walk.step[0]; \
        T *to = (T *)walk.at[1] + i * walk.step[1];               \
        if (BETTER(*from, *to)) *to = *from;                      \
    }

void sg_extreme_run(const sg_task *task, bool largest) {
    const sg_tensor *x = &task->in[0];
    const sg_loops *loops = task->loops;
    sg_binary best_of = largest ? SG_BINARY_MAXIMUM : SG_BINARY_MINIMUM;
    unsigned bits = axes_of(task->attr, x->shape.rank);
    sg_tensor y = sg_tensor_view(x->type, sg_reduced_shape(&x->shape, bits, true), task->out[0].data);
    int64_t elements = sg_tensor_elements(&y);
    double worst = x->type == SG_F32 || x->type == SG_F64 ? INFINITY : 1e12; /* integers saturate */
    for (int64_t i = 0; i < elements; i++) sg_tensor_set(&y, i, largest ? -worst : worst);
    sg_walk walk;
    sg_walk_init(&walk, &x->shape, 2, (const sg_tensor *[]){x, &y});
    if (!walk.inner) return;
    do {
        if (x->type == SG_F32)
            FLOAT_RUN(float, f32);
        else if (x->type == SG_F64)
            FLOAT_RUN(double, f64);
        else if (x->type == SG_I32)
            SCALAR_RUN(int32_t)
        else
            SCALAR_RUN(uint8_t)
    } while (sg_walk_next(&walk));
}

sg_status sg_extreme_gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    const sg_shape *in = &sg_graph_value(g, b->in[0])->shape;
    sg_shape kept = sg_reduced_shape(in, axes_of(b->node->attr, in->rank), true);
    sg_value y = sg_emit(g, "reshape", SG_IN(b->out[0]), sg_arg_shape("shape", &kept));
    sg_value dy = sg_emit(g, "reshape", SG_IN(b->dy[0]), sg_arg_shape("shape", &kept));
    b->dx[0] = sg_emit(g, "extreme_grad", SG_IN(b->in[0], y, dy));
    return sg_graph_status(g, NULL);
}
