/* A canvas for charts: rectangles, lines and words, written as SVG, or as text for Graphviz (of which it
 * makes PNG and PDF) with every place fixed. Places are points from the upper left corner. */
#ifndef SG_DRAW_CANVAS_H
#define SG_DRAW_CANVAS_H

#include "base/text.h"

/* What a shape is drawn with: colours on light and on dark paper, NULL for none. */
typedef struct sg_ink {
    const char *name; /* its class in SVG */
    const char *fill[2], *line[2];
    double width;       /* of the line */
    const char *dashes; /* "dashed", "dotted" or NULL */
} sg_ink;

typedef enum sg_words {
    SG_WORDS_PLAIN = 0,
    SG_WORDS_STRONG,
    SG_WORDS_SMALL,
    SG_WORDS_SMALL_STRONG,
    SG_WORDS_TINY_STRONG,
    SG_WORDS_TITLE,
    SG_WORDS_COUNT,
} sg_words;

typedef struct sg_canvas {
    sg_text *out;
    bool graphviz;     /* else SVG */
    bool dark, follow; /* `follow`, in SVG: as the reader's system asks for */
    double width, height;
    const sg_ink *inks; /* all that are used; ends at name == NULL */
    int count;          /* of nodes for Graphviz */
} sg_canvas;

void sg_canvas_begin(sg_canvas *canvas);
void sg_canvas_end(sg_canvas *canvas);

/* `tip` (NULL: none) is told when the pointer rests on the shape; `id` (-1: none) is its data-id in SVG. */
void sg_canvas_rect(sg_canvas *canvas, const char *ink, double x, double y, double width, double height,
                    const char *tip, int id);
/* A line through `count` places, x and y in turn. */
void sg_canvas_path(sg_canvas *canvas, const char *ink, const double *places, int count);
void sg_canvas_line(sg_canvas *canvas, const char *ink, double x1, double y1, double x2, double y2);
void sg_canvas_spot(sg_canvas *canvas, const char *ink, double x, double y, double radius, const char *tip);
/* `anchor` is start, middle or end; y is the base line. */
void sg_canvas_words(sg_canvas *canvas, sg_words words, double x, double y, const char *anchor,
                     const char *text);
/* About how wide the words are. */
double sg_canvas_width(sg_words words, const char *text);

#endif
