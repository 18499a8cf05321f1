/* draw/axis.h - axes of a plot: range, scale, ticks with their labels. */
#ifndef SG_DRAW_AXIS_H
#define SG_DRAW_AXIS_H

#include <stdbool.h>

enum { SG_MAX_TICKS = 24, SG_TICK_TEXT = 24 };

typedef struct sg_tick {
    double value;
    char text[SG_TICK_TEXT];
} sg_tick;

typedef struct sg_axis {
    double low, high; /* low < high; both positive on a logarithmic axis */
    bool logarithmic;
    int tick_count;
    sg_tick tick[SG_MAX_TICKS]; /* ascending, within low..high */
} sg_axis;

/* Makes an axis that shows min..max (finite, min <= max) with about `wanted` ticks at round numbers. `margin`
 * is the share of the range to leave free above and below; a linear axis of positive values that come near 0
 * starts there. */
void sg_axis_init(sg_axis *axis, double min, double max, bool logarithmic, double margin, int wanted);

/* Where a value stands: 0 at low, 1 at high. */
double sg_axis_place(const sg_axis *axis, double value);

#endif
