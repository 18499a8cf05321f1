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

/* first = the sum of FIRST, second = that of SECOND, expressions of i and of what the declaration LET makes
 * of it, over i = 0 .. n - 1, in f64. Whole groups of SG_LANES terms go to the lanes in order. The rest is
 * taken as the end of the last SG_LANES terms, those before it masked: a loop over single terms would cost
 * more than the row itself where rows are short. */
#define SG_SUM_TWO_LANES(first, second, n, LET, FIRST, SECOND)                              \
    do {                                                                                    \
        double one_[SG_LANES] = {0}, two_[SG_LANES] = {0};                                  \
        const int64_t whole_ = (n) - (n) % SG_LANES, rest_ = (n)-whole_;                    \
        for (int64_t base_ = 0; base_ < whole_; base_ += SG_LANES)                          \
            SG_ROLLED_LOOP for (int j_ = 0; j_ < SG_LANES; j_++) {                          \
                const int64_t i = base_ + j_;                                               \
                LET;                                                                        \
                one_[j_] += (FIRST);                                                        \
                two_[j_] += (SECOND);                                                       \
            }                                                                               \
        if (rest_ > 0 && whole_ > 0) SG_ROLLED_LOOP for (int j_ = 0; j_ < SG_LANES; j_++) { \
                const int64_t i = (n)-SG_LANES + j_;                                        \
                LET;                                                                        \
                const double first_ = (FIRST), second_ = (SECOND);                          \
                one_[j_] += j_ >= SG_LANES - rest_ ? first_ : 0.0;                          \
                two_[j_] += j_ >= SG_LANES - rest_ ? second_ : 0.0;                         \
            }                                                                               \
        else                                                                                \
            for (int64_t i = 0; i < rest_; i++) {                                           \
                LET;                                                                        \
                one_[i] += (FIRST);                                                         \
                two_[i] += (SECOND);                                                        \
            }                                                                               \
        (first) = sg_join_lanes(one_);                                                      \
        (second) = sg_join_lanes(two_);                                                     \
    } while (0)

/* result = the sum of TERM, likewise. */
#define SG_SUM_LANES(result, n, TERM)                           \
    do {                                                        \
        double none_;                                           \
        SG_SUM_TWO_LANES(result, none_, n, (void)0, TERM, 0.0); \
        (void)none_;                                            \
    } while (0)

#endif
