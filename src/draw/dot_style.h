/* Kinds of boxes, their colours and shapes: the palette of Okabe and Ito, which readers with any kind of
 * colour vision tell apart, each colour with a shape of its own. */
#ifndef SG_DRAW_DOT_STYLE_H
#define SG_DRAW_DOT_STYLE_H

#include "draw/dot_model.h"

#include <stddef.h>

enum { SG_DOT_HEATS = 6 };

/* Fonts with the widths of Helvetica, so that words fit their boxes wherever a picture is looked at: a
 * browser on Linux may know the last three alone. */
#define SG_DRAW_FONT "Helvetica,Arial,Nimbus Sans,Liberation Sans,Arimo,sans-serif"

/* The class of a picture that follows the reader's colour scheme. */
#define SG_DOT_FOLLOWS "follows_scheme"

typedef struct sg_dot_style {
    const char *name;  /* in the legend, and the class of the box in SVG */
    const char *shape; /* of Graphviz */
    const char *style; /* of Graphviz */
    const char *fill, *line, *text;
    const char *extra; /* further words of `style`: what a change or the distance adds */
} sg_dot_style;

typedef struct sg_dot_theme {
    const char *paper, *text, *dim;                           /* background, words, smaller words */
    const char *edge, *gradient;                              /* lines */
    const char *frame[2], *frame_line;                        /* of blocks: odd and even levels */
    const char *track;                                        /* the empty part of a bar */
    const char *heat[SG_DOT_HEATS], *heat_text[SG_DOT_HEATS]; /* from nothing to the hottest box */
    const char *change[4], *change_fill[4];                   /* lines and boxes, by sg_dot_change */
    sg_dot_style kind[SG_DOT_KIND_COUNT];
} sg_dot_theme;

const sg_dot_theme *sg_dot_theme_of(const sg_dot_options *options);
/* For SVG that follows the reader's system: rules that turn every colour of the light theme into that of the
 * dark one. */
void sg_dot_write_rules(sg_text *css);
/* By kind; where times are known, coloured by time; where graphs are compared, by what changed. */
sg_dot_style sg_dot_look(const sg_dot *dot, const sg_dot_box *box);
const char *sg_dot_change_sign(sg_dot_change change); /* "", "+ ", "− ", "~ " */
int sg_dot_heat_of(const sg_dot *dot, double seconds);
sg_dot_kind sg_dot_kind_of_node(const sg_dot *dot, int node);
/* Of a block that is drawn as one box: that of its one telling kind when it is small. */
sg_dot_kind sg_dot_kind_of_scope(const sg_dot *dot, int scope);
/* Is the box a block with several nodes that would have boxes? It has a double border. */
bool sg_dot_holds_several(const sg_dot *dot, const sg_dot_box *box);

#endif
