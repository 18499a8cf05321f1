/* lang/place.h - which place a message shows first.
 *
 * What goes wrong inside the library is mended in the user's own file: there a message points at the value
 * that the library's text works with, or at the name of the block that was called. The place in the library
 * becomes the first link of the chain. Files that the user includes are the user's own. */
#ifndef SG_LANG_PLACE_H
#define SG_LANG_PLACE_H

#include "lang/work.h"

/* `span` itself where it lies in a file of the user. */
sg_span sg_place_of_user(sg_work *work, sg_span span);
/* What stands at a place of the library, for the chain: "at `c / heads`". */
const char *sg_place_text(sg_work *work, sg_span span);

#endif
