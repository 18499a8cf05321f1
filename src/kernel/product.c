#include "kernel/product.h"

#include <cblas.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <strings.h>

/* ---- what the process has for a BLAS ----
 *
 * File-level state, the only such in the library: it mirrors state that OpenBLAS itself keeps for the
 * process. */

enum { SERIAL = 0, PTHREAD = 1, OPENMP = 2 };

static atomic_int flavour = PTHREAD;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* OpenMP keeps the number of threads for each calling thread. */
static _Thread_local bool thread_is_set;

static void set_openmp_thread(void) {
    void (*set)(int);
    *(void **)&set = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (set) set(1);
    thread_is_set = true;
}

void sg_product_prepare(void) {
    openblas_set_num_threads(1);
    int kind = openblas_get_parallel();
    if (kind == OPENMP) set_openmp_thread();
    atomic_store(&flavour, kind);
}

/* One buffer for each caller, taken all at once: freed ones stay in OpenBLAS's table for later products. */
static void take_buffers(void *(*take)(int), void (*give_back)(void *), int count) {
    void *buffer = count > 0 ? take(0) : NULL;
    if (count > 1) take_buffers(take, give_back, count - 1);
    if (buffer) give_back(buffer);
}

sg_status sg_product_reserve(int threads, sg_error *error) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SG_OK;
    size_t bytes = (size_t)threads * SG_PRODUCT_BYTES;
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return sg_fail(error, SG_OUT_OF_MEMORY,
                       "the matrix products of %d thread%s need %zu MiB of address space, which the limit of "
                       "this process does not leave: ask for fewer threads or raise it (ulimit -v)",
                       threads, sg_plural(threads), bytes >> 20);
    munmap(room, bytes);
    void *(*take)(int);
    void (*give_back)(void *);
    *(void **)&take = dlsym(RTLD_DEFAULT, "blas_memory_alloc");
    *(void **)&give_back = dlsym(RTLD_DEFAULT, "blas_memory_free");
    if (take && give_back) take_buffers(take, give_back, threads);
    return SG_OK;
}

const char *sg_product_name(char buffer[SG_PRODUCT_NAME]) {
    int kind = openblas_get_parallel();
    char version[32] = "";
    if (sscanf(openblas_get_config(), "OpenBLAS %31s", version) != 1) version[0] = 0;
    snprintf(buffer, SG_PRODUCT_NAME, "OpenBLAS %s %s (%s)", version, openblas_get_corename(),
             kind == SERIAL   ? "serial"
             : kind == OPENMP ? "openmp"
                              : "pthread");
    return buffer;
}

const char *sg_product_core(void) {
    return openblas_get_corename();
}

const char *sg_product_better_core(bool avx2, bool avx512) {
    static const char *const with_avx2[] = {"Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"};
    const char *core = openblas_get_corename();
    for (size_t i = 0; i < sizeof with_avx2 / sizeof *with_avx2; i++)
        if (strcasecmp(core, with_avx2[i]) == 0) return NULL;
    return avx512 ? "SkylakeX" : avx2 ? "Haswell" : NULL;
}

/* Is this call to be made alone? Then the lock is taken. */
static bool enter(void) {
    int kind = atomic_load_explicit(&flavour, memory_order_relaxed);
    if (kind == OPENMP && !thread_is_set) set_openmp_thread();
    if (kind == SERIAL) pthread_mutex_lock(&turn);
    return kind == SERIAL;
}

static void leave(bool alone) {
    if (alone) pthread_mutex_unlock(&turn);
}

/* ---- products ---- */

/* The largest piece of a split size: a multiple of every block size in use. */
static const int64_t PIECE = INT64_C(1) << 30;

static inline int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* BLAS refuses (and prints) a row distance below the row's length, also where there is but one row. */
static inline int64_t distance(int64_t rows, int64_t columns, int64_t stored) {
    int64_t least = columns > 1 ? columns : 1;
    return rows <= 1 || stored < least ? least : stored;
}

#define GEMM(T, type, cblas_gemm)                                                                            \
    /* C = beta * C */                                                                                       \
    static void scale_##type(int64_t m, int64_t n, T beta, T *c, int64_t ldc) {                              \
        for (int64_t i = 0; i < m; i++)                                                                      \
            for (int64_t j = 0; j < n; j++) c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];          \
    }                                                                                                        \
    /* For rows that lie further apart than BLAS can be told: plain and slow. */                             \
    static void far_##type(bool ta, bool tb, int64_t m, int64_t n, int64_t k, T alpha, const T *a,           \
                           int64_t lda, const T *b, int64_t ldb, T beta, T *c, int64_t ldc) {                \
        scale_##type(m, n, beta, c, ldc);                                                                    \
        for (int64_t i = 0; i < m; i++)                                                                      \
            for (int64_t p = 0; p < k; p++) {                                                                \
                T factor = alpha * (ta ? a[p * lda + i] : a[i * lda + p]);                                   \
                for (int64_t j = 0; j < n; j++)                                                              \
                    c[i * ldc + j] += factor * (tb ? b[j * ldb + p] : b[p * ldb + j]);                       \
            }                                                                                                \
    }                                                                                                        \
    void sg_gemm_##type(bool ta, bool tb, int64_t m, int64_t n, int64_t k, T alpha, const T *a, int64_t lda, \
                        const T *b, int64_t ldb, T beta, T *c, int64_t ldc) {                                \
        if (m <= 0 || n <= 0) return;                                                                        \
        if (k <= 0 || alpha == 0) {                                                                          \
            scale_##type(m, n, beta, c, ldc);                                                                \
            return;                                                                                          \
        }                                                                                                    \
        lda = ta ? distance(k, m, lda) : distance(m, k, lda);                                                \
        ldb = tb ? distance(n, k, ldb) : distance(k, n, ldb);                                                \
        ldc = distance(m, n, ldc);                                                                           \
        bool near = m <= INT_MAX && n <= INT_MAX && k <= INT_MAX;                                            \
        if (lda > INT_MAX || ldb > INT_MAX || ldc > INT_MAX) {                                               \
            far_##type(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                                \
            return;                                                                                          \
        }                                                                                                    \
        bool alone = enter();                                                                                \
        int64_t step = near ? INT_MAX : PIECE;                                                               \
        for (int64_t i = 0; i < m; i += step)                                                                \
            for (int64_t j = 0; j < n; j += step)                                                            \
                for (int64_t p = 0; p < k; p += step)                                                        \
                    cblas_gemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,                                \
                               tb ? CblasTrans : CblasNoTrans, (int)lesser(step, m - i),                     \
                               (int)lesser(step, n - j), (int)lesser(step, k - p), alpha,                    \
                               ta ? a + p *lda + i : a + i * lda + p, (int)lda,                              \
                               tb ? b + j * ldb + p : b + p * ldb + j, (int)ldb, p ? 1 : beta,               \
                               c + i * ldc + j, (int)ldc);                                                   \
        leave(alone);                                                                                        \
    }

GEMM(float, f32, cblas_sgemm)
GEMM(double, f64, cblas_dgemm)

/* ---- either way ---- */

#define ADD_BIAS(T, type)                                                                 \
    static void add_bias_##type(int64_t m, int64_t n, const T *bias, T *c, int64_t ldc) { \
        for (int64_t i = 0; bias && i < m; i++)                                           \
            for (int64_t j = 0; j < n; j++) c[i * ldc + j] += bias[j];                    \
    }

ADD_BIAS(float, f32)
ADD_BIAS(double, f64)

void sg_multiply_f32(const sg_products *products, bool ta, bool tb, int64_t m, int64_t n, int64_t k,
                     float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                     float *c, int64_t ldc, const float *bias) {
    const sg_gemm_variant *own = products->own;
    if (own && m > 0 && n > 0 && k > 0) {
        (products->rounded ? own->bf16 : own->f32)(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias,
                                                   products->space);
        return;
    }
    sg_gemm_f32(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    add_bias_f32(m, n, bias, c, ldc);
}

void sg_multiply_f64(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                     int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc,
                     const double *bias) {
    sg_gemm_f64(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    add_bias_f64(m, n, bias, c, ldc);
}

/* ---- packed ---- */

void sg_pack_f32(const sg_products *products, bool tb, int64_t k, int64_t first, int64_t columns,
                 const float *b, int64_t ldb, float *to) {
    const sg_gemm_variant *own = products->own;
    b += tb ? first * ldb : first;
    if (own && k > 0) {
        sg_gemm_lined g = {.m = 1,
                           .n = columns,
                           .k = k,
                           .b = {.data = b, .across = tb, .distance = ldb},
                           .c = to,
                           .packing = SG_GEMM_PACK_ONLY};
        (products->rounded ? own->lined_bf16 : own->lined_f32)(&g, products->space);
        return;
    }
    /* For BLAS, the transpose: a column is k numbers that follow each other. Some columns at a time, since
     * those of a row of B follow each other too. */
    for (int64_t from = 0; from < columns; from += SG_GEMM_WIDTH) {
        const int64_t end = lesser(from + SG_GEMM_WIDTH, columns);
        for (int64_t p = 0; p < k; p++)
            for (int64_t j = from; j < end; j++) to[j * k + p] = tb ? b[j * ldb + p] : b[p * ldb + j];
    }
}

void sg_multiply_packed_f32(const sg_products *products, bool ta, int64_t m, int64_t n, int64_t k,
                            const float *a, int64_t lda, const float *packed, float *c, int64_t ldc,
                            const float *bias) {
    const sg_gemm_variant *own = products->own;
    if (!own || m <= 0 || n <= 0 || k <= 0) {
        sg_multiply_f32(products, ta, true, m, n, k, 1, a, lda, packed, k, 0, c, ldc, bias);
        return;
    }
    sg_gemm_lined g = {.m = m,
                       .n = n,
                       .k = k,
                       .a = {.data = a, .across = !ta, .distance = lda},
                       .b = {.data = packed},
                       .c = c,
                       .ldc = ldc,
                       .bias = bias,
                       .packing = SG_GEMM_PACKED};
    (products->rounded ? own->lined_bf16 : own->lined_f32)(&g, products->space);
}
