#include "ops/fill.h"

enum { IMAGE = SG_FILL_IMAGE, MASK = SG_FILL_MASK };

sg_status sg_fill_infer(sg_infer *c) {
    const sg_shape *image = &c->in[IMAGE].shape, *mask = &c->in[MASK].shape;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (c->in[IMAGE].type != SG_F32 && c->in[IMAGE].type != SG_F64)
        return sg_fail_at(c->error, SG_BLAME_INPUT, IMAGE, "image must be f32 or f64, not %s",
                          sg_type_name(c->in[IMAGE].type));
    if (image->rank != 4)
        return sg_fail_at(c->error, SG_BLAME_INPUT, IMAGE,
                          "image must be [samples, channels, rows, columns], not %s",
                          sg_shape_words(image, s));
    bool fits = mask->rank == 3 && mask->dim[0] == image->dim[0];
    for (int d = 1; fits && d < 3; d++)
        fits = mask->dim[d] ? image->dim[d + 1] % mask->dim[d] == 0 : !image->dim[d + 1];
    if (!fits)
        return sg_fail_at(c->error, SG_BLAME_INPUT, MASK,
                          "mask %s must be [samples, rows, columns] of cells that divide image %s",
                          sg_shape_words(mask, t), sg_shape_words(image, s));
    c->out[0] = c->in[IMAGE];
    return SG_OK;
}

void sg_fill_domain(const sg_signature *s, sg_domain *d, size_t scratch) {
    const sg_shape *image = &s->in[IMAGE].shape;
    d->scratch = (size_t)(image->dim[2] * image->dim[3] + 8) * scratch;
    if (image->dim[0] < 1) return;
    d->items = image->dim[0];
    d->in[IMAGE] = d->in[MASK] = d->out[0] = SG_OWN;
}

void sg_fill_read_mask(const sg_task *task, int64_t sample, unsigned char *hidden) {
    const sg_tensor *mask = &task->in[MASK];
    int64_t rows = task->in[IMAGE].shape.dim[2], columns = task->in[IMAGE].shape.dim[3];
    int64_t cell_rows = mask->shape.dim[1], cell_columns = mask->shape.dim[2];
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            int64_t row = r / (rows / cell_rows), column = c / (columns / cell_columns);
            hidden[r * columns + c] =
                sg_tensor_get(mask, (sample * cell_rows + row) * cell_columns + column) != 0;
        }
}
