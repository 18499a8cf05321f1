/* kernel/distance.h - the nearest visible pixel, exactly, as in Felzenszwalb and Huttenlocher, "Distance
 * transforms of sampled functions" (Theory of Computing 8, 2012): first within each column, then among the
 * columns. */
#ifndef SG_KERNEL_DISTANCE_H
#define SG_KERNEL_DISTANCE_H

#include <stdint.h>

/* near[r * columns + c]: the row of the visible pixel of column c that is nearest to row r, the upper one of
 * two; -1 where the column has none. `hidden` is not 0 where a pixel is hidden. */
void sg_distance_scan(int64_t rows, int64_t columns, const unsigned char *hidden, int32_t *near);

/* The index of the visible pixel that is nearest to (row, column), the smallest of several; -1 when all are
 * hidden. The columns are searched outward, as far as the result is away. */
int64_t sg_distance_nearest(int64_t columns, const int32_t *near, int64_t row, int64_t column);

/* The mean distance, in pixels between centres, of a hidden pixel to the nearest visible one: the AvgDist of
 * Xie et al., arXiv:2111.09886. NaN where nothing is hidden or nothing is visible. In time that is linear in
 * the pixels (Meijster, Roerdink and Hesselink, "A general algorithm for computing distance transforms in
 * linear time", 2000). `near` is scratch of rows * columns, `line` of 2 * columns. */
double sg_distance_mean(int64_t rows, int64_t columns, const unsigned char *hidden, int32_t *near,
                        int64_t *line);

#endif
