/* The page for a browser: src/draw/page holds its parts, page.c fills in a graph. */
#ifndef SG_DRAW_PAGE_H
#define SG_DRAW_PAGE_H

#include "base/embedded.h"
#include "base/text.h"
#include "simgraph/draw.h"

/* The files of src/draw/page, "page/page.html" among them, each as a zlib stream. */
extern const sg_embedded sg_page_files[];

/* Puts what "@NAME@" stands for; false where it stands for nothing. */
typedef bool sg_page_marker(sg_text *html, const char *name, void *data);
/* Appends a file. In its text "@FILE@" stands for another of them, "@NAME@" for what `put` puts. */
void sg_page_fill(sg_text *html, const char *file, sg_page_marker *put, void *data);

/* Those of the options' theme, or both with a rule for the reader's scheme. */
void sg_page_put_colours(sg_text *css, const sg_dot_options *options);

#endif
