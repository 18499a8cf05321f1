/* Writes boxes, frames and edges as the text of a diagram. */
#ifndef SG_DRAW_DOT_WRITE_H
#define SG_DRAW_DOT_WRITE_H

#include "base/text.h"
#include "draw/dot_model.h"

void sg_dot_write(sg_text *text, const sg_dot *dot);

void sg_dot_write_totals(sg_text *text, const sg_dot *dot); /* "155k params · 16.9 MFLOP a sample · ..." */
void sg_dot_write_head(sg_text *text, const sg_dot *dot);   /* the graph's attributes, title and legend */
/* The labels of edges whose ends are both inside `scope` and no deeper one, and inside the run `group` (-1:
 * none). */
void sg_dot_write_labels(sg_text *text, const sg_dot *dot, int scope, int group, int level);
/* Is the edge a part of the longest way, which is drawn straight? */
bool sg_dot_on_spine(const sg_dot *dot, const sg_dot_edge *edge);
void sg_dot_write_edges(sg_text *text, const sg_dot *dot);

#endif
