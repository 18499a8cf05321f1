/* graph/masked.h - values that a mask decides: one number on hidden cells, another on visible ones. */
#ifndef SG_GRAPH_MASKED_H
#define SG_GRAPH_MASKED_H

#include "graph/rows.h"

typedef struct sg_masked {
    bool known;
    sg_value mask; /* SG_NO_VALUE: the same number everywhere, `hidden` */
    double hidden, visible;
    sg_rows rows; /* of the cells of the mask */
} sg_masked;

/* The grid of a mask whose number of hidden cells is the same for every sample, and what a cell is in it.
 * `fine`: every entry of the mask is a cell, even where it hides squares of several. */
bool sg_mask_grid_of(const sg_graph *graph, const sg_node *node, bool fine, sg_grid *grid, sg_hidden *hidden);
/* What is known of every value; NULL when there is no memory. */
const sg_masked *sg_find_masked(const sg_graph *graph, bool fine, sg_bump *memory);

#endif
