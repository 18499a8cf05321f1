/* lang/undollared.h - texts that were meant to be values: they lack a dollar. */
#ifndef SG_LANG_UNDOLLARED_H
#define SG_LANG_UNDOLLARED_H

#include "lang/work.h"

/* What a name stands for where the text is: "the argument", "its value"; NULL where it has no value. */
typedef const char *(*sg_value_words)(const void *data, const char *name);

/* The words for a text that reads like a name or an expression: "`dim` is text here; write `$dim` for the
 * argument". NULL where it does not. They are of use where something else than text was needed. */
const char *sg_undollared(sg_work *work, const char *text, sg_value_words words, const void *data);

#endif
