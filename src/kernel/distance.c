#include "kernel/distance.h"

#include <math.h>

void sg_distance_scan(int64_t rows, int64_t columns, const unsigned char *hidden, int32_t *near) {
    for (int64_t c = 0; c < columns; c++) {
        int64_t last = -1;
        for (int64_t r = 0; r < rows; r++) {
            if (!hidden[r * columns + c]) last = r;
            near[r * columns + c] = (int32_t)last;
        }
        last = -1;
        for (int64_t r = rows - 1; r >= 0; r--) {
            if (!hidden[r * columns + c]) last = r;
            int32_t *at = &near[r * columns + c];
            if (last >= 0 && (*at < 0 || last - r < r - *at)) *at = (int32_t)last;
        }
    }
}

int64_t sg_distance_nearest(int64_t columns, const int32_t *near, int64_t row, int64_t column) {
    int64_t best = INT64_MAX, index = -1;
    for (int64_t d = 0; d < columns && d * d <= best; d++)
        for (int side = d ? -1 : 1; side <= 1; side += 2) {
            int64_t c = column + side * d;
            if (c < 0 || c >= columns || near[row * columns + c] < 0) continue;
            int64_t rise = near[row * columns + c] - row, distance = d * d + rise * rise;
            int64_t at = near[row * columns + c] * columns + c;
            if (distance < best || (distance == best && at < index)) {
                best = distance;
                index = at;
            }
        }
    return index;
}

double sg_distance_mean(int64_t rows, int64_t columns, const unsigned char *hidden, int32_t *near) {
    double sum = 0;
    int64_t count = 0;
    sg_distance_scan(rows, columns, hidden, near);
    for (int64_t p = 0; p < rows * columns; p++) {
        if (!hidden[p]) continue;
        int64_t to = sg_distance_nearest(columns, near, p / columns, p % columns);
        if (to < 0) return NAN;
        double rise = (double)(to / columns - p / columns), run = (double)(to % columns - p % columns);
        sum += sqrt(rise * rise + run * run);
        count++;
    }
    return count ? sum / (double)count : NAN;
}
