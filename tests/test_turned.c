/* Convolutions over turned maps, every variant that this CPU runs, f32 and bf16: held against sums in f64. */
#include "unit.h"
#include "variants.h"

#include "kernel/loops.h"
#include "ops/conv_turned.h"

#include <math.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

static float entry(int64_t i) {
    return (float)((uint64_t)i * 2654435761u >> 8 & 0xffff) / 32768 - 1;
}

/* To the nearest bf16, halves to even, by the numbers alone. */
static double rounded(float x) {
    if (x == 0) return 0;
    int exponent;
    double part = frexp((double)x, &exponent);
    return ldexp(nearbyint(ldexp(part, 8)), exponent - 8);
}

typedef struct shape {
    int64_t batch, groups, in, out, height, width, kernel[2], stride[2], pad[2], dilation[2];
    int64_t more[2]; /* rows and columns of the input beyond what the last place of the kernel sees */
    int64_t task;    /* samples of a task */
} shape;

/* Sums in f64, and of their terms' sizes. */
typedef struct sums {
    double *x, *y, *weight, *x_size, *y_size, *weight_size;
} sums;

typedef struct numbers {
    sg_conv v;
    int64_t x_count, y_count, weight_count;
    float *x, *y, *weight, *bias;
    sums want;
} numbers;

static double *zeros(int64_t count) {
    return calloc((size_t)count, sizeof(double));
}

static float *entries(int64_t count, int64_t seed) {
    float *x = malloc(sizeof(float) * (size_t)count);
    for (int64_t i = 0; i < count; i++) x[i] = entry(i + seed);
    return x;
}

static void add_sums(numbers *n, bool bf16) {
    const sg_conv *v = &n->v;
#define NUMBER(x) (bf16 ? rounded(x) : (double)(x))
    for (int64_t s = 0; s < v->batch * v->groups; s++)
        for (int64_t o = 0; o < v->out; o++)
            for (int64_t r = 0; r < v->rows; r++)
                for (int64_t q = 0; q < v->columns; q++)
                    for (int64_t c = 0; c < v->in; c++)
                        for (int64_t t = 0; t < v->kernel[0] * v->kernel[1]; t++) {
                            const int64_t row =
                                r * v->stride[0] + t / v->kernel[1] * v->dilation[0] - v->pad[0];
                            const int64_t column =
                                q * v->stride[1] + t % v->kernel[1] * v->dilation[1] - v->pad[1];
                            if (row < 0 || row >= v->height || column < 0 || column >= v->width) continue;
                            const int64_t x = ((s * v->in + c) * v->height + row) * v->width + column;
                            const int64_t y = ((s * v->out + o) * v->rows + r) * v->columns + q;
                            const int64_t w =
                                ((s % v->groups * v->out + o) * v->in + c) * v->kernel[0] * v->kernel[1] + t;
                            const double by_y = NUMBER(n->x[x]) * NUMBER(n->weight[w]),
                                         by_x = NUMBER(n->y[y]) * NUMBER(n->weight[w]),
                                         by_w = NUMBER(n->x[x]) * NUMBER(n->y[y]);
                            n->want.y[y] += by_y, n->want.y_size[y] += fabs(by_y);
                            n->want.x[x] += by_x, n->want.x_size[x] += fabs(by_x);
                            n->want.weight[w] += by_w, n->want.weight_size[w] += fabs(by_w);
                        }
}

static numbers make(const shape *s, bool bf16) {
    numbers n = {.v = {.batch = s->batch, .groups = s->groups, .in = s->in, .out = s->out}};
    sg_conv *v = &n.v;
    int64_t size[2] = {s->height, s->width}, out[2];
    for (int d = 0; d < 2; d++) {
        v->kernel[d] = s->kernel[d], v->stride[d] = s->stride[d], v->pad[d] = s->pad[d];
        v->dilation[d] = s->dilation[d];
        size[d] += s->more[d];
        out[d] = (size[d] + 2 * v->pad[d] - (v->kernel[d] - 1) * v->dilation[d] - 1) / v->stride[d] + 1;
    }
    v->height = size[0], v->width = size[1], v->rows = out[0], v->columns = out[1];
    v->taps = v->in * v->kernel[0] * v->kernel[1], v->pixels = v->rows * v->columns;
    n.x_count = v->batch * v->groups * v->in * v->height * v->width;
    n.y_count = v->batch * v->groups * v->out * v->pixels;
    n.weight_count = v->groups * v->out * v->taps;
    n.x = entries(n.x_count, 1), n.y = entries(n.y_count, 777), n.weight = entries(n.weight_count, 5000);
    n.bias = entries(v->groups * (v->in + v->out), 99);
    n.want = (sums){zeros(n.x_count), zeros(n.y_count), zeros(n.weight_count),
                    zeros(n.x_count), zeros(n.y_count), zeros(n.weight_count)};
    add_sums(&n, bf16);
    return n;
}

static void drop(numbers *n) {
    free(n->x), free(n->y), free(n->weight), free(n->bias);
    free(n->want.x), free(n->want.y), free(n->want.weight);
    free(n->want.x_size), free(n->want.y_size), free(n->want.weight_size);
}

static void compare(const char *what, int64_t count, const float *got, const double *want, const double *size,
                    const float *bias, int64_t plane, int64_t channels) {
    for (int64_t i = 0; i < count; i++) {
        const double add = bias ? (double)bias[i / plane % channels] : 0;
        if (!(fabs((double)got[i] - want[i] - add) <= 1e-6 * (size[i] + 1)))
            ck_abort_msg("%s, element %d: %.9g, not %.9g", what, (int)i, (double)got[i], want[i] + add);
    }
}

enum { GUARD = 64, BATCH = 128 /* of the program */ };

static char *poisoned(size_t bytes) {
    char *space = aligned_alloc(64, (bytes + GUARD + 63) / 64 * 64);
    memset(space, 0xff, bytes + GUARD); /* NaN */
    return space;
}

static void check_guard(const char *what, char *space, size_t bytes) {
    for (int i = 0; i < GUARD; i++)
        if (space[bytes + (size_t)i] != (char)0xff) ck_abort_msg("%s: written behind the scratch", what);
    free(space);
}

static float *run_pieces(const char *what, const sg_task *task, const sg_gemm_turned *turned,
                         const numbers *n, bool transposed, const float *weight, bool packed, bool biased,
                         int64_t piece) {
    const sg_conv *v = &n->v;
    const int64_t most = sg_conv_turned_samples(v, SG_F32, BATCH, transposed);
    if (!most) ck_abort_msg("%s: is not for turned maps", what);
    const int64_t x_sample = v->groups * v->in * v->height * v->width,
                  y_sample = v->groups * v->out * v->pixels;
    const int64_t from = transposed ? y_sample : x_sample, to = transposed ? x_sample : y_sample;
    const size_t bytes = sg_conv_turned_scratch(v, SG_F32, BATCH, transposed);
    float *got = malloc(sizeof(float) * (size_t)(to * v->batch));
    memset(got, 0xff, sizeof(float) * (size_t)(to * v->batch));
    for (int64_t s = 0; s < v->batch; s += piece) {
        sg_conv part = *v;
        sg_task own = *task;
        own.scratch = poisoned(bytes);
        part.batch = s + piece < v->batch ? piece : v->batch - s;
        sg_conv_turned_run(&own, turned, &part, most, transposed, (transposed ? n->y : n->x) + s * from,
                           weight, packed, biased ? n->bias : NULL, got + s * to);
        check_guard(what, own.scratch, bytes);
    }
    return got;
}

/* By the op, in two tasks. */
static float *pack_weight(const sg_gemm_variant *variant, bool bf16, const numbers *n, bool transposed) {
    const sg_products products = {.own = variant, .rounded = bf16};
    const sg_shape whole = SG_SHAPE(n->v.out, n->v.in, n->v.kernel[0], n->v.kernel[1]);
    const sg_attr attr[] = {{.set = true, .present = true, .i = transposed}};
    float *packed = malloc(sizeof(float) * (size_t)n->weight_count);
    memset(packed, 0xff, sizeof(float) * (size_t)n->weight_count);
    sg_tensor in = sg_tensor_view(SG_F32, whole, n->weight), out = sg_tensor_view(SG_F32, whole, packed);
    sg_task task = {.attr = attr, .products = &products, .in = &in, .out = &out};
    const sg_signature signature = {.in = (const sg_typed[]){{SG_F32, whole}}, .attr = attr};
    sg_domain domain = {0};
    sg_pack_conv_op.domain(&signature, &domain);
    const int64_t items = domain.items;
    for (int half = 0; half < 2; half++) {
        task.begin = half ? items / 2 : 0;
        task.count = half ? items - items / 2 : items / 2;
        if (task.count) sg_pack_conv_op.kernels[0].function(&task);
    }
    return packed;
}

static void check_run(const char *what, const sg_task *task, const sg_gemm_variant *variant, bool bf16,
                      const numbers *n, bool transposed, bool biased, int64_t piece) {
    const sg_gemm_turned *turned = bf16 ? variant->turned_bf16 : variant->turned_f32;
    const sg_conv *v = &n->v;
    const int64_t to = transposed ? n->x_count / v->batch : n->y_count / v->batch;
    float *got = run_pieces(what, task, turned, n, transposed, n->weight, false, biased, piece);
    if (v->groups == 1) {
        float *packed = pack_weight(variant, bf16, n, transposed);
        float *same = run_pieces(what, task, turned, n, transposed, packed, true, biased, piece);
        if (memcmp(got, same, sizeof(float) * (size_t)(to * v->batch)) != 0)
            ck_abort_msg("%s: other bits with a packed weight", what);
        free(packed), free(same);
    }
    compare(what, to * v->batch, got, transposed ? n->want.x : n->want.y,
            transposed ? n->want.x_size : n->want.y_size, biased ? n->bias : NULL,
            transposed ? v->height * v->width : v->pixels, v->groups * (transposed ? v->in : v->out));
    free(got);
}

static void check_weight(const char *what, const sg_gemm_turned *turned, const numbers *n, int64_t piece) {
    const sg_conv *v = &n->v;
    const int64_t most = sg_conv_turned_weight_samples(v, SG_F32, BATCH), count = sg_conv_turned_sums(v);
    const size_t bytes = sg_conv_turned_weight_scratch(v, SG_F32, BATCH);
    float *kept = calloc((size_t)count, sizeof *kept), *got = malloc(sizeof(float) * (size_t)n->weight_count);
    memset(got, 0xff, sizeof(float) * (size_t)n->weight_count);
    for (int64_t s = 0; s < v->batch; s += piece) {
        sg_conv part = *v;
        char *space = poisoned(bytes);
        part.batch = s + piece < v->batch ? piece : v->batch - s;
        sg_conv_turned_weight(turned, &part, most, n->x + s * v->groups * v->in * v->height * v->width,
                              n->y + s * v->groups * v->out * v->pixels, kept, space);
        check_guard(what, space, bytes);
    }
    sg_conv_turned_weight_write(turned, v, kept, got);
    compare(what, n->weight_count, got, n->want.weight, n->want.weight_size, NULL, 1, 1);
    free(kept), free(got);
}

static const shape shapes[] = {
    /* batch, groups, in, out, height, width, kernel, stride, pad, dilation, more, task */
    {16, 1, 3, 5, 6, 6, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {0, 0}, 16},   /* whole vectors of samples */
    {32, 1, 17, 15, 4, 4, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {0, 0}, 32}, /* and two of them */
    {9, 1, 4, 30, 8, 6, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {0, 1}, 9},    /* not whole ones: rows with zeros */
    {11, 2, 20, 33, 5, 7, {3, 2}, {1, 1}, {2, 1}, {1, 1}, {0, 0}, 4},  /* groups; tasks of fewer samples */
    {7, 1, 2, 3, 9, 11, {2, 3}, {3, 2}, {0, 2}, {2, 3}, {1, 1}, 5},    /* gaps, and rows that nothing sees */
    {8, 1, 1, 40, 7, 8, {5, 4}, {1, 3}, {2, 3}, {1, 1}, {0, 0}, 8},    /* strides above 2 */
    {20, 1, 5, 2, 1, 2, {1, 3}, {1, 2}, {0, 1}, {1, 1}, {0, 0}, 20},   /* hardly a map */
    {17, 1, 3, 4, 3, 2, {3, 3}, {4, 4}, {1, 1}, {1, 1}, {0, 0}, 17},   /* strides beyond the map */
    {3, 1, 3, 9, 4, 32, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {0, 0}, 3},  /* rows as they are, two maps and one */
    {5, 2, 33, 2, 3, 32, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {0, 0}, 2}, /* and none dealt out */
    {2, 1, 6, 31, 3, 64, {2, 2}, {2, 2}, {0, 0}, {1, 1}, {1, 0}, 1}, /* and longer ones */
    {4, 1, 2, 2, 2, 16, {1, 5}, {1, 1}, {0, 2}, {1, 1}, {0, 0}, 4},
    /* Larger maps, whose weight's gradient is made otherwise. */
    {3, 1, 5, 7, 14, 14, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {0, 0}, 3},   /* rows that nearly fill a vector */
    {2, 2, 4, 15, 11, 28, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {0, 0}, 1},  /* or two */
    {2, 1, 3, 6, 9, 56, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {0, 0}, 2},    /* and are dealt out */
    {2, 1, 2, 3, 90, 100, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {0, 0}, 2},  /* in strips */
    {2, 1, 3, 4, 150, 62, {5, 3}, {1, 1}, {4, 2}, {2, 2}, {0, 0}, 1},  /* that see rows far away */
    {2, 1, 2, 3, 180, 220, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {0, 0}, 2}, /* dealt out */
    {2, 1, 1, 2, 484, 96, {7, 7}, {3, 2}, {0, 3}, {1, 1}, {2, 0}, 2},  /* which do not see the last rows */
    {2, 1, 2, 3, 301, 60, {1, 3}, {6, 1}, {0, 1}, {1, 1}, {0, 0}, 1},  /* nor most others */
};

static void check_variant(const sg_gemm_variant *variant, bool bf16, const shape *s, int at) {
    const sg_gemm_turned *turned = bf16 ? variant->turned_bf16 : variant->turned_f32;
    numbers n = make(s, bf16);
    for (int i = 0; sg_loops_at(i); i++) {
        if (!sg_loops_supported(sg_loops_at(i))) continue;
        const sg_task task = {.loops = sg_loops_at(i)};
        char what[96];
#define NAME(of) \
    (snprintf(what, sizeof what, "%s, %s, shape %d: %s", variant->name, bf16 ? "bf16" : "f32", at, of), what)
        check_run(NAME("convolution"), &task, variant, bf16, &n, false, true, s->task);
        check_run(NAME("transpose"), &task, variant, bf16, &n, true, true, s->task);
        check_run(NAME("transpose without bias"), &task, variant, bf16, &n, true, false, s->batch);
        if (sg_conv_turned_weight_samples(&n.v, SG_F32, BATCH))
            check_weight(NAME("weight"), turned, &n, s->task);
    }
    drop(&n);
}

START_TEST(against_sums) {
    for (int i = 0; variant_at(i); i++)
        for (int bf16 = 0; bf16 < 2; bf16++) check_variant(variant_at(i), bf16, shapes + _i, _i);
}
END_TEST

/* A sample's numbers depend neither on the others nor on how many there are in a task. */
static void check_alone(const numbers *n, const sg_gemm_variant *variant, bool bf16, bool transposed) {
    const sg_conv *v = &n->v;
    const sg_gemm_turned *turned = bf16 ? variant->turned_bf16 : variant->turned_f32;
    const int64_t most = sg_conv_turned_samples(v, SG_F32, BATCH, transposed);
    const int64_t x = n->x_count / v->batch, y = n->y_count / v->batch;
    const int64_t sample = transposed ? x : y, other = transposed ? y : x;
    const float *from = transposed ? n->y : n->x;
    const size_t size = sizeof(float) * (size_t)(sample * v->batch);
    float *all = malloc(size), *one = malloc(size);
    sg_task task = {.loops = sg_loops_at(0),
                    .scratch = poisoned(sg_conv_turned_scratch(v, SG_F32, BATCH, transposed))};
    sg_conv_turned_run(&task, turned, v, most, transposed, from, n->weight, false, n->bias, all);
    for (int64_t s = 0; s < v->batch; s++) {
        sg_conv part = *v;
        part.batch = 1;
        sg_conv_turned_run(&task, turned, &part, most, transposed, from + s * other, n->weight, false,
                           n->bias, one + s * sample);
    }
    ck_assert_msg(memcmp(all, one, size) == 0, "%s, %s, transposed %d", variant->name, bf16 ? "bf16" : "f32",
                  transposed);
    free(all), free(one), free(task.scratch);
}

START_TEST(samples_alone) {
    numbers n = make(shapes + _i, false);
    for (int i = 0; variant_at(i); i++)
        for (int way = 0; way < 4; way++) check_alone(&n, variant_at(i), way & 1, way & 2);
    drop(&n);
}
END_TEST

/* What is not for turned maps. */
START_TEST(not_for_this) {
    numbers n = make(shapes, false);
    sg_conv v = n.v;
    ck_assert_int_gt(sg_conv_turned_samples(&v, SG_F32, 16, false), 0);
    ck_assert_int_eq(sg_conv_turned_samples(&v, SG_F64, 16, false), 0);
    ck_assert_int_eq(sg_conv_turned_samples(&v, SG_F32, 1, false), 0); /* is cut by rows */
    ck_assert_int_eq(sg_conv_turned_samples(&v, SG_F32, 2, false), 0); /* too few to fill a vector */
    ck_assert_int_gt(sg_conv_turned_weight_samples(&v, SG_F32, 8), 0);
    ck_assert_int_eq(sg_conv_turned_weight_samples(&v, SG_F32, 4), 0);
    v.kernel[0] = v.kernel[1] = 1;
    ck_assert_int_eq(sg_conv_turned_samples(&v, SG_F32, 16, false), 0);
    v = n.v, v.kernel[0] = 65, v.kernel[1] = 1;
    ck_assert_int_eq(sg_conv_turned_samples(&v, SG_F32, 16, false), 0);
    v = n.v, v.height = v.width = 1 << 12;
    ck_assert_int_eq(sg_conv_turned_samples(&v, SG_F32, 16, false), 0);
    ck_assert_uint_eq(sg_conv_turned_scratch(&v, SG_F32, 16, false), 0);
    drop(&n);
}
END_TEST

int main(void) {
    if (!can_run()) return 77; /* skipped */
    Suite *suite = suite_create("turned");
    TCase *all = tcase_create("turned");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, against_sums, 0, sizeof shapes / sizeof *shapes);
    tcase_add_loop_test(all, samples_alone, 0, sizeof shapes / sizeof *shapes);
    tcase_add_test(all, not_for_this);
    suite_add_tcase(suite, all);
    return unit_run(suite);
}
