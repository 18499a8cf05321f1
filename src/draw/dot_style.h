/* Kinds of boxes, their colours and shapes: the palette of Okabe and Ito, which readers with any kind of
 * colour vision tell apart, each colour with a shape of its own. */
#ifndef SG_DRAW_DOT_STYLE_H
#define SG_DRAW_DOT_STYLE_H

#include "draw/dot_model.h"

typedef struct sg_dot_style {
    const char *name;  /* in the legend, and the class of the box in SVG */
    const char *shape; /* of Graphviz */
    const char *style; /* of Graphviz */
    const char *fill, *line, *text;
} sg_dot_style;

typedef struct sg_dot_theme {
    const char *paper, *text, *dim;    /* background, words, smaller words */
    const char *edge, *gradient;       /* lines */
    const char *frame[2], *frame_line; /* of blocks: odd and even levels */
    sg_dot_style kind[SG_DOT_KIND_COUNT];
} sg_dot_theme;

const sg_dot_theme *sg_dot_theme_of(const sg_dot_options *options);
sg_dot_kind sg_dot_kind_of_node(const sg_dot *dot, int node);
/* Of a block that is drawn as one box: that of its one telling kind when it is small. */
sg_dot_kind sg_dot_kind_of_scope(const sg_dot *dot, int scope);
/* Is the box a block with several nodes that would have boxes? It has a double border. */
bool sg_dot_holds_several(const sg_dot *dot, const sg_dot_box *box);

#endif
