/* nearest_fill: every hidden pixel takes the nearest visible one. A baseline for masked image models. */
#include "kernel/distance.h"
#include "ops/fill.h"

enum { IMAGE = SG_FILL_IMAGE };

static void domain(const sg_signature *s, sg_domain *d) {
    sg_fill_domain(s, d, sizeof(int32_t) + 1);
}

static void fill_sample(const sg_task *task, int64_t sample, const unsigned char *hidden,
                        const int32_t *near) {
    const sg_tensor *x = &task->in[IMAGE], *y = &task->out[0];
    int64_t channels = x->shape.dim[1], rows = x->shape.dim[2], columns = x->shape.dim[3],
            pixels = rows * columns;
    for (int64_t p = 0; p < pixels; p++) {
        int64_t from = hidden[p] ? sg_distance_nearest(columns, near, p / columns, p % columns) : p;
        for (int64_t c = 0; c < channels; c++) {
            int64_t plane = (sample * channels + c) * pixels;
            if (x->type == SG_F32)
                ((float *)y->data)[plane + p] = from < 0 ? 0 : ((const float *)x->data)[plane + from];
            else
                ((double *)y->data)[plane + p] = from < 0 ? 0 : ((const double *)x->data)[plane + from];
        }
    }
}

static void run(const sg_task *task) {
    const sg_shape *image = &task->in[IMAGE].shape;
    int64_t pixels = image->dim[2] * image->dim[3];
    int32_t *near = task->scratch;
    unsigned char *hidden = (unsigned char *)(near + pixels);
    for (int64_t i = 0; i < image->dim[0] && pixels; i++) {
        sg_fill_read_mask(task, i, hidden);
        sg_distance_scan(image->dim[2], image->dim[3], hidden, near);
        fill_sample(task, i, hidden, near);
    }
}

#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define BITS(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 1 }
static const sg_sample samples[] = {
    {.name = "cells", SG_INPUTS(REAL(2, 3, 8, 8), BITS(2, 4, 4))},
    {.name = "wide",
     SG_INPUTS(REAL(2, 1, 6, 10), {.type = SG_F32, .shape = SG_DIMS(2, 6, 5), .low = -1, .high = 1})},
    {.name = "pixels", SG_INPUTS(REAL(3, 1, 9, 7), BITS(3, 9, 7))},
    {.name = "hidden",
     SG_INPUTS(REAL(2, 1, 4, 4), {.type = SG_I32, .shape = SG_DIMS(2, 1, 1), .low = 1, .high = 1})},
    {.name = "one", SG_INPUTS(REAL(1, 1, 1, 1), BITS(1, 1, 1))},
    {.name = "empty", SG_INPUTS(REAL(0, 1, 4, 4), BITS(0, 2, 2))},
    {.name = "cells_do_not_divide",
     SG_INPUTS(REAL(2, 1, 8, 8), BITS(2, 3, 4)),
     .message = "mask [2, 3, 4] must be [samples, rows, columns] of cells that divide image [2, 1, 8, 8]"},
    {.name = "flat",
     SG_INPUTS(REAL(2, 8, 8), BITS(2, 4, 4)),
     .message = "image must be [samples, channels, rows, columns], not [2, 8, 8]"},
    {.name = NULL},
};

const sg_op sg_op_nearest_fill = {
    .schema = {.kind = SG_KIND_OP,
               .name = "nearest_fill",
               .doc = "the image with each hidden pixel replaced by the nearest visible one; a baseline"},
    .family = "image",
    .in = {SG_FILL_INPUTS},
    .out = {{"y", "the filled image; 0 where nothing is visible", 0}},
    .infer = sg_fill_infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .samples = samples,
};
