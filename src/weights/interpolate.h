/* weights/interpolate.h - lines of numbers at other places: matrices [to][from] in f64.
 *
 * A table over a grid is interpolated along its columns and then along its rows with such matrices. */
#ifndef SG_WEIGHTS_INTERPOLATE_H
#define SG_WEIGHTS_INTERPOLATE_H

#include <stdint.h>

#include "simgraph/error.h"

/* As torch.nn.functional.interpolate(mode="bicubic", align_corners=False): Keys' cubic convolution with a =
 * -0.75, place i of `to` at (i + 0.5) * from / to - 0.5, edges repeated. Sizes >= 1. */
void sg_interpolate_bicubic(double *matrix, int64_t to, int64_t from);

/* The scheme of BEiT for tables of offsets, which the official code of SimMIM uses: offset 0 stays in the
 * middle, the others of the old table are taken to lie at +-(1 + q + q^2 + ...), with q between 1.01 and 1.5
 * such that the outermost come to lie at those of the new one; between them the cubic spline that has no knot
 * at its second and its last but one place, beyond the outermost the value there. Sizes are odd, from >= 5.
 * SG_OUT_OF_MEMORY. */
sg_status sg_interpolate_geometric(double *matrix, int64_t to, int64_t from, sg_error *error);

#endif
