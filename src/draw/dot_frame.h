/* The frames of blocks and their titles, as text. */
#ifndef SG_DRAW_DOT_FRAME_H
#define SG_DRAW_DOT_FRAME_H

#include "base/text.h"
#include "draw/dot_model.h"

/* Begins a frame; `style` is more of Graphviz's style, `line` its colour (NULL: that of every frame). */
void sg_dot_open_frame(sg_text *text, const sg_dot *dot, const char *prefix, const char *id,
                       const char *tooltip, int level, const char *style, const char *line);
/* The node that holds the title, beside the box `first` (NULL: none). */
void sg_dot_write_title(sg_text *text, const sg_dot *dot, const char *prefix, const char *id,
                        const char *label, const sg_dot_box *first, int level);
/* Name, block, rounds, and what the block costs of everything, as HTML. */
void sg_dot_frame_title(sg_text *text, const sg_dot *dot, int scope);

#endif
