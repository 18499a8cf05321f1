/* The page for a browser: src/draw/page holds its parts, page.c fills in a graph. */
#ifndef SG_DRAW_PAGE_H
#define SG_DRAW_PAGE_H

#include "base/embedded.h"
#include "base/text.h"
#include "simgraph/draw.h"

/* The files of src/draw/page, "page/page.html" among them. In their text, "@FILE@" stands for another of
 * them,
 * "@VARIABLES@" for colours and "@DATA@" for the graph. */
extern const sg_embedded sg_page_files[];

/* Those of the options' theme, or both with a rule for the reader's scheme. */
void sg_page_put_colours(sg_text *css, const sg_dot_options *options);

#endif
