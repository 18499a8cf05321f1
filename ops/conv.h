/* What convolutions share: their geometry, and the matrices that they are products of.
 *
 * For one group of one sample, y [out, pixels] = weight [out, taps] * columns [taps, pixels], where column p
 * holds what the kernel sees at output pixel p. Work goes panel by panel: some output rows of one sample or,
 * where a sample has few pixels, several samples side by side. */
#ifndef SG_OPS_CONV_H
#define SG_OPS_CONV_H

#include "ops/product.h"

enum { SG_CONV_STRIDE, SG_CONV_PAD, SG_CONV_DILATION, SG_CONV_GROUPS, SG_CONV_EXTRA };

#define SG_CONV_PAIR(key, least, fall, what)                                               \
    {                                                                                      \
        .name = key, .type = SG_ATTR_INTS, .fallback = fall,                               \
        .doc = what ": rows and columns, or one number for both", .min = least, .max = 1e6 \
    }
#define SG_CONV_ATTRS                                                                 \
    SG_CONV_PAIR("stride", 1, "1", "distance between places of the kernel"),          \
        SG_CONV_PAIR("pad", 0, "0", "zeros added on each side"),                      \
        SG_CONV_PAIR("dilation", 1, "1", "distance between taps of the kernel"), {    \
        .name = "groups", .type = SG_ATTR_INT, .fallback = "1",                       \
        .doc = "parts of the channels that are convolved apart", .min = 1, .max = 1e6 \
    }

/* A number or pair of numbers: of axis 0 (rows) or 1 (columns). */
static inline int64_t sg_conv_pair(const sg_attr *attr, int axis) {
    return attr->ints[attr->n == 2 ? axis : 0];
}

/* ---- checks, for inference ---- */

/* Attribute `index` must hold one number or two. */
sg_status sg_conv_check_pair(sg_infer *c, int index, const char *name);
/* stride, pad and dilation. */
sg_status sg_conv_check_pairs(sg_infer *c);
/* Input k must be a float of four axes, and of the type of input 0. */
sg_status sg_conv_check_map(sg_infer *c, int k, const char *name, const char *axes);
/* Sizes of the output for sizes of the input; `kernel` and both sizes are rows, columns. */
sg_status sg_conv_out_size(sg_infer *c, int blame, const int64_t *size, const int64_t *kernel, int64_t *out);

/* ---- geometry ---- */

typedef struct sg_conv {
    int64_t batch, groups;
    int64_t in, out;                      /* channels of one group */
    int64_t height, width, rows, columns; /* of the input, of the output */
    int64_t kernel[2], stride[2], pad[2], dilation[2];
    int64_t taps, pixels; /* in * kernel area, rows * columns */
    bool plain;           /* the columns of a sample are the sample itself: 1 x 1, nothing skipped or added */
    bool patches;         /* the kernel tiles the input: columns are kept as [pixels, taps] */
    int64_t panel_samples, panel_rows;
    /* Channels are convolved apart, by ops/conv_planes.c: a panel is a plane, written out with its padding.
     */
    bool planes;
    int64_t padded, reach; /* elements of such a plane; how far the last tap is from the first */
} sg_conv;

/* From the shapes of conv2d's input, weight and output, of which the batch may be a part. */
sg_conv sg_conv_of(const sg_attr *attr, sg_type type, const sg_shape *x, const sg_shape *weight,
                   const sg_shape *y);
/* Bytes for the columns of a panel, and for them and the outputs of a panel. */
size_t sg_conv_columns_bytes(const sg_conv *v, sg_type type);
size_t sg_conv_scratch(const sg_conv *v, sg_type type);
/* Multiply-adds count 2. */
double sg_conv_flops(const sg_conv *v);

/* ---- panels ---- */

typedef struct sg_conv_panel {
    int64_t sample, samples, row, rows, group;
    int64_t pixels; /* of all samples of the panel */
} sg_conv_panel;

/* Steps through all panels, each for every group; start with zeros. False past the end. */
bool sg_conv_next(const sg_conv *v, sg_conv_panel *panel);
/* How many there are. A single sample is cut into these. */
int64_t sg_conv_panels(const sg_conv *v);

typedef struct sg_matrix {
    void *data;
    int64_t distance; /* between rows */
} sg_matrix;

/* The columns of x: [taps, pixels], or [pixels, taps] for patches; in x itself or written to `space`. */
sg_matrix sg_conv_columns(const sg_conv *v, sg_type type, const sg_conv_panel *panel, void *x, void *space);
/* Where to write columns of dx, and adding them to it. */
sg_matrix sg_conv_columns_space(const sg_conv *v, sg_type type, const sg_conv_panel *panel, void *dx,
                                void *space);
void sg_conv_add_columns(const sg_conv *v, const sg_loops *loops, sg_type type, const sg_conv_panel *panel,
                         const sg_matrix *columns, void *dx);
/* The outputs [out, pixels]: in y itself, or for several samples in `space`, to be brought there or back. */
sg_matrix sg_conv_outputs(const sg_conv *v, sg_type type, const sg_conv_panel *panel, void *y, void *space);
void sg_conv_get_outputs(const sg_conv *v, sg_type type, const sg_conv_panel *panel, const void *y,
                         const sg_matrix *outputs);
void sg_conv_put_outputs(const sg_conv *v, sg_type type, const sg_conv_panel *panel, const sg_matrix *outputs,
                         void *y);

/* ---- planes ---- */

/* Decides whether convolutions of single channels go plane by plane. */
void sg_conv_choose_planes(sg_conv *v);
size_t sg_conv_planes_scratch(const sg_conv *v, sg_type type);
/* One plane y = weight * x + start; the transpose of that; and dweight += the gradient of the weight.
 * `scratch` has the bytes above. */
void sg_conv_plane(const sg_conv *v, const sg_loops *loops, sg_type type, const void *x, const void *weight,
                   double start, void *y, void *scratch);
void sg_conv_plane_transposed(const sg_conv *v, const sg_loops *loops, sg_type type, const void *y,
                              const void *weight, double start, void *x, void *scratch);
void sg_conv_plane_weight(const sg_conv *v, const sg_loops *loops, sg_type type, const void *x, const void *y,
                          void *dweight, void *scratch);

/* x = the transpose of the convolution, applied to y; plus the bias of each channel of x (data may be NULL).
 * The weight may be packed (ops/conv_turned.h). */
void sg_conv_transposed_run(const sg_task *task, const sg_conv *v, const sg_tensor *y,
                            const sg_tensor *weight, bool packed, const sg_tensor *bias, const sg_tensor *x);

#endif
