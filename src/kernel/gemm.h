/* kernel/gemm.h - our own matrix products, one variant a CPU.
 *
 * Operands are copied into panels that the innermost loop reads from front to back, and that loop keeps a
 * tile of the result in registers: the scheme of Goto and van de Geijn, "Anatomy of high-performance matrix
 * multiplication", ACM Transactions on Mathematical Software 34 (2008).
 *
 * An element of the result is a sum in the order of k, in pieces of SG_GEMM_DEPTH at most (k split evenly):
 * its bits depend on k and the variant, and neither on its place nor on m and n. Products of lines whose
 * operands both lie along k in whole vectors have other bits where they need no packing (kernel/gemm_across.h
 * says where). */
#ifndef SG_KERNEL_GEMM_H
#define SG_KERNEL_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* C = alpha op(A) op(B) + beta C, as sg_gemm_f32 says (kernel/product.h), all sizes above 0; bias, of n
 * elements, is added to every row unless it is NULL. `space` is of one caller, SG_GEMM_SPACE bytes, aligned
 * to 64. */
typedef void sg_gemm_function(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                              int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc,
                              const float *bias, void *space);

/* An operand that need not be a matrix in memory: its panels are made of `lines`. With `across`, line l is
 * row l of op(A) or column l of op(B), and its elements follow each other along k; without, it is the l-th of
 * k. Element e of line l stands at data[start + at[e / run] + e % run] with start = line[l], or l * distance
 * where line is NULL; run 0 stands for at[0] = 0 and one run without end. So the columns of a convolution
 * need never be written out. */
typedef struct sg_gemm_lines {
    const float *data;
    bool across;
    int64_t distance;
    const int64_t *line;
    int64_t run;
    const int64_t *at;
} sg_gemm_lines;

/* What a product does with its panels of B. A packed operand has SG_GEMM_WIDTH columns after SG_GEMM_WIDTH
 * columns, k floats for each (of the last group as well), aligned to 64: what is in there is the variant's
 * own matter. */
typedef enum sg_gemm_packing {
    SG_GEMM_PACK = 0,  /* makes them of B */
    SG_GEMM_PACKED,    /* takes them from b.data, which an SG_GEMM_PACK_ONLY filled */
    SG_GEMM_PACK_ONLY, /* makes them of B and writes them to c; m is 1, and there are no products */
} sg_gemm_packing;

/* C [m, n] = A B + beta C + row_bias[row] + bias[column]; row_bias and bias, of m and n elements, may be
 * NULL. C's columns lie in runs too: element (i, j) at c[i * ldc + c_at[j / c_run] + j % c_run], or with
 * c_run 0 at c[i * ldc + j]. */
typedef struct sg_gemm_lined {
    int64_t m, n, k;
    sg_gemm_lines a, b;
    float beta;
    float *c;
    int64_t ldc, c_run;
    const int64_t *c_at;
    const float *row_bias, *bias;
    sg_gemm_packing packing;
} sg_gemm_lined;
typedef void sg_gemm_lined_function(const sg_gemm_lined *product, void *space);

/* A packed block of A has this size, 576 KiB, which is half of a usual L2 cache: at most so many terms of the
 * sum, and where these are fewer, more rows. */
enum { SG_GEMM_ROWS = 384, SG_GEMM_DEPTH = 384, SG_GEMM_WIDTH = 32 };
enum { SG_GEMM_SPACE = (SG_GEMM_ROWS + SG_GEMM_WIDTH + 2) * (SG_GEMM_DEPTH + 2) * 4 };

/* Products whose operands stand so that they need no packing but turning: what runs along memory stands apart
 * then, and what stands apart runs along.
 *
 * `turn` takes lines of `count` numbers, `distance` apart in memory, and writes number e of all of them to
 * to[place[e]] and behind. With a `unit` of 2 that is in pairs, of bf16: with the number that stands
 * `partner` behind, or where partner is 0, with 0. `join` does so without turning: of rows of one line each,
 * from_row and to_row apart. `back` is the way back in f32: line i is made of the i-th of what begins at
 * place[0], place[1], ...; it reads whole lanes there.
 *
 * `multiply` makes up to `rows` rows of C = A B + beta C + row_bias. The sum is over stretches of A's panel
 * (a[unit * rows + i]), each with as many units from some place of B on, `step` apart. C and B have whole
 * lanes: columns are rounded up. With `next`, which is not 0, there are as many columns again: of B so far
 * behind, and of C c_next behind. */
typedef struct sg_gemm_stretch {
    int64_t a, b, units; /* first unit of the panel; first element of B */
} sg_gemm_stretch;
typedef struct sg_gemm_stretches {
    int64_t rows, columns;
    const sg_gemm_stretch *stretch;
    int64_t stretches;
    const float *a, *b;
    int64_t step, next;
    float beta;
    float *c;
    int64_t ldc, c_next;
    const float *row_bias;
} sg_gemm_stretches;
typedef struct sg_gemm_turned {
    int lanes, rows, unit;
    bool rounds; /* to bf16 */
    void (*turn)(int64_t lines, int64_t distance, int64_t partner, int64_t count, const float *from,
                 const int64_t *place, float *to);
    void (*join)(int64_t rows, int64_t count, int64_t partner, const float *from, int64_t from_row, float *to,
                 int64_t to_row);
    void (*multiply)(const sg_gemm_stretches *product);
    void (*back)(int64_t lines, int64_t distance, int64_t count, const float *from, const int64_t *place,
                 float *to);
} sg_gemm_turned;
/* No variant has more. */
enum { SG_GEMM_LANES = 16, SG_GEMM_HIGH = 14 };

typedef struct sg_gemm_variant {
    const char *name; /* "generic", "avx2", "avx512", "avx512_bf16" */
    sg_gemm_function *f32;
    /* The elements of A and B are rounded to bf16 first; products and sums in f32. Variants without an
     * instruction for it multiply the rounded numbers as f32. */
    sg_gemm_function *bf16;
    sg_gemm_lined_function *lined_f32, *lined_bf16;
    const sg_gemm_turned *turned_f32, *turned_bf16;
} sg_gemm_variant;

/* The variants of this build, best last; NULL past the end. */
const sg_gemm_variant *sg_gemm_at(int index);
/* Does this machine's CPU run it? */
bool sg_gemm_supported(const sg_gemm_variant *variant);

#endif
