/* draw/svg.h - parts of SVG. Coordinates have one decimal, whatever the locale says about decimal points. */
#ifndef SG_DRAW_SVG_H
#define SG_DRAW_SVG_H

#include "base/text.h"

void sg_svg_put_number(sg_text *svg, double value);
/* ` x="1" y="2"` with these names. */
void sg_svg_put_pair(sg_text *svg, const char *x_name, double x, const char *y_name, double y);
void sg_svg_put_escaped(sg_text *svg, const char *text);
/* `anchor` is start, middle or end; `class` may be NULL. */
void sg_svg_put_text(sg_text *svg, double x, double y, const char *anchor, const char *class,
                     const char *text);
void sg_svg_put_line(sg_text *svg, double x1, double y1, double x2, double y2, const char *class);
int sg_svg_letters(const char *text); /* characters of UTF-8 */

#endif
