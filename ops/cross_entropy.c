/* cross_entropy: -sum of target * log softmax(scores), averaged over rows. */
#include "kernel/loops.h"
#include "ops/entropy.h"
#include "ops/elementwise.h"
#include "ops/product.h"
#include "ops/rows.h"

enum { SCORES = SG_LOSS_OUTPUT, TARGET = SG_LOSS_TARGET, WEIGHT = SG_LOSS_WEIGHT };

static sg_status infer(sg_infer *c) {
    c->out[0] = c->out[1] = (sg_typed){c->in[SCORES].type, {0}};
    return sg_cross_entropy_check(c, WEIGHT);
}

static int64_t classes_of(const sg_shape *scores) {
    return scores->dim[scores->rank - 1];
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_cross_entropy_domain(s, WEIGHT, d);
    d->out[0] = d->out[1] = SG_SUM;
    d->acc_count = 2; /* sum of weight * error; sum of weights over the rows */
    for (int k = 0; k < 2; k++) {
        d->acc[k].type = SG_F64;
        d->acc[k].elements = 1;
    }
    d->scratch = (size_t)classes_of(&s->in[SCORES].shape) * sg_type_size(s->in[SCORES].type);
}

/* The error of one row; `logs` is space for its log probabilities. */
#define ROW_ERROR(T, name)                                                                               \
    static double row_error_##name(const sg_task *task, int64_t row, double smooth, T *logs) {           \
        int64_t n = classes_of(&task->in[SCORES].shape);                                                 \
        const sg_tensor *target = &task->in[TARGET];                                                     \
        const sg_loops *loops = task->loops;                                                             \
        loops->log_softmax_##name(1, n, (const T *)task->in[SCORES].data + row * n, logs);               \
        double error = 0;                                                                                \
        if (smooth > 0) error -= smooth / (double)n * loops->sum_##name(n, logs);                        \
        if (sg_type_is_float(target->type))                                                              \
            return error - (1 - smooth) * loops->dot_##name(n, (const T *)target->data + row * n, logs); \
        int64_t chosen = sg_cross_entropy_class(task, row);                                              \
        return chosen < 0 ? 0 : error - (1 - smooth) * (double)logs[chosen];                             \
    }

ROW_ERROR(float, f32)
ROW_ERROR(double, f64)

static void run(const sg_task *task) {
    double smooth = task->attr[SG_CROSS_ENTROPY_SMOOTH].f, *sum = task->acc[0], *total = task->acc[1];
    sg_tensor weights = sg_cross_entropy_weights(task, WEIGHT);
    int64_t rows = sg_row_count(&task->in[SCORES].shape);
    for (int64_t r = 0; r < rows; r++) {
        double weight = weights.data ? sg_tensor_get(&weights, r) : 1;
        *total += weight;
        /* A row without weight is not looked at: its target may be anything. */
        if (weight == 0) continue;
        *sum += weight * (task->in[SCORES].type == SG_F32 ? row_error_f32(task, r, smooth, task->scratch)
                                                          : row_error_f64(task, r, smooth, task->scratch));
    }
}

static void finish(const sg_task *task) {
    sg_loss_finish_over(task, (double)sg_row_count(&task->in[SCORES].shape));
}

static sg_status gradient(sg_backward *b) {
    return sg_loss_gradient(b, "cross_entropy_grad");
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value scores = e->in[SCORES], target = e->in[TARGET];
    double smooth = e->node->attr[SG_CROSS_ENTROPY_SMOOTH].f;
    int64_t classes = classes_of(&sg_graph_value(g, scores)->shape), last = -1;
    sg_value logs = sg_emit(g, "log_softmax", SG_IN(scores));
    if (!sg_type_is_float(sg_graph_value(g, target)->type)) {
        target = sg_emit(g, "one_hot", SG_IN(target), sg_arg_int("classes", classes));
        target = sg_emit(g, "cast", SG_IN(target), sg_arg_dtype("type", sg_graph_value(g, scores)->type));
    }
    sg_value kept = sg_emit(g, "mul", SG_IN(target, sg_scalar_like(g, 1 - smooth, scores)));
    sg_value smoothed = sg_emit(g, "add", SG_IN(kept, sg_scalar_like(g, smooth / (double)classes, scores)));
    sg_value products = sg_emit(g, "mul", SG_IN(smoothed, logs));
    sg_value errors = sg_emit(g, "sum", SG_IN(products), sg_arg_ints("axis", 1, &last));
    return sg_loss_expand(e, sg_emit(g, "neg", SG_IN(errors)));
}

static double flops(const sg_signature *s) {
    return 20.0 * (double)sg_shape_elements(&s->in[SCORES].shape);
}

static const sg_arg smooth[] = {SG_ARG_FLOAT("smooth", 0.1), {0}};
static const sg_arg much[] = {SG_ARG_FLOAT("smooth", 1.5), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define SHARE(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 1 }
#define CLASS(most, ...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = (most) }
static const sg_sample samples[] = {
    {.name = "classes", SG_INPUTS(REAL(5, 7), CLASS(6, 5))},
    {.name = "smooth_classes", SG_INPUTS(REAL(5, 7), CLASS(6, 5)), .args = smooth},
    {.name = "probabilities", SG_INPUTS(REAL(5, 7), SHARE(5, 7))},
    {.name = "smooth_probabilities", SG_INPUTS(REAL(5, 7), SHARE(5, 7)), .args = smooth},
    {.name = "tokens", SG_INPUTS(REAL(2, 3, 4), CLASS(3, 2, 3), SHARE(2, 3)), .args = smooth},
    {.name = "one_weight", SG_INPUTS(REAL(2, 3, 4), SHARE(2, 3, 4), SHARE(3))},
    {.name = "row", SG_INPUTS(REAL(6), {.type = SG_I32, .shape = SG_SCALAR, .low = 0, .high = 5})},
    {.name = "one_class", SG_INPUTS(REAL(3, 1), SHARE(3, 1))},
    {.name = "target_shape",
     SG_INPUTS(REAL(5, 7), CLASS(6, 4)),
     .message = "target is i32 [4], but must be i32 [5] (classes) or f32 [5, 7] (probabilities)"},
    {.name = "float_classes",
     SG_INPUTS(REAL(5, 7), REAL(5)),
     .message = "target is f32 [5], but must be i32 [5] (classes) or f32 [5, 7] (probabilities)"},
    {.name = "no_classes",
     SG_INPUTS(REAL(5, 0), CLASS(0, 5)),
     .message = "scores [5, 0] must be [..., classes]"},
    {.name = "integers", SG_INPUTS(CLASS(3, 5, 7), CLASS(6, 5)), .message = "scores must be floats, not i32"},
    {.name = "weight_type",
     SG_INPUTS(REAL(5, 7), CLASS(6, 5), CLASS(1, 5)),
     .message = "weight must be f32, not i32: cast it"},
    {.name = "weight_shape",
     SG_INPUTS(REAL(5, 7), CLASS(6, 5), SHARE(4)),
     .message = "weight f32 [4] does not broadcast to the rows f32 [5]"},
    {.name = "much",
     SG_INPUTS(REAL(5, 7), CLASS(6, 5)),
     .args = much,
     .message = "smooth is 1.5, but must lie between 0 and 1"},
    {.name = NULL},
};

const sg_op sg_op_cross_entropy = {
    .schema = {.kind = SG_KIND_OP,
               .name = "cross_entropy",
               .doc = "weighted mean over rows of -sum(target * log_softmax(scores))",
               .attrs = SG_ATTRS(SG_CROSS_ENTROPY_ATTRS)},
    .family = "loss",
    .in = {{"scores", "[..., classes]", 0},
           {"target", "[...] classes from 0, or [..., classes] probabilities", 0},
           {"weight", "weight of each row, broadcast to [...], without a gradient; 1 unless given",
            SG_PORT_OPTIONAL | SG_PORT_NO_GRADIENT}},
    .out = {SG_LOSS_OUTPUTS},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .finish = finish,
    .in_layout = {SG_DENSE, SG_DENSE, SG_STRIDED},
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .weighted = sg_cross_entropy_rows,
    .samples = samples,
};
