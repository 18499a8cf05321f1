/* kernel/lanes.h - reductions of a row over SG_LANES partial results, joined in a fixed tree. */
#ifndef SG_KERNEL_LANES_H
#define SG_KERNEL_LANES_H

#include "kernel/variant.h"

/* Lane j takes in lanes j + 8, then j + 4, j + 2 and j + 1. Without a loop over these widths, which would
 * keep the lanes in memory. */
static inline double sg_join_lanes(const double lane[SG_LANES]) {
    double half[8], quarter[4];
    for (int j = 0; j < 8; j++) half[j] = lane[j] + lane[j + 8];
    for (int j = 0; j < 4; j++) quarter[j] = half[j] + half[j + 4];
    return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

/* result = the sum of TERM, an expression of i, over i = 0 .. n - 1, in f64. Whole groups of SG_LANES terms
 * go to the lanes in order. The rest is taken as the end of the last SG_LANES terms, those before it masked:
 * a loop over single terms would cost more than the row itself where rows are short. */
#define SG_SUM_LANES(result, n, TERM)                                    \
    do {                                                                 \
        double lane_[SG_LANES] = {0};                                    \
        const int64_t whole_ = (n) - (n) % SG_LANES, rest_ = (n)-whole_; \
        for (int64_t base_ = 0; base_ < whole_; base_ += SG_LANES)       \
            for (int j_ = 0; j_ < SG_LANES; j_++) {                      \
                const int64_t i = base_ + j_;                            \
                lane_[j_] += (TERM);                                     \
            }                                                            \
        if (rest_ > 0 && whole_ > 0)                                     \
            for (int j_ = 0; j_ < SG_LANES; j_++) {                      \
                const int64_t i = (n)-SG_LANES + j_;                     \
                const double term_ = (TERM);                             \
                lane_[j_] += j_ >= SG_LANES - rest_ ? term_ : 0.0;       \
            }                                                            \
        else                                                             \
            for (int64_t i = 0; i < rest_; i++) lane_[i] += (TERM);      \
        (result) = sg_join_lanes(lane_);                                 \
    } while (0)

#endif
