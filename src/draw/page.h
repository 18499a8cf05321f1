/* The page for a browser: src/draw/page holds its parts, page.c fills in a graph. */
#ifndef SG_DRAW_PAGE_H
#define SG_DRAW_PAGE_H

#include "base/text.h"
#include "simgraph/draw.h"

/* The lines of the page, up to NULL. The line "@VARIABLES@" stands for colours, "@DATA@" within a line for
 * the graph. */
extern const char *const sg_page_lines[];

/* Those of the options' theme, or both with a rule for the reader's scheme. */
void sg_page_put_colours(sg_text *css, const sg_dot_options *options);

#endif
