/* cross_entropy_grad: the gradient of cross_entropy. */
#include <string.h>

#include "kernel/loops.h"
#include "ops/elementwise.h"
#include "ops/entropy.h"
#include "ops/product.h"

enum { SCORES = SG_LOSS_OUTPUT, TARGET = SG_LOSS_TARGET, NORM, DY, WEIGHT };

static sg_status infer(sg_infer *c) {
    c->out[0] = c->in[SCORES];
    c->out[1] = (sg_typed){c->in[SCORES].type, c->in[TARGET].shape};
    for (int k = NORM; k <= DY; k++)
        if (c->in[k].shape.rank || c->in[k].type != c->in[SCORES].type)
            return sg_fail_at(c->error, SG_BLAME_INPUT, k,
                              "norm and dy must be scalars of the type of scores");
    return sg_cross_entropy_check(c, WEIGHT);
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *scores = &s->in[SCORES].shape;
    d->scratch = (size_t)scores->dim[scores->rank - 1] * sg_type_size(s->in[SCORES].type);
    if (sg_cross_entropy_domain(s, WEIGHT, d)) d->out[0] = d->out[1] = SG_OWN;
}

/* With t the smoothed target and f the factor of this row:
 *   dscores = f * (softmax(scores) * sum(t) - t),   dtarget = -f * (1 - smooth) * log_softmax(scores)
 * A target of classes has no gradient; what is written there is 0. */
#define ROW_GRADIENT(T, name)                                                                       \
    static void row_gradient_##name(const sg_task *task, int64_t row, double smooth, double factor, \
                                    T *space) {                                                     \
        const sg_tensor *scores = &task->in[SCORES], *target = &task->in[TARGET];                   \
        const sg_loops *loops = task->loops;                                                        \
        int64_t n = scores->shape.dim[scores->shape.rank - 1], chosen = -1;                         \
        bool shares = sg_type_is_float(target->type);                                               \
        if (!shares && (chosen = sg_cross_entropy_class(task, row)) < 0) return;                    \
        const T *x = (const T *)scores->data + row * n;                                             \
        const T *t = shares ? (const T *)target->data + row * n : NULL;                             \
        const T spread = (T)(factor * smooth / (double)n), rest = (T)(-factor * (1 - smooth));      \
        if (task->out[0].data) {                                                                    \
            T *dx = (T *)task->out[0].data + row * n;                                               \
            double mass = shares ? (1 - smooth) * loops->sum_##name(n, t) + smooth : 1;             \
            loops->softmax_##name(1, n, x, space);                                                  \
            loops->scale_##name(n, (T)(factor * mass), space, dx);                                  \
            if (smooth > 0)                                                                         \
                for (int64_t i = 0; i < n; i++) dx[i] -= spread;                                    \
            if (shares)                                                                             \
                loops->axpy_##name(n, rest, t, dx);                                                 \
            else                                                                                    \
                dx[chosen] += rest;                                                                 \
        }                                                                                           \
        if (task->out[1].data && shares) {                                                          \
            T *dt = (T *)task->out[1].data + row * n;                                               \
            loops->log_softmax_##name(1, n, x, space);                                              \
            loops->scale_##name(n, rest, space, dt);                                                \
        }                                                                                           \
    }

ROW_GRADIENT(float, f32)
ROW_GRADIENT(double, f64)

static void run(const sg_task *task) {
    double smooth = task->attr[SG_CROSS_ENTROPY_SMOOTH].f;
    double factor = sg_tensor_get(&task->in[NORM], 0) * sg_tensor_get(&task->in[DY], 0);
    sg_tensor weights = sg_cross_entropy_weights(task, WEIGHT);
    for (int k = 0; k < 2; k++)
        if (task->out[k].data && sg_tensor_elements(&task->out[k]))
            memset(task->out[k].data, 0, sg_tensor_bytes(&task->out[k]));
    int64_t rows = sg_row_count(&task->in[SCORES].shape);
    for (int64_t r = 0; r < rows; r++) {
        double weight = weights.data ? sg_tensor_get(&weights, r) : 1;
        if (weight == 0) continue;
        if (task->in[SCORES].type == SG_F32)
            row_gradient_f32(task, r, smooth, factor * weight, task->scratch);
        else
            row_gradient_f64(task, r, smooth, factor * weight, task->scratch);
    }
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value scores = e->in[SCORES], target = e->in[TARGET];
    double smooth = e->node->attr[SG_CROSS_ENTROPY_SMOOTH].f;
    sg_shape shape = sg_graph_value(g, scores)->shape, column = shape;
    int64_t classes = shape.dim[shape.rank - 1], last = -1;
    column.dim[shape.rank - 1] = 1;
    bool shares = sg_type_is_float(sg_graph_value(g, target)->type);
    if (!shares) {
        target = sg_emit(g, "one_hot", SG_IN(target), sg_arg_int("classes", classes));
        target = sg_emit(g, "cast", SG_IN(target), sg_arg_dtype("type", sg_graph_value(g, scores)->type));
    }
    sg_value rest = sg_scalar_like(g, 1 - smooth, scores);
    target = sg_emit(
        g, "add",
        SG_IN(sg_emit(g, "mul", SG_IN(target, rest)), sg_scalar_like(g, smooth / (double)classes, scores)));
    sg_value factor = sg_emit(g, "mul", SG_IN(e->in[NORM], e->in[DY]));
    if (e->node->in_count > WEIGHT && e->in[WEIGHT] != SG_NO_VALUE) {
        sg_shape rows = shape;
        rows.rank--;
        sg_value weight = sg_emit(g, "broadcast_to", SG_IN(e->in[WEIGHT]), sg_arg_shape("shape", &rows));
        weight = sg_emit(g, "reshape", SG_IN(weight), sg_arg_shape("shape", &column));
        factor = sg_emit(g, "mul", SG_IN(factor, weight));
    }
    sg_value mass =
        sg_emit(g, "sum", SG_IN(target), sg_arg_ints("axis", 1, &last), sg_arg_bool("keep", true));
    sg_value slope = sg_emit(g, "mul", SG_IN(sg_emit(g, "softmax", SG_IN(scores)), mass));
    e->out[0] = sg_emit(g, "mul", SG_IN(sg_emit(g, "sub", SG_IN(slope, target)), factor));
    if (!shares) {
        sg_typed none = {sg_graph_value(g, scores)->type, sg_graph_value(g, e->in[TARGET])->shape};
        e->out[1] = sg_emit(g, "constant", NULL, 0, sg_arg_float("value", 0), sg_arg_dtype("type", none.type),
                            sg_arg_shape("shape", &none.shape));
        return sg_graph_status(g, NULL);
    }
    sg_value by_target = sg_emit(g, "mul", SG_IN(sg_emit(g, "log_softmax", SG_IN(scores)), rest));
    e->out[1] = sg_emit(g, "neg", SG_IN(sg_emit(g, "mul", SG_IN(by_target, factor))));
    return sg_graph_status(e->graph, NULL);
}

static double flops(const sg_signature *s) {
    return 20.0 * (double)sg_shape_elements(&s->in[SCORES].shape);
}

static const sg_arg smooth[] = {SG_ARG_FLOAT("smooth", 0.1), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define SHARE(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 1 }
#define CLASS(most, ...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = (most) }
#define SCALAR \
    { .type = SG_F32, .shape = SG_SCALAR, .low = 0.5, .high = 1 }
static const sg_sample samples[] = {
    {
        .name = "classes",
        SG_INPUTS(REAL(5, 7), CLASS(6, 5), SCALAR, SCALAR),
        .args = smooth,
    },
    {
        .name = "probabilities",
        SG_INPUTS(REAL(2, 3, 7), SHARE(2, 3, 7), SCALAR, SCALAR, SHARE(2, 3)),
        .args = smooth,
    },
    {
        .name = "one_weight",
        SG_INPUTS(REAL(5, 3), SHARE(5, 3), SCALAR, SCALAR, SHARE(1)),
    },
    {
        .name = "row",
        SG_INPUTS(REAL(6), {.type = SG_I32, .shape = SG_SCALAR, .low = 0, .high = 5}, SCALAR, SCALAR),
    },
    {
        .name = "empty",
        SG_INPUTS(REAL(0, 3), CLASS(2, 0), SCALAR, SCALAR),
    },
    {.name = "dy",
     SG_INPUTS(REAL(5, 7), CLASS(6, 5), SCALAR, REAL(2)),
     .message = "norm and dy must be scalars of the type of scores"},
    {.name = "target_shape",
     SG_INPUTS(REAL(5, 7), CLASS(6, 7), SCALAR, SCALAR),
     .message = "target is i32 [7], but must be i32 [5] (classes) or f32 [5, 7] (probabilities)"},
    {.name = NULL},
};

const sg_op sg_op_cross_entropy_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "cross_entropy_grad",
               .doc = "gradient of cross_entropy",
               .attrs = SG_ATTRS(SG_CROSS_ENTROPY_ATTRS)},
    .family = "loss",
    .in = {{"scores", "[..., classes]", 0},
           {"target", "[...] classes, or [..., classes] probabilities", 0},
           {"norm", "of the loss", 0},
           {"dy", "gradient of the loss", 0},
           {"weight", "as for the loss", SG_PORT_OPTIONAL}},
    .out = {{"dscores", "gradient of scores", 0},
            {"dtarget", "gradient of target; 0 where it holds classes", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .in_layout = {SG_DENSE, SG_DENSE, SG_DENSE, SG_DENSE, SG_STRIDED},
    .expand = expand,
    .flops = flops,
    .samples = samples,
};
