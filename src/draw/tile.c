#include "draw/tile.h"

#include "simgraph/sheet.h"

const uint8_t sg_tile_paper[3] = SG_SHEET_PAPER, sg_tile_ink[3] = {58, 64, 74},
              sg_tile_hidden_colour[3] = SG_SHEET_HIDDEN;

uint8_t sg_tile_level(const sg_tensor *tensor, const double *scale, const double *shift, int64_t row,
                      int64_t c, int64_t y, int64_t x) {
    const sg_shape *shape = &tensor->shape;
    double value = sg_tensor_get(tensor, ((row * shape->dim[1] + c) * shape->dim[2] + y) * shape->dim[3] + x);
    if (scale) value *= scale[c];
    if (shift) value += shift[c];
    return sg_image_level(value);
}

bool sg_tile_hidden(const sg_tensor *mask, int64_t h, int64_t w, int64_t row, int64_t y, int64_t x) {
    if (!mask) return false;
    int64_t rows = mask->shape.dim[1], columns = mask->shape.dim[2];
    return sg_tensor_get(mask, (row * rows + y / (h / rows)) * columns + x / (w / columns)) != 0;
}

int64_t sg_tile_strips(int64_t rows, int64_t down, int64_t across) {
    int64_t strips = 1;
    while ((strips + 1) * strips * across <= rows * down) strips++;
    return strips;
}
