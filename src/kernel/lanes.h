/* kernel/lanes.h - reductions of a row over SG_LANES partial results, joined in a fixed tree. */
#ifndef SG_KERNEL_LANES_H
#define SG_KERNEL_LANES_H

#include "kernel/variant.h"

/* Lane j takes in lanes j + 8, then j + 4, j + 2 and j + 1. */
static inline double sg_join_lanes(double lane[SG_LANES]) {
    for (int width = SG_LANES / 2; width > 0; width /= 2)
        for (int j = 0; j < width; j++) lane[j] += lane[j + width];
    return lane[0];
}

/* Adds TERM, an expression of i, in f64 over i = 0 .. n - 1 to `result`. */
#define SG_SUM_LANES(result, n, TERM)                      \
    do {                                                   \
        double lane_[SG_LANES] = {0};                      \
        int64_t base_ = 0;                                 \
        for (; base_ + SG_LANES <= (n); base_ += SG_LANES) \
            for (int j_ = 0; j_ < SG_LANES; j_++) {        \
                const int64_t i = base_ + j_;              \
                lane_[j_] += (TERM);                       \
            }                                              \
        for (int j_ = 0; base_ + j_ < (n); j_++) {         \
            const int64_t i = base_ + j_;                  \
            lane_[j_] += (TERM);                           \
        }                                                  \
        (result) = sg_join_lanes(lane_);                   \
    } while (0)

#endif
