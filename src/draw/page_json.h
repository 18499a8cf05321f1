/* What the page knows of a graph, as JSON. */
#ifndef SG_DRAW_PAGE_JSON_H
#define SG_DRAW_PAGE_JSON_H

#include "draw/dot_model.h"

/* One graph with every block open, or two that are compared. */
typedef struct sg_page_graph {
    const sg_dot *dot;
    const bool *open; /* a block each: is it open at first? */
    int *scope_place; /* of each block in the list of both graphs, or -1 */
    int *box_place;   /* of each box */
} sg_page_graph;

typedef struct sg_page {
    sg_page_graph now, before; /* before.dot: NULL where nothing is compared */
    int updates;               /* the place of the block of updates, or -1 */
    sg_text *json;
} sg_page;

void sg_page_put_graph(sg_page *page);

#endif
