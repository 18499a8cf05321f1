/* What pooling shares: windows over the maps [b, c, h, w]. */
#ifndef SG_OPS_POOL_H
#define SG_OPS_POOL_H

#include "ops/conv.h"

enum { SG_POOL_KERNEL, SG_POOL_STRIDE, SG_POOL_PAD, SG_POOL_EXTRA };

#define SG_POOL_ATTRS                                                                                 \
    {.name = "kernel",                                                                                \
     .type = SG_ATTR_INTS,                                                                            \
     .doc = "sides of the window: rows and columns, or one number for both",                          \
     .min = 1,                                                                                        \
     .max = 1e6},                                                                                     \
        {.name = "stride",                                                                            \
         .type = SG_ATTR_INTS,                                                                        \
         .fallback = "",                                                                              \
         .doc = "distance between windows; the kernel unless set: rows and columns, or one number",   \
         .min = 1,                                                                                    \
         .max = 1e6},                                                                                 \
    {                                                                                                 \
        .name = "pad", .type = SG_ATTR_INTS, .fallback = "0",                                         \
        .doc = "border added on each side, at most half the kernel: rows and columns, or one number", \
        .min = 0, .max = 1e6                                                                          \
    }
#define SG_POOL_ATTR_COUNT                                                               \
    {                                                                                    \
        .name = "count_include_pad", .type = SG_ATTR_BOOL, .fallback = "true",           \
        .doc = "divide by the size of the whole window where it reaches into the border" \
    }
#define SG_POOL_ATTR_SIZE \
    { .name = "size", .type = SG_ATTR_INTS, .doc = "rows and columns of x", .min = 1, .max = 1e9 }

/* The shape of what pooling makes of x, or a message that blames input 0. */
sg_status sg_pool_shape(sg_infer *c, const sg_shape *x, sg_shape *y);
/* For gradients: out[0] = x's shape from dy and the attribute `size` (number `index`), checked against dy. */
sg_status sg_pool_grad_infer(sg_infer *c, int index);

typedef struct sg_pool {
    int64_t planes, height, width, rows, columns; /* planes: samples times channels */
    int64_t kernel[2], stride[2], pad[2];
} sg_pool;

sg_pool sg_pool_of(const sg_attr *attr, const sg_shape *x, const sg_shape *y);

/* The part of window i of an axis that lies inside the map: begin .. end - 1. */
static inline void sg_pool_window(const sg_pool *p, int axis, int64_t i, int64_t *begin, int64_t *end) {
    int64_t size = axis ? p->width : p->height, first = i * p->stride[axis] - p->pad[axis];
    *begin = first < 0 ? 0 : first;
    *end = first + p->kernel[axis] < size ? first + p->kernel[axis] : size;
}

/* Cuts all inputs and outputs along axis 0. */
void sg_pool_domain(const sg_signature *s, sg_domain *d);

#endif
