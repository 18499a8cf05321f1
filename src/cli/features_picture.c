#include "features_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simgraph/sheet.h"

enum { COLOURS = 3 };

/* Makes room for `samples` of them where there is none yet. */
static sg_status keep(sg_tensor *all, const sg_tensor *part, int64_t first, int64_t samples,
                      sg_error *error) {
    sg_shape shape = part->shape;
    shape.dim[0] = samples;
    sg_status status = all->data ? SG_OK : sg_tensor_init(all, SG_F32, shape, error);
    size_t row = sg_tensor_bytes(part) / (size_t)part->shape.dim[0];
    if (status == SG_OK) memcpy((char *)all->data + (size_t)first * row, part->data, sg_tensor_bytes(part));
    return status;
}

sg_status cli_principal_keep(void *data, const sg_use_batch *batch, int64_t first, sg_error *error) {
    const cli_keeping *k = data;
    int64_t samples = sg_use_about(k->use)->samples;
    sg_status status = keep(&k->principal->images, &batch->image, first, samples, error);
    return status == SG_OK ? keep(&k->principal->places, &batch->places, first, samples, error) : status;
}

sg_status cli_principal_compute(cli_principal *p, int64_t count, sg_error *error) {
    sg_shape *s = &p->places.shape;
    int64_t size = s->dim[2];
    s->dim[0] = count;
    p->mean = calloc((size_t)size + 1, sizeof *p->mean);
    p->component = calloc((size_t)size + 1, COLOURS * sizeof *p->component);
    if (!p->mean || !p->component) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    return sg_principal(p->places.data, s->dim[0] * s->dim[1], size, p->mean, p->component, p->share, error);
}

void cli_principal_finish(cli_principal *p) {
    free(p->mean);
    free(p->component);
    sg_tensor_finish(&p->images);
    sg_tensor_finish(&p->places);
    *p = (cli_principal){.mean = NULL};
}

/* The places of all images along the components, [places, 3], in 0..1. */
static double *project(const cli_principal *p) {
    const sg_shape *s = &p->places.shape;
    int64_t places = s->dim[0] * s->dim[1], size = s->dim[2];
    const float *rows = p->places.data;
    double *at = calloc((size_t)places + 1, COLOURS * sizeof *at);
    for (int k = 0; at && k < COLOURS; k++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t i = 0; i < places; i++) {
            double sum = 0;
            for (int64_t d = 0; d < size; d++)
                sum += (rows[i * size + d] - p->mean[d]) * p->component[k * size + d];
            at[i * COLOURS + k] = sum;
            low = fmin(low, sum);
            high = fmax(high, sum);
        }
        for (int64_t i = 0; i < places; i++)
            at[i * COLOURS + k] = high > low ? (at[i * COLOURS + k] - low) / (high - low) : 0.5;
    }
    return at;
}

/* Where each pixel of the images lies along the components, [images, 3, h, w]. */
static sg_status spread(sg_tensor *out, const cli_principal *p, const sg_use_info *info, sg_error *error) {
    const sg_shape *s = &p->images.shape;
    int64_t count = p->places.shape.dim[0], places = p->places.shape.dim[1], height = s->dim[2],
            width = s->dim[3];
    double *at = project(p);
    sg_status status = at ? sg_tensor_init(out, SG_F32, SG_SHAPE(count, COLOURS, height, width), error)
                          : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    float *to = out->data;
    for (int64_t i = 0; status == SG_OK && i < count; i++)
        for (int c = 0; c < COLOURS; c++)
            for (int64_t y = 0; y < height; y++)
                for (int64_t x = 0; x < width; x++) {
                    int64_t place = y * info->rows / height * info->columns + x * info->columns / width;
                    *to++ = (float)at[(i * places + place) * COLOURS + c];
                }
    free(at);
    return status;
}

sg_status cli_principal_save(const cli_principal *p, const sg_use *use, const char *const *names,
                             const char *path, sg_error *error) {
    const sg_use_info *info = sg_use_about(use);
    sg_tensor colours = {.data = NULL};
    sg_sample_column columns[] = {
        {.caption = "image", .image = &p->images, .scale = info->scale, .shift = info->shift},
        {.caption = "components", .image = &colours}};
    sg_sample_sheet_options options = {.size = sizeof options,
                                       .columns = columns,
                                       .column_count = 2,
                                       .rows = (int)p->places.shape.dim[0],
                                       .names = names};
    sg_status status = spread(&colours, p, info, error);
    if (status == SG_OK) status = sg_sample_sheet_save(path, &options, error);
    sg_tensor_finish(&colours);
    return status;
}
