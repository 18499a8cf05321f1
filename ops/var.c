/* var: the variance over axes. */
#include <string.h>

#include "kernel/loops.h"
#include "kernel/walk.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "ops/rows.h"

enum { UNBIASED = SG_REDUCE_KEEP + 1 };
enum { CHUNK = 256 };

static unsigned axes_of(const sg_attr *attr, int rank) {
    unsigned bits = 0;
    sg_reduced_axes(&attr[SG_REDUCE_AXIS], rank, &bits, NULL);
    return bits;
}

/* How many values fall together, less one where unbiased: what the sum of squares is divided by. */
static double divisor_of(const sg_attr *attr, const sg_shape *in) {
    unsigned bits = axes_of(attr, in->rank);
    double count = 1;
    for (int d = 0; d < in->rank; d++)
        if (bits & (1u << d)) count *= (double)in->dim[d];
    return count - (attr[UNBIASED].i ? 1 : 0);
}

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    char s[SG_SHAPE_TEXT];
    sg_status status = sg_reduce_infer(c);
    if (status != SG_OK) return status;
    if (!sg_type_is_float(c->out[0].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x must be a float, not %s",
                          sg_type_name(c->out[0].type));
    if (sg_shape_elements(&c->out[0].shape) == 0 || divisor_of(c->attr, in) > 0) return SG_OK;
    return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "the %svariance of x %s needs at least %s along the axes",
                      c->attr[UNBIASED].i ? "unbiased " : "", sg_shape_words(in, s),
                      c->attr[UNBIASED].i ? "2 values" : "1 value");
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    int64_t elements = sg_shape_elements(&s->out[0].shape);
    if (in->rank && in->dim[0] > 0) d->items = in->dim[0];
    if (in->rank && in->dim[0] > 0 && !(axes_of(s->attr, in->rank) & 1)) {
        d->in[0] = d->out[0] = SG_OWN;
        d->scratch_per_item = (size_t)(elements / d->items) * 2 * sizeof(double);
        return;
    }
    /* All of x: every piece needs its first entry. */
    d->out[0] = SG_SUM;
    d->acc_count = 2;
    for (int k = 0; k < 2; k++) {
        d->acc[k].type = SG_F64;
        d->acc[k].elements = elements;
    }
}

/* Adds x - shift and its square to sums; steps in elements. */
#define ADD_RUN(T, type)                                                                     \
    do {                                                                                     \
        const T *at = (const T *)walk.at[0], *base = (const T *)walk.at[1];                  \
        double *sums_at = (double *)walk.at[2], *squares_at = (double *)walk.at[3];          \
        if (walk.step[0] == 1 && walk.step[1] == 0 && walk.step[2] == 0) {                   \
            T part[CHUNK];                                                                   \
            for (int64_t i = 0; i < walk.inner; i += CHUNK) {                                \
                int64_t n = walk.inner - i < CHUNK ? walk.inner - i : CHUNK;                 \
                loops->binary_##type[SG_BINARY_SUB][SG_ARRAY_SCALAR](n, at + i, base, part); \
                *sums_at += loops->sum_##type(n, part);                                      \
                *squares_at += loops->dot_##type(n, part, part);                             \
            }                                                                                \
        } else                                                                               \
            for (int64_t i = 0; i < walk.inner; i++) {                                       \
                double far = (double)at[i * walk.step[0]] - (double)base[i * walk.step[1]];  \
                sums_at[i * walk.step[2]] += far;                                            \
                squares_at[i * walk.step[3]] += far * far;                                   \
            }                                                                                \
    } while (0)

/* The sums are of distances from the first value on each line, so that a large mean costs no digits. */
static void add(const sg_task *task, const sg_tensor *x, const sg_tensor *shift, double *sum,
                double *square) {
    const sg_loops *loops = task->loops;
    sg_tensor sums = sg_tensor_view(SG_F64, shift->shape, sum),
              squares = sg_tensor_view(SG_F64, shift->shape, square);
    sg_walk walk;
    sg_walk_init(&walk, &x->shape, 4, (const sg_tensor *[]){x, shift, &sums, &squares});
    if (!walk.inner) return;
    do {
        if (x->type == SG_F32)
            ADD_RUN(float, f32);
        else
            ADD_RUN(double, f64);
    } while (sg_walk_next(&walk));
}

/* From the sums to variances, in `sum`. */
static void write(const sg_task *task, double *sum, const double *square) {
    const sg_tensor *y = &task->out[0];
    const sg_shape *in = &task->signature->in[0].shape;
    double divisor = divisor_of(task->attr, in), count = divisor + (task->attr[UNBIASED].i ? 1 : 0);
    int64_t elements = sg_tensor_elements(y);
    for (int64_t i = 0; i < elements; i++) {
        double spread = square[i] - sum[i] * sum[i] / count;
        sum[i] = (spread < 0 ? 0 : spread) / divisor;
    }
    sg_tensor from = sg_tensor_view(SG_F64, y->shape, sum);
    sg_tensor_copy(y, &from, NULL);
}

static void run(const sg_task *task) {
    sg_tensor x = task->in[0];
    sg_tensor shift = x;
    shift.shape = sg_reduced_shape(&x.shape, axes_of(task->attr, x.shape.rank), true);
    if (task->out[0].data) {
        int64_t elements = sg_tensor_elements(&task->out[0]);
        double *sum = task->scratch, *square = sum + elements;
        if (elements) memset(sum, 0, 2 * (size_t)elements * sizeof *sum);
        add(task, &x, &shift, sum, square);
        write(task, sum, square);
        return;
    }
    if (x.shape.rank) {
        x.shape.dim[0] = x.shape.dim[0] > 0 ? task->count : 0;
        x.data = (char *)x.data + task->begin * x.stride[0] * (int64_t)sg_type_size(x.type);
    }
    add(task, &x, &shift, task->acc[0], task->acc[1]);
}

static void finish(const sg_task *task) {
    write(task, task->acc[0], task->acc[1]);
}

/* dx = dy * 2 / divisor * (x - mean) */
static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    const sg_shape in = sg_graph_value(g, b->in[0])->shape;
    unsigned bits = axes_of(b->node->attr, in.rank);
    sg_shape kept = sg_reduced_shape(&in, bits, true);
    int64_t axes[SG_MAX_RANK];
    int count = 0;
    for (int d = 0; d < in.rank; d++)
        if (bits & (1u << d)) axes[count++] = d;
    sg_value mean =
        sg_emit(g, "mean", SG_IN(b->in[0]), sg_arg_ints("axis", count, axes), sg_arg_bool("keep", true));
    sg_value centred = sg_emit(g, "sub", SG_IN(b->in[0], mean));
    sg_value wide = sg_emit(g, "reshape", SG_IN(b->dy[0]), sg_arg_shape("shape", &kept));
    sg_value factor = sg_scalar_like(g, 2 / divisor_of(b->node->attr, &in), b->in[0]);
    b->dx[0] = sg_emit(g, "mul", SG_IN(centred, sg_emit(g, "mul", SG_IN(wide, factor))));
    return sg_graph_status(g, NULL);
}

static double flops(const sg_signature *s) {
    return 4.0 * (double)sg_shape_elements(&s->in[0].shape);
}

static const sg_arg first[] = {SG_ARG_INTS("axis", 0), {0}};
static const sg_arg last[] = {SG_ARG_INTS("axis", -1), SG_ARG_BOOL("keep", true), {0}};
static const sg_arg biased[] = {SG_ARG_INTS("axis", 0, 2), SG_ARG_BOOL("unbiased", false), {0}};
static const sg_arg maps[] = {SG_ARG_INTS("axis", 2, 3), SG_ARG_BOOL("unbiased", false), {0}};
static const sg_arg all_biased[] = {SG_ARG_BOOL("unbiased", false), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "all", SG_INPUTS(REAL(3, 5))},
    {.name = "first", SG_INPUTS(REAL(4, 3, 5)), .args = first},
    {.name = "last", SG_INPUTS(REAL(3, 4, 50)), .args = last},
    {.name = "biased", SG_INPUTS(REAL(3, 4, 5)), .args = biased},
    {.name = "maps", SG_INPUTS(REAL(2, 3, 4, 5)), .args = maps},
    {.name = "long", SG_INPUTS(REAL(2, 700)), .args = last},
    {.name = "far_mean",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 40), .low = 1000, .high = 1001}),
     .args = last,
     .tolerance_f32 = 1e-3},
    {.name = "scalar", SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR}), .args = all_biased},
    {.name = "no_rows", SG_INPUTS(REAL(0, 4)), .args = last},
    {.name = "single",
     SG_INPUTS(REAL(3, 1)),
     .args = last,
     .message = "the unbiased variance of x [3, 1] needs at least 2 values along the axes"},
    {.name = "nothing",
     SG_INPUTS(REAL(0)),
     .args = all_biased,
     .message = "the variance of x [0] needs at least 1 value along the axes"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3)}),
     .message = "x must be a float, not i32"},
    {.name = NULL},
};

const sg_op sg_op_var = {
    .schema = {.kind = SG_KIND_OP,
               .name = "var",
               .doc = "the variance over axes, added in f64",
               .attrs = SG_ATTRS(SG_REDUCE_ATTRS, {.name = "unbiased",
                                                   .type = SG_ATTR_BOOL,
                                                   .fallback = "true",
                                                   .doc = "divide by the number of values less 1"})},
    .family = "reduction",
    .in = {{"x", "floats", 0}},
    .out = {{"y", "the variances", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .finish = finish,
    .in_layout = {SG_STRIDED},
    .gradient = gradient,
    .flops = flops,
    .rows = &sg_rows_reduce,
    .samples = samples,
};
