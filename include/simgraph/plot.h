/* simgraph/plot.h - line plots as SVG, for light and dark backgrounds. */
#ifndef SIMGRAPH_PLOT_H
#define SIMGRAPH_PLOT_H

#include "simgraph/error.h"
#include <stdbool.h>
#include <stddef.h>

SG_BEGIN_C

typedef struct sg_plot_series {
    const char *name; /* in the legend */
    const double *x, *y;
    size_t count;
    bool points; /* mark the points: for series with few of them, such as evaluations */
} sg_plot_series;

typedef struct sg_plot_options {
    size_t size;                           /* sizeof(sg_plot_options) */
    const char *title, *x_label, *y_label; /* each may be NULL */
    const sg_plot_series *series;
    int series_count;  /* 1 to 8 */
    bool log_y;        /* logarithmic axis; values that are not positive are left out */
    int width, height; /* in SVG units; 0: 720 x 420; the height grows where a long legend needs it */
} sg_plot_options;

/* Makes the text of an SVG file, to be freed with free. Points that are not finite break the line. Where a
 * series has more points than pixels, the line shows the mean of each pixel column and a pale band its lowest
 * and highest. Fails with SG_BAD_USAGE (no or too many series, a size under 240 x 160) or SG_OUT_OF_MEMORY.
 */
sg_status sg_plot_text(char **svg, size_t *bytes, const sg_plot_options *options, sg_error *error);
/* Makes it and writes the file in one piece. */
sg_status sg_plot_save(const char *path, const sg_plot_options *options, sg_error *error);

SG_END_C

#endif
