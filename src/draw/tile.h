/* draw/tile.h - what sheets of samples share: colours, pixels of samples, hidden cells. */
#ifndef SG_DRAW_TILE_H
#define SG_DRAW_TILE_H

#include "simgraph/image.h"
#include "simgraph/tensor.h"

extern const uint8_t sg_tile_paper[3], sg_tile_ink[3], sg_tile_hidden_colour[3];

/* Element (row, c, y, x) of [b, c, h, w] as a byte: v * scale[c] + shift[c] in 0..1; NULL is 1 and 0. NaN is
 * black. */
uint8_t sg_tile_level(const sg_tensor *tensor, const double *scale, const double *shift, int64_t row,
                      int64_t c, int64_t y, int64_t x);
/* Whether pixel (y, x) of h x w is hidden by a mask [b, gh, gw]; false where there is none. */
bool sg_tile_hidden(const sg_tensor *mask, int64_t h, int64_t w, int64_t row, int64_t y, int64_t x);

enum { SG_TILE_STRIP_GAP = 24 };
/* What would be a long strip goes on beside itself until the sheet is about square: into how many strips,
 * where a row takes `down` and a strip `across`. */
int64_t sg_tile_strips(int64_t rows, int64_t down, int64_t across);

#endif
