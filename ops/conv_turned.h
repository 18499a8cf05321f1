/* Convolutions of several samples at once in f32 through our own products, over maps that are turned.
 *
 * A turned map has the samples side by side: [rows, channels, columns, samples]. What a tap sees of a row of
 * results is then one run of numbers, channel after channel at one distance, which products read where it
 * stands; and taps that see padding are left out. Maps of a few pixels, which pad as much as they hold, gain
 * most. Maps whose rows are whole vectors, or nearly so, keep their samples apart: there a row is such a run
 * by itself, and of large maps so many rows are read at once as the second cache holds. */
#ifndef SG_OPS_CONV_TURNED_H
#define SG_OPS_CONV_TURNED_H

#include "ops/conv.h"

/* How many samples at once, of a batch of so many in all; 0: this is not for such a convolution, or its
 * transpose. Depends on the batch of the whole program alone, as bits do. */
int64_t sg_conv_turned_samples(const sg_conv *v, sg_type type, int64_t batch, bool transposed);
/* Kernels of more taps are not for this. */
enum { SG_CONV_MOST_TAPS = 64 };
/* Bytes of scratch. */
size_t sg_conv_turned_scratch(const sg_conv *v, sg_type type, int64_t batch, bool transposed);

/* Do a task's products serve? */
static inline const sg_gemm_turned *sg_conv_turned(const sg_task *task) {
    const sg_products *p = task->products;
    return !p->own ? NULL : p->rounded ? p->own->turned_bf16 : p->own->turned_f32;
}

/* y = weight * x + bias, or x = the transpose applied to y, plus bias: `from` is what is read. The weight is
 * as it is or, with `packed`, what an sg_pack_conv_op made of it. */
void sg_conv_turned_run(const sg_task *task, const sg_gemm_turned *products, const sg_conv *v, int64_t most,
                        bool transposed, const float *from, const float *weight, bool packed,
                        const float *bias, float *to);

/* ---- weights ---- */

/* How many channels of results a panel has. */
int64_t sg_conv_panel_rows(const sg_gemm_turned *products, int64_t channels);
/* Units begin .. end - 1 of a panel, of channels first .. first + rows - 1 of a group's results; of v it
 * reads in, out and kernel. */
void sg_conv_turn_weight(const sg_gemm_turned *products, const sg_conv *v, bool transposed,
                         const float *weight, int64_t first, int64_t rows, int64_t begin, int64_t end,
                         float *panel);

/* Ops that only plans hold. The first turns a weight once for all blocks of a batch: where products do not
 * serve, what it makes is the weight as it is. The others are the ops of their names that read it so. */
extern const sg_op sg_pack_conv_op;
extern const sg_op sg_packed_conv2d_op, sg_packed_conv2d_input_grad_op, sg_packed_conv_transpose2d_op;

/* ---- the gradient of the weight ----
 *
 * Sums are kept tap by tap, [groups, taps, rows, lanes]: of the channels of x and those of y those are lanes
 * of which there are enough, and their number is rounded up. */

int64_t sg_conv_turned_weight_samples(const sg_conv *v, sg_type type, int64_t batch);
int64_t sg_conv_turned_sums(const sg_conv *v);
size_t sg_conv_turned_weight_scratch(const sg_conv *v, sg_type type, int64_t batch);
/* Adds to the sums what all samples of v give. */
void sg_conv_turned_weight(const sg_gemm_turned *products, const sg_conv *v, int64_t most, const float *x,
                           const float *dy, float *sums, void *scratch);
/* dweight = the sums. */
void sg_conv_turned_weight_write(const sg_gemm_turned *products, const sg_conv *v, const float *sums,
                                 float *dweight);

#endif
