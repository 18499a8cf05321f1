/* cli/clock.h - a clock that nobody sets. */
#ifndef SG_CLI_CLOCK_H
#define SG_CLI_CLOCK_H

#include <time.h>

/* Seconds, of which only differences mean something. */
static inline double cli_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
