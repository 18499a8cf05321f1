/* base/philox.h - counter-based random numbers: Philox4x32-10 of Salmon et al., "Parallel random numbers: as
 * easy as 1, 2, 3" (SC 2011). A draw is a pure function of (key, counter): nothing depends on order or
 * threads. */
#ifndef SG_BASE_PHILOX_H
#define SG_BASE_PHILOX_H

#include <stdint.h>

void sg_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Four words for elements 4 * quad .. 4 * quad + 3 of one sample: key = seed, counter = (quad, sample, epoch,
 * sg_fold(purpose)). `purpose` is the hash of the path of what draws. */
void sg_philox_draw(uint64_t seed, uint32_t quad, uint32_t sample, uint32_t epoch, uint64_t purpose,
                    uint32_t out[4]);

/* 64 bits folded to 32. Two purposes collide when their folds do. */
static inline uint32_t sg_fold(uint64_t hash) {
    return (uint32_t)(hash ^ hash >> 32);
}

/* Uniform in [0, 1): the high 24 bits of a word; the high 53 bits of two words. */
static inline float sg_uniform_f32(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24f;
}

static inline double sg_uniform_f64(uint32_t high, uint32_t low) {
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

#endif
