/* simgraph/clock.h - the clock by which spans and traces are told: CLOCK_MONOTONIC, which nobody sets. Only
 * differences of what it gives mean something. */
#ifndef SIMGRAPH_CLOCK_H
#define SIMGRAPH_CLOCK_H

#include "simgraph/error.h"
#include <stdint.h>

SG_BEGIN_C

double sg_clock(void); /* seconds */
uint64_t sg_clock_nanoseconds(void);

SG_END_C

#endif
