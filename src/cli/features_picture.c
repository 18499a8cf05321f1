#include "features_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simgraph/sheet.h"

enum { COLOURS = 3, MARGIN = 12, GAP = 8, MIN_TILE = 128 };

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

static void draw_image(sg_image *tile, const cli_principal *p, const sg_use_info *info, int64_t index) {
    const sg_shape *s = &p->images.shape;
    int64_t plane = s->dim[2] * s->dim[3];
    const float *from = (const float *)p->images.data + index * s->dim[1] * plane;
    for (int64_t i = 0; i < plane; i++)
        for (int c = 0; c < COLOURS; c++) {
            int k = s->dim[1] >= COLOURS ? c : 0;
            tile->pixels[i * COLOURS + c] =
                sg_image_level(from[k * plane + i] * info->scale[k] + info->shift[k]);
        }
}

static void draw_places(sg_image *tile, const double *at, const sg_use_info *info) {
    for (int y = 0; y < tile->height; y++)
        for (int x = 0; x < tile->width; x++) {
            int64_t place = y * info->rows / tile->height * info->columns + x * info->columns / tile->width;
            for (int c = 0; c < COLOURS; c++)
                tile->pixels[((int64_t)y * tile->width + x) * COLOURS + c] =
                    sg_image_level(at[place * COLOURS + c]);
        }
}

sg_status cli_principal_save(const cli_principal *p, const sg_use *use, const char *path, sg_error *error) {
    static const uint8_t paper[3] = SG_SHEET_PAPER;
    const sg_use_info *info = sg_use_about(use);
    const sg_shape *s = &p->images.shape;
    int height = (int)s->dim[2], width = (int)s->dim[3], factor = (MIN_TILE + width - 1) / width;
    int64_t count = p->places.shape.dim[0], places = p->places.shape.dim[1],
            wide = 2 * MARGIN + GAP + 2 * (int64_t)width * factor,
            high = 2 * MARGIN - GAP + count * (height * factor + GAP);
    sg_image sheet = {0}, tile = {0};
    double *at = project(p);
    sg_status status = at ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK && (wide > SG_IMAGE_MAX_SIDE || high > SG_IMAGE_MAX_SIDE))
        status = sg_fail(error, SG_BAD_USAGE,
                         "a picture of %lld x %lld pixels is too large: --limit takes fewer images",
                         (long long)wide, (long long)high);
    if (status == SG_OK) status = sg_image_init(&sheet, (int)wide, (int)high, COLOURS, error);
    if (status == SG_OK) status = sg_image_init(&tile, width, height, COLOURS, error);
    if (status == SG_OK) sg_image_fill(&sheet, 0, 0, sheet.width, sheet.height, paper);
    for (int64_t i = 0; status == SG_OK && i < count; i++) {
        int top = MARGIN + (int)i * (height * factor + GAP);
        draw_image(&tile, p, info, i);
        sg_image_blit(&sheet, MARGIN, top, &tile, factor);
        draw_places(&tile, at + i * places * COLOURS, info);
        sg_image_blit(&sheet, MARGIN + width * factor + GAP, top, &tile, factor);
    }
    if (status == SG_OK) status = sg_image_save_png(&sheet, path, error);
    sg_image_finish(&tile);
    sg_image_finish(&sheet);
    free(at);
    return status;
}
