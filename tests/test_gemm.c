/* Our own products, every variant that this CPU runs: held against sums in f64, and against themselves. */
#include "unit.h"
#include "variants.h"

#include "kernel/product.h"
#include "simgraph/context.h"

#include <math.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#if defined(SANITIZED) || defined(IN_C) /* slow */
enum { STEP = 7 };
#else
enum { STEP = 1 };
#endif

static alignas(64) char space[SG_GEMM_SPACE];

static float entry(int64_t i) {
    return (float)((uint64_t)i * 2654435761u >> 8 & 0xffff) / 32768 - 1;
}

/* To the nearest bf16, halves to even, by the numbers alone. */
static double rounded(float x) {
    if (x == 0 || !isfinite(x)) return (double)x;
    int exponent;
    double part = frexp((double)x, &exponent);
    return ldexp(nearbyint(ldexp(part, 8)), exponent - 8);
}

typedef struct product {
    bool ta, tb;
    int64_t m, n, k;
    float alpha, beta;
    bool bias;
    int64_t lda, ldb, ldc;
    float *a, *b, *c, *before, *add;
} product;

static void make(product *p) {
    p->lda = (p->ta ? p->m : p->k) + 3, p->ldb = (p->tb ? p->k : p->n) + 5, p->ldc = p->n + 2;
    int64_t a = p->lda * (p->ta ? p->k : p->m), b = p->ldb * (p->tb ? p->n : p->k), c = p->ldc * p->m;
    /* Of just the size that is needed: a read behind the last row is one that a sanitizer sees. */
    a -= 3, b -= 5;
    p->a = malloc(sizeof(float) * (size_t)a), p->b = malloc(sizeof(float) * (size_t)b);
    p->c = malloc(sizeof(float) * (size_t)c), p->before = malloc(sizeof(float) * (size_t)c);
    p->add = malloc(sizeof(float) * (size_t)p->n);
    for (int64_t i = 0; i < a; i++) p->a[i] = entry(i);
    for (int64_t i = 0; i < b; i++) p->b[i] = entry(i + 12345);
    for (int64_t i = 0; i < c; i++) p->before[i] = p->beta == 0 ? NAN : entry(i + 777);
    for (int64_t i = 0; i < p->n; i++) p->add[i] = entry(i + 99);
    memcpy(p->c, p->before, sizeof(float) * (size_t)c);
}

static void clear(product *p) {
    free(p->a), free(p->b), free(p->c), free(p->before), free(p->add);
}

static void check(const sg_gemm_variant *variant, bool bf16, product p) {
    make(&p);
    memset(space, 0xff, sizeof space);
    (bf16 ? variant->bf16 : variant->f32)(p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta,
                                          p.c, p.ldc, p.bias ? p.add : NULL, space);
    for (int64_t i = 0; i < p.m; i++)
        for (int64_t j = 0; j < p.ldc; j++) {
            float got = p.c[i * p.ldc + j], before = p.before[i * p.ldc + j];
            if (j >= p.n) {
                if (memcmp(&got, &before, sizeof got)) ck_abort_msg("written outside");
                continue;
            }
            double sum = 0, size = 0;
            for (int64_t q = 0; q < p.k; q++) {
                float x = p.ta ? p.a[q * p.lda + i] : p.a[i * p.lda + q],
                      y = p.tb ? p.b[j * p.ldb + q] : p.b[q * p.ldb + j];
                double term = bf16 ? rounded(x) * rounded(y) : (double)x * (double)y;
                sum += term, size += fabs(term);
            }
            sum = (double)p.alpha * sum + (p.bias ? (double)p.add[j] : 0) +
                  (p.beta == 0 ? 0 : (double)(p.beta * before));
            if (!(fabs(sum - (double)got) <= 6e-7 * (3 + size)))
                ck_abort_msg("%s%s %d x %d x %d (%d, %d) at %d, %d: %.9g, not %.9g", variant->name,
                             bf16 ? " bf16" : "", (int)p.m, (int)p.n, (int)p.k, p.ta, p.tb, (int)i, (int)j,
                             (double)got, sum);
        }
    clear(&p);
}

#define EACH_VARIANT(v) for (int at_ = 0; (v = variant_at(at_)) != NULL; at_++)

/* All heights and widths of tiles and more, both ways round, edges of k. */
START_TEST(shapes) {
    const sg_gemm_variant *v;
    static const int64_t depth[] = {1, 2, 3, 15, 16, 17, 31, 32, 33, 70};
    static const float factor[][2] = {{1, 0}, {1, 1}, {-0.5f, 2}};
    EACH_VARIANT(v)
    for (int turn = 0; turn < 34 * 34 * 4; turn += STEP) {
        product p = {.m = 1 + turn % 34, .n = 1 + turn / 34 % 34, .ta = turn / 1156 % 2, .tb = turn / 2312};
        int pick = turn * 7 % 10;
        p.k = depth[pick], p.alpha = factor[pick % 3][0], p.beta = factor[pick % 3][1], p.bias = turn % 2;
        check(v, false, p);
        check(v, true, p);
    }
}
END_TEST

/* More than one piece of k, of the rows, of the columns. */
START_TEST(pieces) {
    const sg_gemm_variant *v;
    static const int64_t size[][3] = {{385, 33, 385}, {3, 70, 1200}, {1600, 5, 385}, {97, 130, 769}};
    EACH_VARIANT(v)
    for (int turn = 0; turn < 16; turn++) {
        const int64_t *s = size[turn / 4];
        product p = {.m = s[0],
                     .n = s[1],
                     .k = s[2],
                     .ta = turn % 2,
                     .tb = turn / 2 % 2,
                     .alpha = 1,
                     .beta = 1,
                     .bias = true};
        check(v, turn % 3 == 0, p);
    }
}
END_TEST

/* The bits of an element do not depend on where in a product it stands: the whole packs both operands, and
 * parts of few rows or columns read them where they are. */
START_TEST(places) {
    enum { M = 97, N = 83, K = 500 };
    const sg_gemm_variant *v;
    static float a[M * K], b[K * N], whole[M * N], part[M * N];
    for (int i = 0; i < M * K; i++) a[i] = entry(i);
    for (int i = 0; i < K * N; i++) b[i] = entry(i + 5);
    EACH_VARIANT(v)
    for (int turn = 0; turn < 80; turn++) {
        sg_gemm_function *gemm = turn % 2 ? v->bf16 : v->f32;
        const float beta = turn / 2 % 2 ? 0.75f : 0, *bias = turn / 4 % 2 ? b : NULL;
        const bool ta = turn / 8 % 2;
        const int64_t lda = ta ? M : K;
        int64_t i = turn * 11 % M, j = turn * 17 % N, m = 1 + turn * 5 % (M - i), n = 1 + turn * 7 % (N - j);
        for (int q = 0; q < M * N; q++) whole[q] = part[q] = entry(q + 3);
        gemm(ta, false, M, N, K, 0.3f, a, lda, b, N, beta, whole, N, bias, space);
        gemm(ta, false, m, n, K, 0.3f, a + i * (ta ? 1 : K), lda, b + j, N, beta, part + i * N + j, N,
             bias ? bias + j : NULL, space);
        for (int64_t r = 0; r < m; r++)
            ck_assert_msg(!memcmp(whole + (i + r) * N + j, part + (i + r) * N + j, sizeof(float) * (size_t)n),
                          "%s: rows %d + %d, columns %d + %d", v->name, (int)i, (int)m, (int)j, (int)n);
    }
}
END_TEST

/* A packed operand gives the bits of one that is not; it is packed as a whole, or part by part. BLAS packs
 * none, and gets the same numbers in another order. */
START_TEST(packed) {
    static const int64_t size[][3] = {{1, 1, 1},     {3, 33, 2},     {40, 70, 31},
                                      {29, 96, 385}, {400, 130, 33}, {15, 64, 1201}};
    const sg_gemm_variant *v;
    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        for (int turn = 0; turn<16; turn += STEP> 1 ? 3 : 1) {
            product p = {
                .m = size[i][0], .n = size[i][1], .k = size[i][2], .ta = turn % 2, .tb = turn / 2 % 2};
            make(&p);
            const float *bias = turn / 8 ? p.add : NULL;
            const int64_t groups = (p.n + SG_GEMM_WIDTH - 1) / SG_GEMM_WIDTH, group = SG_GEMM_WIDTH * p.k;
            float *panels = aligned_alloc(64, sizeof(float) * (size_t)(groups * group) + 64),
                  *c = malloc(sizeof(float) * (size_t)(p.m * p.ldc));
            for (int at = -1; at < 0 || (v = variant_at(at)) != NULL; at++) {
                sg_products products = {
                    .own = at < 0 ? NULL : v, .rounded = at >= 0 && turn / 4 % 2, .space = space};
                memset(space, 0xff, sizeof space);
                memset(panels, 0xff, sizeof(float) * (size_t)(groups * group));
                int64_t first = turn % 3 ? groups / 2 * SG_GEMM_WIDTH : 0;
                if (first) sg_pack_f32(&products, p.tb, p.k, 0, first, p.b, p.ldb, panels);
                sg_pack_f32(&products, p.tb, p.k, first, p.n - first, p.b, p.ldb, panels + first * p.k);
                memcpy(c, p.before, sizeof(float) * (size_t)(p.m * p.ldc));
                memcpy(p.c, p.before, sizeof(float) * (size_t)(p.m * p.ldc));
                sg_multiply_packed_f32(&products, p.ta, p.m, p.n, p.k, p.a, p.lda, panels, c, p.ldc, bias);
                sg_multiply_f32(&products, p.ta, p.tb, p.m, p.n, p.k, 1, p.a, p.lda, p.b, p.ldb, 0, p.c,
                                p.ldc, bias);
                for (int64_t q = 0; q < p.m * p.ldc; q++) {
                    const bool outside = q % p.ldc >= p.n;
                    if (at < 0 && !outside ? !(fabsf(c[q] - p.c[q]) <= 1e-6f * (float)(3 + p.k))
                                           : memcmp(c + q, p.c + q, sizeof *c) != 0)
                        ck_abort_msg("%s, %d x %d x %d, turn %d, number %d: %.9g, not %.9g",
                                     at < 0 ? "BLAS" : v->name, (int)p.m, (int)p.n, (int)p.k, turn, (int)q,
                                     (double)c[q], (double)p.c[q]);
                }
            }
            free(panels), free(c);
            clear(&p);
        }
}
END_TEST

/* Whole numbers that bf16 holds: no variant has anything to round. */
START_TEST(exact) {
    enum { M = 50, N = 40, K = 90 };
    const sg_gemm_variant *v;
    static float a[M * K], b[N * K], c[M * N];
    for (int i = 0; i < M * K; i++) a[i] = (float)(i * 7 % 511 - 255);
    for (int i = 0; i < N * K; i++) b[i] = (float)(i * 5 % 31 - 15);
    EACH_VARIANT(v)
    for (int bf16 = 0; bf16 < 2; bf16++) {
        (bf16 ? v->bf16 : v->f32)(false, true, M, N, K, 1, a, K, b, K, 0, c, N, NULL, space);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++) {
                int sum = 0;
                for (int q = 0; q < K; q++) sum += (int)a[i * K + q] * (int)b[j * K + q];
                ck_assert_int_eq((int)c[i * N + j], sum);
            }
    }
}
END_TEST

/* What is not a number stays so, infinities as IEEE says, and neither spreads to other rows or columns. */
START_TEST(not_finite) {
    enum { M = 20, N = 37, K = 35 };
    const sg_gemm_variant *v;
    static float a[M * K], b[K * N], c[M * N];
    EACH_VARIANT(v)
    for (int turn = 0; turn < 4; turn++) {
        for (int i = 0; i < M * K; i++) a[i] = 1;
        for (int i = 0; i < K * N; i++) b[i] = 1;
        float odd = turn < 2 ? NAN : INFINITY;
        a[7 * K + 34] = odd;
        (turn % 2 ? v->bf16 : v->f32)(false, false, M, N, K, 1, a, K, b, N, 0, c, N, NULL, space);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++)
                if (i != 7)
                    ck_assert(c[i * N + j] == K);
                else
                    ck_assert(turn < 2 ? isnan(c[i * N + j]) : c[i * N + j] == INFINITY);
    }
}
END_TEST

#ifndef IN_C
/* Which products a context takes. */
START_TEST(choice) {
    sg_error error = {0};
    const sg_gemm_variant *chosen, *best = NULL, *v;
    char known[200] = "openblas";
    EACH_VARIANT(v) {
        if (strcmp(v->name, "generic") != 0) best = v;
        strcat(strcat(known, ", "), v->name);
        assert_ok(sg_products_choose(&chosen, v->name, NULL, &error));
        ck_assert_ptr_eq(chosen, v);
    }
    assert_ok(sg_products_choose(&chosen, NULL, NULL, &error));
    ck_assert_ptr_eq(chosen, best);
    assert_ok(sg_products_choose(&chosen, "openblas", "avx2", &error));
    ck_assert_ptr_null(chosen);
    assert_ok(sg_products_choose(&chosen, NULL, "generic", &error));
    ck_assert_ptr_null(chosen);
    assert_ok(sg_products_choose(&chosen, "own", NULL, &error));
    ck_assert_ptr_eq(chosen, best ? best : sg_gemm_at(0));
    assert_ok(sg_products_choose(&chosen, "own", "generic", &error));
    ck_assert_ptr_eq(chosen, sg_gemm_at(0));
    char message[300];
    snprintf(message, sizeof message, "there are no products \"mkl\": use one of %s", known);
    assert_fails(sg_products_choose(&chosen, "mkl", NULL, &error), SG_BAD_USAGE, message);
    for (int i = 0; (v = sg_gemm_at(i)) != NULL; i++) {
        if (sg_gemm_supported(v)) continue;
        snprintf(message, sizeof message, "this cpu cannot run the products \"%s\": use one of %s", v->name,
                 known);
        assert_fails(sg_products_choose(&chosen, v->name, NULL, &error), SG_BAD_USAGE, message);
    }
    /* And the context tells it. */
    sg_context *context;
    assert_ok(sg_context_create(
        &context, &(sg_context_options){.size = sizeof(sg_context_options), .product = "generic"}, &error));
    ck_assert_int_eq(strncmp(sg_context_product(context), "own generic; f64: OpenBLAS 0.", 29), 0);
    ck_assert_str_eq(sg_context_product_of(context, SG_F32), "own generic");
    ck_assert_str_eq(sg_context_product_of(context, SG_BF16), "own generic");
    ck_assert_int_eq(strncmp(sg_context_product_of(context, SG_F64), "OpenBLAS 0.", 11), 0);
    sg_context_destroy(context);
    assert_ok(sg_context_create(
        &context, &(sg_context_options){.size = sizeof(sg_context_options), .product = "openblas"}, &error));
    ck_assert_int_eq(strncmp(sg_context_product(context), "OpenBLAS 0.", 11), 0);
    ck_assert_ptr_nonnull(strstr(sg_context_product(context), " ("));
    ck_assert_str_eq(sg_context_product_of(context, SG_F32), sg_context_product(context));
    snprintf(message, sizeof message, "own %s", best ? best->name : "generic");
    ck_assert_str_eq(sg_context_product_of(context, SG_BF16), message);
    sg_context_destroy(context);
}
END_TEST
#endif

/* ---- operands by lines ---- */

/* Numbers scattered over an array of NaN: lines and runs the other way round, with gaps. */
typedef struct scattered {
    sg_gemm_lines lines;
    float *data;
    int64_t *line, *at;
    int64_t size, gap;
} scattered;

static scattered scatter(bool across, int64_t lines, int64_t length, int64_t run, int64_t seed) {
    const int64_t runs = (length + run - 1) / run, gap = run + 3;
    scattered s = {.size = lines * runs * gap, .gap = gap};
    s.data = malloc(sizeof(float) * (size_t)s.size);
    s.line = malloc(sizeof(int64_t) * (size_t)lines), s.at = malloc(sizeof(int64_t) * (size_t)runs);
    for (int64_t i = 0; i < s.size; i++) s.data[i] = NAN;
    for (int64_t l = 0; l < lines; l++) s.line[l] = (lines - 1 - l) * runs * gap;
    for (int64_t r = 0; r < runs; r++) s.at[r] = (runs - 1 - r) * gap;
    for (int64_t l = 0; l < lines; l++)
        for (int64_t e = 0; e < length; e++)
            s.data[s.line[l] + s.at[e / run] + e % run] = entry(seed + l * length + e);
    s.lines = (sg_gemm_lines){.data = s.data, .across = across, .line = s.line, .run = run, .at = s.at};
    return s;
}

static float scattered_at(const scattered *s, int64_t k, int64_t i) {
    const int64_t l = s->lines.across ? i : k, e = s->lines.across ? k : i;
    return s->data[s->line[l] + s->at[e / s->lines.run] + e % s->lines.run];
}

static void drop_scattered(scattered *s) {
    free(s->data), free(s->line), free(s->at);
}

typedef struct lined_case {
    int turn;
    bool bf16, a_across, b_across, keep, biased;
    int64_t m, n, k, a_run, b_run, c_run; /* c_run 0: columns follow each other */
} lined_case;

static void check_lined(const sg_gemm_variant *variant, const lined_case *l) {
    const bool bf16 = l->bf16;
    const int64_t m = l->m, n = l->n, k = l->k;
    scattered a = scatter(l->a_across, l->a_across ? m : k, l->a_across ? k : m, l->a_run, 1);
    scattered b = scatter(l->b_across, l->b_across ? n : k, l->b_across ? k : n, l->b_run, 10000);
    scattered c = scatter(false, m, n, l->c_run ? l->c_run : n, 5);
    float *before = malloc(sizeof(float) * (size_t)c.size), bias[31];
    memcpy(before, c.data, sizeof(float) * (size_t)c.size);
    for (int i = 0; i < 31; i++) bias[i] = entry(i + 50);
    /* Rows of the result are evenly apart: from the last one backwards. */
    const sg_gemm_lined lined = {.m = m,
                                 .n = n,
                                 .k = k,
                                 .a = a.lines,
                                 .b = b.lines,
                                 .beta = l->keep ? 1 : 0,
                                 .c = c.data + c.line[0],
                                 .ldc = m > 1 ? c.line[1] - c.line[0] : 0,
                                 .c_run = l->c_run,
                                 .c_at = c.at,
                                 .row_bias = l->biased ? bias : NULL};
    memset(space, 0xff, sizeof space);
    (bf16 ? variant->lined_bf16 : variant->lined_f32)(&lined, space);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            const int64_t at = c.line[i] + c.at[j / c.lines.run] + j % c.lines.run;
            double sum = lined.row_bias ? (double)bias[i] : 0, size = 3;
            for (int64_t q = 0; q < k; q++) {
                const float x = scattered_at(&a, q, i), y = scattered_at(&b, q, j);
                const double term = bf16 ? rounded(x) * rounded(y) : (double)x * (double)y;
                sum += term, size += fabs(term);
            }
            if (l->keep) sum += (double)before[at];
            if (!(fabs(sum - (double)c.data[at]) <= 6e-7 * size))
                ck_abort_msg("%s, turn %d at %d, %d: %.9g, not %.9g", variant->name, l->turn, (int)i, (int)j,
                             (double)c.data[at], sum);
            c.data[at] = NAN;
        }
    for (int64_t i = 0; i < c.size; i++)
        if (c.data[i] == c.data[i]) ck_abort_msg("%s, turn %d: written outside", variant->name, l->turn);
    drop_scattered(&a), drop_scattered(&b), drop_scattered(&c);
    free(before);
}

START_TEST(lines) {
    const sg_gemm_variant *v;
    EACH_VARIANT(v)
    for (int turn = 0; turn < 1056; turn += STEP) {
        static const int64_t runs[] = {1, 2, 3, 4, 7, 8, 14, 16, 17, 32, 100},
                             depths[] = {1, 2, 15, 33, 70, 400};
        const lined_case l = {.turn = turn,
                              .bf16 = turn % 2,
                              .a_across = turn / 2 % 2,
                              .b_across = turn / 4 % 2,
                              .keep = turn / 8 % 2,
                              .biased = turn % 3,
                              .m = 1 + turn * 5 % 31,
                              .n = 1 + turn * 11 % 67,
                              .k = depths[turn % 6],
                              .a_run = runs[turn * 3 % 11],
                              .b_run = runs[turn % 11],
                              .c_run = runs[turn * 7 % 11]};
        check_lined(v, &l);
    }
}
END_TEST

/* Runs of whole vectors along k, of both: such products are not packed, unless k is short. */
START_TEST(lines_across) {
    const sg_gemm_variant *v;
    EACH_VARIANT(v)
    for (int turn = 0; turn < 210; turn += STEP) {
        const int64_t run = 32 * (1 + turn % 3);
        const lined_case l = {.turn = turn,
                              .bf16 = turn % 2,
                              .a_across = true,
                              .b_across = true,
                              .keep = turn / 2 % 2,
                              .m = 1 + turn % 17,
                              .n = 1 + turn % 7 * (turn % 5),
                              .k = run * (1 + turn % 4),
                              .a_run = run * (1 + turn % 2),
                              .b_run = run};
        check_lined(v, &l);
    }
}
END_TEST

int main(void) {
    if (!can_run()) return 77; /* skipped */
    const TTest *const tests[] = {shapes, pieces, places, packed, exact, not_finite, lines, lines_across,
#ifndef IN_C
                                  choice,
#endif
                                  NULL};
    return unit_run(unit_suite("gemm", tests));
}
