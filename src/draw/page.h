/* The page for a browser: src/draw/page holds its parts, page.c fills in a graph. */
#ifndef SG_DRAW_PAGE_H
#define SG_DRAW_PAGE_H

#include "base/embedded.h"
#include "base/text.h"
#include "simgraph/draw.h"

/* The files of src/draw/page, "page/frame.html" among them, each as a zlib stream. */
extern const sg_embedded sg_page_files[];

enum { SG_PAGE_SCRIPTS = 8 };

/* What a page has of its own within the frame: names of files. */
typedef struct sg_page_parts {
    const char *style, *body;
    const char *scripts[SG_PAGE_SCRIPTS]; /* in their order; NULL behind the last */
} sg_page_parts;

/* Puts what "@NAME@" stands for; false where it stands for nothing. */
typedef bool sg_page_marker(sg_text *html, const char *name, void *data);
/* Appends a page. In the text of its files "@FILE@" stands for another of them, "@NAME@" for what `put` puts:
 * in that of the frame for VARIABLES, the colours, and for DATA, JSON that the scripts read. */
void sg_page_fill(sg_text *html, const sg_page_parts *parts, sg_page_marker *put, void *data);

/* Those of the options' theme, or both with a rule for the reader's scheme. */
void sg_page_put_colours(sg_text *css, const sg_dot_options *options);

#endif
