/* The canvas as text for Graphviz: parts of canvas.c. */
#ifndef SG_DRAW_CANVAS_DOT_H
#define SG_DRAW_CANVAS_DOT_H

#include "draw/canvas.h"

typedef struct sg_canvas_font {
    const char *name; /* its class in SVG */
    int size;
    bool strong;
} sg_canvas_font;

#define SG_CANVAS_THIN 0.3 /* the width of lines around shapes that are hardly higher than lines */
bool sg_canvas_is_thin(double height);

extern const sg_canvas_font sg_canvas_fonts[SG_WORDS_COUNT];
extern const char *const sg_canvas_text_colour[2][2]; /* light and dark; plain and strong */
const sg_ink *sg_canvas_ink(const sg_canvas *canvas, const char *name);

void sg_canvas_dot_begin(sg_canvas *canvas);
void sg_canvas_dot_rect(sg_canvas *canvas, const char *ink, double x, double y, double width, double height,
                        const char *tip);
void sg_canvas_dot_path(sg_canvas *canvas, const char *ink, const double *places, int count);
void sg_canvas_dot_spot(sg_canvas *canvas, const char *ink, double x, double y, double radius,
                        const char *tip);
void sg_canvas_dot_words(sg_canvas *canvas, sg_words words, double x, double y, const char *anchor,
                         const char *text);

#endif
