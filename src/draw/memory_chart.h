/* The chart of memory: its frame and what they share. */
#ifndef SG_DRAW_MEMORY_CHART_H
#define SG_DRAW_MEMORY_CHART_H

#include "draw/axis.h"
#include "draw/canvas.h"
#include "draw/memory_rows.h"

enum {
    SG_CHART_WIDTH = 960,
    SG_CHART_LEFT = 64,
    SG_CHART_RIGHT = 16,
    SG_CHART_TOP = 96,
    SG_CHART_PLOT = 400,
    SG_CHART_STRIP = 46
};

typedef struct sg_memory_chart {
    const sg_memory_rows *rows;
    const sg_dot_options *options;
    sg_axis y; /* in `unit` */
    double unit;
    const char *unit_name;
    sg_canvas *canvas;
} sg_memory_chart;

extern const char *const sg_memory_use_name[SG_MEMORY_USES];
extern const sg_ink sg_memory_inks[];
const char *sg_memory_ink(sg_memory_use use);

/* The chart of a plan, drawn. */
typedef struct sg_memory_drawing {
    sg_memory_rows rows;
    sg_dot_options options;
    sg_text text;
} sg_memory_drawing;

/* Plans and draws; sg_memory_drawing_finish may follow a failure. */
sg_status sg_memory_drawing_init(sg_memory_drawing *drawing, bool graphviz, const sg_graph *graph,
                                 const sg_program_options *program, const sg_dot_options *options,
                                 sg_error *error);
void sg_memory_drawing_finish(sg_memory_drawing *drawing);

double sg_memory_x(const sg_memory_rows *rows, double node); /* where a node begins */
double sg_memory_y(const sg_memory_chart *c, double bytes);  /* where an offset lies */
void sg_memory_put_bytes(const sg_memory_chart *c, char text[32], double bytes);

/* Around the plot. */
void sg_memory_put_head(const sg_memory_chart *c, const char *title);
void sg_memory_put_legend(const sg_memory_chart *c);
void sg_memory_put_axes(const sg_memory_chart *c);
void sg_memory_put_phases(const sg_memory_chart *c);
void sg_memory_put_strip(const sg_memory_chart *c);
void sg_memory_put_groups(const sg_memory_chart *c); /* brackets below nodes that run together */

#endif
