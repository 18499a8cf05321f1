/* lang/suggest.h - the fix of a mistake, where it can be known. */
#ifndef SG_LANG_SUGGEST_H
#define SG_LANG_SUGGEST_H

#include "lang/tree.h"

/* The known name that was meant by an unknown attribute or key: the nearest, or what another library's name
 * for it is here. NULL where none is near. `hint` gets the words, or NULL. */
const char *sg_suggest_attribute(sg_work *work, const sg_names *known, const char *name, const char **hint);

/* A text where something else belongs: most often a name without its dollar, or a number in quotes. NULL for
 * other values. */
const char *sg_suggest_value(const sg_tree *value);

/* How a value that is no text is made one, in a file or, where --set gave it, through a shell. */
const char *sg_suggest_quotes(const sg_tree *value);

#endif
