/* base/clock.h - a clock that nobody sets. */
#ifndef SG_BASE_CLOCK_H
#define SG_BASE_CLOCK_H

#include <time.h>

/* Seconds of CLOCK_MONOTONIC: only differences mean something. */
static inline double sg_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
