/* Contexts and matrix products. */
#include "unit.h"

#include "base/workers.h"
#include "kernel/loops.h"
#include "kernel/product.h"
#include "simgraph/context.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

START_TEST(contexts) {
    sg_error error = {0};
    sg_context *context;
    assert_ok(sg_context_create(&context, NULL, &error));
    ck_assert_int_eq(sg_context_threads(context), sg_cpu_count());
    ck_assert_str_eq(sg_context_cpu(context), sg_loops_best()->name);
    sg_context_destroy(context);
    sg_context_destroy(NULL);
    sg_context_options options = {.size = sizeof options, .threads = 3, .cpu = "generic"};
    assert_ok(sg_context_create(&context, &options, &error));
    ck_assert_int_eq(sg_context_threads(context), 3);
    ck_assert_str_eq(sg_context_cpu(context), "generic");
    ck_assert_str_eq(sg_context_product_of(context, SG_BF16), "own generic");
    sg_context_destroy(context);
    /* A caller that knows the structure up to `threads` only. */
    options.size = offsetof(sg_context_options, cpu), options.cpu = "nonsense";
    assert_ok(sg_context_create(&context, &options, &error));
    ck_assert_int_eq(sg_context_threads(context), 3);
    sg_context_destroy(context);
}
END_TEST

START_TEST(bad_contexts) {
    sg_error error = {0};
    sg_context *context = (sg_context *)&error;
    sg_context_options options = {.size = sizeof options, .cpu = "sse9"};
    char message[200] = "there is no cpu variant \"sse9\": use one of generic";
    const sg_loops *loops;
    for (int i = 1; (loops = sg_loops_at(i)) != NULL; i++)
        if (sg_loops_supported(loops)) strcat(strcat(message, ", "), loops->name);
    assert_fails(sg_context_create(&context, &options, &error), SG_BAD_USAGE, message);
    ck_assert_ptr_null(context);
    options.cpu = NULL, options.threads = -2;
    assert_fails(sg_context_create(&context, &options, &error), SG_BAD_USAGE,
                 "-2 threads: give a number from 1 to 1024, or 0 for one per cpu");
    ck_assert_ptr_null(context);
}
END_TEST

enum { ROOM = 40 * 40 };

static double entry(int i) {
    return (double)((i * 2654435761u >> 8) % 2001) / 1000 - 1;
}

/* Every combination of sizes, transposes and factors against sums in f64; rows lie apart by more than they
 * need, and what lies between them stays. */
#define CHECK_PRODUCTS(T, gemm, tolerance)                                                                   \
    do {                                                                                                     \
        static T a[ROOM], b[ROOM], c[ROOM], c0[ROOM];                                                        \
        static const int64_t size[] = {0, 1, 2, 5, 17, 33};                                                  \
        static const double factor[][2] = {{1, 0}, {1, 1}, {-0.5, 2}, {0, 1}, {0, 0}};                       \
        for (int i = 0; i < ROOM; i++)                                                                       \
            a[i] = (T)entry(i), b[i] = (T)entry(i + 999), c0[i] = (T)entry(i + 77);                          \
        for (int turn = 0; turn < 6 * 6 * 6 * 4 * 5; turn++) {                                               \
            int64_t m = size[turn % 6], n = size[turn / 6 % 6], k = size[turn / 36 % 6], lda = 35, ldb = 36, \
                    ldc = 37;                                                                                \
            bool ta = turn / 216 % 2, tb = turn / 432 % 2;                                                   \
            T alpha = (T)factor[turn / 864][0], beta = (T)factor[turn / 864][1];                             \
            for (int i = 0; i < ROOM; i++) c[i] = beta == 0 ? (T)NAN : c0[i];                                \
            gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                                      \
            for (int64_t i = 0; i < ROOM; i++) {                                                             \
                int64_t row = i / ldc, column = i % ldc;                                                     \
                double sum = 0, got = (double)c[i];                                                          \
                if (row >= m || column >= n) {                                                               \
                    if (!(beta == 0 ? isnan(c[i]) : c[i] == c0[i])) ck_abort_msg("written outside");         \
                    continue;                                                                                \
                }                                                                                            \
                for (int64_t p = 0; p < k; p++)                                                              \
                    sum += (double)(ta ? a[p * lda + row] : a[row * lda + p]) *                              \
                           (double)(tb ? b[column * ldb + p] : b[p * ldb + column]);                         \
                sum = (double)alpha * sum + (beta == 0 ? 0 : (double)beta * (double)c0[i]);                  \
                if (!(fabs(sum - got) <= (tolerance)))                                                       \
                    ck_abort_msg("%d x %d x %d: %g, not %g", (int)m, (int)n, (int)k, got, sum);              \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

START_TEST(products) {
    sg_product_prepare();
    CHECK_PRODUCTS(float, sg_gemm_f32, 1e-5);
    CHECK_PRODUCTS(double, sg_gemm_f64, 1e-13);
}
END_TEST

/* The distance between rows of a matrix with one row is of no matter, not even where BLAS would refuse it. */
START_TEST(single_rows) {
    const float a[] = {1, 2, 3}, b[] = {4, 5, 6};
    float c[9] = {0};
    sg_product_prepare();
    sg_gemm_f32(false, true, 1, 1, 3, 1, a, 0, b, 0, 0, c, 0);
    ck_assert(c[0] == 32);
    sg_gemm_f32(true, false, 3, 3, 1, 1, a, 1, b, INT64_C(1) << 40, 0, c, 3);
    ck_assert(c[0] == 4 && c[5] == 12 && c[8] == 18);
    sg_gemm_f32(false, false, 1, 3, 1, 2, a, INT64_C(1) << 40, b, 0, 1, c, -1);
    ck_assert(c[0] == 12 && c[2] == 18);
}
END_TEST

/* Products by several workers at once give the bits that one alone gives. */
enum { SIDE = 96, CALLS = 40 };
static float left[SIDE * SIDE], right[SIDE * SIDE], alone[SIDE * SIDE];
static atomic_int differences;

static void multiply(void *data, int worker, int workers) {
    static _Thread_local float c[SIDE * SIDE];
    (void)data, (void)worker, (void)workers;
    for (int i = 0; i < CALLS; i++) {
        sg_gemm_f32(false, true, SIDE, SIDE, SIDE, 1, left, SIDE, right, SIDE, 0, c, SIDE);
        if (memcmp(c, alone, sizeof c) != 0) atomic_fetch_add(&differences, 1);
    }
}

START_TEST(products_at_once) {
    sg_error error = {0};
    sg_workers *workers;
    for (int i = 0; i < SIDE * SIDE; i++) left[i] = (float)entry(i), right[i] = (float)entry(i + 5);
    sg_product_prepare();
    sg_gemm_f32(false, true, SIDE, SIDE, SIDE, 1, left, SIDE, right, SIDE, 0, alone, SIDE);
    assert_ok(sg_workers_create(&workers, 4, &error));
    sg_workers_run(workers, multiply, NULL);
    sg_workers_destroy(workers);
    ck_assert_int_eq(atomic_load(&differences), 0);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {contexts, bad_contexts, products, single_rows, products_at_once, NULL};
    return unit_run(unit_suite("context", tests));
}
