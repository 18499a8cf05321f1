/* Convolutions in f32 through our own products, whose panels are packed straight from the maps: the matrix of
 * columns is never written out.
 *
 * An element of the columns stands at the sum of an offset of its tap and one of its pixel, once the input
 * has its padding, and with strides its columns apart by their remainder: then a row of outputs reads a run
 * of elements, whatever the tap. The offsets are what kernel/gemm.h calls lines and runs. Where nothing is
 * padded or skipped the input is read as it is. */
#ifndef SG_OPS_CONV_LINED_H
#define SG_OPS_CONV_LINED_H

#include "kernel/loops.h"
#include "ops/conv.h"

/* Maps with zeros around them, rows and columns dealt out to phases[d] planes by their remainder. */
typedef struct sg_conv_copy {
    int64_t size[2], pad[2], step[2], phases[2]; /* of the map; zeros in front */
    int64_t rows, row, plane, channel;           /* of one phase, and its elements; those of all phases */
    int64_t used;                                /* columns of the map that somebody reads */
} sg_conv_copy;

/* `channels` maps of one sample; row 0 of the copy is row first_row * step[0] - pad[0] of the map. */
void sg_conv_copy_write(const sg_conv_copy *copy, const sg_loops *loops, int64_t channels, const float *map,
                        int64_t first_row, float *to);

/* Are a task's products of this kind? */
static inline sg_gemm_lined_function *sg_conv_lined(const sg_task *task, const sg_conv *v, sg_type type) {
    const sg_products *p = task->products;
    if (!p->own || type != SG_F32 || v->planes || v->pixels == 0 || v->taps == 0 || v->out == 0) return NULL;
    return p->rounded ? p->own->lined_bf16 : p->own->lined_f32;
}

/* The part of a scratch that `count` offsets take: whole cache lines. */
static inline int64_t sg_conv_offsets(int64_t count) {
    return (count + 7) / 8 * 8;
}

/* Bytes of scratch: both cover any panel. SIZE_MAX where they do not fit. */
size_t sg_conv_lined_scratch(const sg_conv *v, sg_type type);
size_t sg_conv_parity_scratch(const sg_conv *v, sg_type type);

/* y = weight * x + bias (NULL: none), and dweight += dy * columns of x: one panel. */
void sg_conv_lined_run(const sg_task *task, sg_gemm_lined_function *multiply, const sg_conv *v,
                       const sg_conv_panel *panel, const float *x, const float *weight, const float *bias,
                       float *y);
void sg_conv_lined_weight(const sg_task *task, sg_gemm_lined_function *multiply, const sg_conv *v,
                          const sg_conv_panel *panel, const float *x, const float *dy, float *dweight);
/* x = the transpose, applied to y, plus bias (NULL: none): all samples of one panel, whatever its rows. */
void sg_conv_parity_run(const sg_task *task, sg_gemm_lined_function *multiply, const sg_conv *v,
                        const sg_conv_panel *panel, const float *y, const float *weight, const float *bias,
                        float *x);

#endif
