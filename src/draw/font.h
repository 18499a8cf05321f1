/* draw/font.h - a tiny proportional bitmap font for captions: letters, digits, a few signs. */
#ifndef SG_DRAW_FONT_H
#define SG_DRAW_FONT_H

#include "simgraph/image.h"

/* Rows from the top of "l" to the bottom of "p". Letters without descenders end at row SG_FONT_BASE. */
enum { SG_FONT_HEIGHT = 9, SG_FONT_BASE = 7 };

/* Width in pixels at scale 1 of a text in UTF-8. Of accented Latin letters the letter is shown; for what the
 * font lacks there is a box. */
int sg_font_width(const char *text);

/* Draws with (x, y) as the upper left corner; every dot becomes scale x scale pixels. */
void sg_font_draw(sg_image *image, int x, int y, const char *text, int scale, const uint8_t colour[3]);

#endif
