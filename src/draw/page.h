/* The page for a browser: src/draw/page holds its parts, page.c fills in a graph. */
#ifndef SG_DRAW_PAGE_H
#define SG_DRAW_PAGE_H

/* The lines of the page, up to NULL. The line "@VARIABLES@" stands for colours, "@DATA@" within a line for the
 * graph. */
extern const char *const sg_page_lines[];

#endif
