/* draw/name.h - names of samples on a sheet, cut to the room that they have. */
#ifndef SG_DRAW_NAME_H
#define SG_DRAW_NAME_H

#include "base/text.h"
#include "simgraph/image.h"

/* The bytes with which all of several names begin. */
size_t sg_name_shared(const char *const *names, int count);

/* Makes `out` the name, at most `width` wide at scale 1 of the font. Where it is longer, "..." stands for its
 * first bytes, of which it may take `shared`; where that is not enough, for its middle as well: what tells
 * names apart stands at their beginning or their end. */
void sg_name_fit(sg_text *out, const char *name, size_t shared, int width);

/* Draws the name so, with (x, y) as the upper left corner; `width` is in pixels of the image. */
sg_status sg_name_draw(sg_image *image, int x, int y, const char *name, size_t shared, int width, int scale,
                       sg_error *error);

#endif
