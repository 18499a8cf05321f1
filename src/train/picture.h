/* train/picture.h - pictures made of the values of a few held-out samples. */
#ifndef SG_TRAIN_PICTURE_H
#define SG_TRAIN_PICTURE_H

#include "simgraph/train.h"

enum { SG_PICTURE_MAX_IN = 4 };

typedef struct sg_picture_task {
    const sg_attr *attr;
    sg_tensor in[SG_PICTURE_MAX_IN]; /* data NULL where absent; any strides */
    /* What the field of the first input says: a value v of channel c is the pixel v * scale[c] + shift[c]. */
    const double *scale, *shift;
    const char *path;
} sg_picture_task;

/* A constant `const sg_picture sg_picture_<name> = {...}` enters the registry. */
struct sg_picture {
    sg_schema schema;
    sg_port in[SG_PICTURE_MAX_IN + 1];
    int count; /* index of the attribute that says how many samples it wants */
    /* Whether values of such types and shapes (NULL: absent) make the picture; any batch. */
    sg_status (*check)(const sg_attr *attr, const sg_value_info *const in[SG_PICTURE_MAX_IN],
                       sg_error *error);
    sg_status (*save)(const sg_picture_task *task, sg_error *error);
};

#endif
