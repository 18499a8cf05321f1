/* Nanoseconds per element of the inner loops, for every variant that this CPU runs.
 *
 * usage: bench_loops [ELEMENTS [VARIANT]]     (4096 elements, all variants) */
#include "kernel/loops.h"
#include "simgraph/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW = 384, MOST = 1 << 20 };

static float a[MOST], b[MOST], c[MOST], d[MOST];
static int32_t flags[MOST];
static uint32_t words[MOST];
static double normal[MOST];
static volatile double sink;

/* The best of several rounds of about a millisecond. */
#define BENCH(title, n, CALL)                                            \
    do {                                                                 \
        double best = 1e9;                                               \
        for (int round = 0; round < 7; round++) {                        \
            int turns = 0;                                               \
            double start = sg_clock(), end = start;                      \
            for (; end - start < 1e-3; turns += 4, end = sg_clock())     \
                for (int k = 0; k < 4; k++) CALL;                        \
            double each = (end - start) / turns / (double)(n);           \
            if (each < best) best = each;                                \
        }                                                                \
        printf("%-8s %-22s %8.3f ns\n", loops->name, title, best * 1e9); \
    } while (0)

static void fill(float *x, float low, float high) {
    for (int i = 0; i < MOST; i++)
        x[i] = low + (high - low) * (float)((unsigned)i * 2654435761u >> 8) * 0x1p-24f;
}

static void bench(const sg_loops *loops, int64_t n) {
    static const char *const unary[] = {"neg",    "abs",  "exp",     "log",  "sqrt", "rsqrt",
                                        "square", "tanh", "sigmoid", "relu", "gelu", "gelu_tanh",
                                        "silu",   "erf",  "sign",    "sin",  "cos"};
    static const char *const slope[] = {"relu gradient", "gelu gradient", "gelu_tanh gradient",
                                        "silu gradient"};
    static const char *const binary[] = {"add",     "sub",     "mul",       "div", "pow",
                                         "maximum", "minimum", "floor_div", "mod"};
    const int64_t rows = n / ROW > 0 ? n / ROW : 1;
    fill(a, 0.01f, 4);
    fill(b, -3, 3);
    for (int i = 0; i < SG_UNARY_COUNT; i++) {
        const float *x = i == SG_UNARY_LOG || i == SG_UNARY_SQRT || i == SG_UNARY_RSQRT ? a : b;
        BENCH(unary[i], n, loops->unary_f32[i](n, x, c));
    }
    for (int i = 0; i < SG_UNARY_GRADIENT_COUNT; i++)
        BENCH(slope[i], n, loops->unary_gradient_f32[i](n, b, a, c));
    for (int i = 0; i < SG_BINARY_COUNT; i++)
        BENCH(binary[i], n, loops->binary_f32[i][SG_ARRAY_ARRAY](n, a, b, c));
    BENCH("pow scalar", n, loops->binary_f32[SG_BINARY_POW][SG_ARRAY_SCALAR](n, a, b, c));
    BENCH("lt", n, loops->compare_f32[SG_COMPARE_LT][SG_ARRAY_ARRAY](n, a, b, flags));
    BENCH("where", n, loops->where_f32(n, flags, a, b, c));
    BENCH("l1", n, sink += loops->loss_f32[SG_LOSS_L1](n, 1, a, b, c));
    BENCH("l1 gradient", n, loops->loss_gradient_f32[SG_LOSS_L1][0](n, 1, 1, a, b, b, d));
    BENCH("bce_logits", n, sink += loops->loss_f32[SG_LOSS_BCE_LOGITS](n, 1, b, a, c));
    BENCH("fill", n, loops->fill_f32(n, 1, c));
    BENCH("accumulate", n, loops->accumulate_f32(n, a, c));
    BENCH("axpy", n, loops->axpy_f32(n, 1e-9f, a, c));
    BENCH("sum", n, sink += loops->sum_f32(n, a));
    BENCH("dot", n, sink += loops->dot_f32(n, a, b));
    BENCH("max", n, sink += (double)loops->max_f32(n, a));
    BENCH("all_finite", n, sink += loops->all_finite_f32(n, a));
    BENCH("add_bias", rows * ROW, loops->add_bias_f32(rows, ROW, a, b, c));
    BENCH("sum_rows", rows * ROW, loops->sum_rows_f32(rows, ROW, b, c));
    BENCH("softmax 384", rows * ROW, loops->softmax_f32(rows, ROW, b, c));
    BENCH("softmax 50", n / 50 * 50, loops->softmax_f32(n / 50, 50, b, c));
    BENCH("softmax gradient 50", n / 50 * 50, loops->softmax_gradient_f32(n / 50, 50, a, b, c));
    BENCH("log_softmax 50", n / 50 * 50, loops->log_softmax_f32(n / 50, 50, b, c));
    BENCH("layer_norm", rows * ROW, loops->layer_norm_f32(rows, ROW, a, b, b, 1e-5, c, d, d + rows));
    BENCH("layer_norm gradient", rows * ROW,
          loops->layer_norm_gradient_f32(rows, ROW, a, b, d, d + rows, b, c, d + 4096, d + 8192));
    fill(d, -1, 1);
    sg_adamw adamw = {1e-9, 0.9, 0.999, 1e-8, 0.05, 1, 1, 1};
    BENCH("adamw", n, loops->adamw_f32(n, &adamw, c, b, d, a));
    sg_sgd sgd = {1e-9, 0.9, 0.05, 1, false};
    BENCH("sgd", n, loops->sgd_f32(n, &sgd, c, b, d));
    BENCH("draw_words", n / 4 * 4, loops->draw_words(1, 0, n / 4, 2, 3, 4, words));
    BENCH("normal", n / 2 * 2, loops->normal(n / 2, words, normal));
}

int main(int argc, char **argv) {
    int64_t n = argc > 1 ? atoll(argv[1]) : 4096;
    if (n < 64 || n > MOST) {
        fprintf(stderr, "bench_loops: give a number of elements from 64 to %d\n", MOST);
        return 2;
    }
    const sg_loops *loops;
    for (int i = 0; (loops = sg_loops_at(i)) != NULL; i++)
        if (sg_loops_supported(loops) && (argc < 3 || strcmp(argv[2], loops->name) == 0)) bench(loops, n);
    return 0;
}
