/* lang/whole.h - the message about a number that must be whole and is not. */
#ifndef SG_LANG_WHOLE_H
#define SG_LANG_WHOLE_H

#include "lang/tree.h"

/* `what` must be a whole number, but `value` is none. Where a division of whole numbers left the part,
 * however far away, the message points at the division and says what does not divide what. */
void sg_complain_whole(sg_work *work, const sg_tree *value, const char *what);

#endif
