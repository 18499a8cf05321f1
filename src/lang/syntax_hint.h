/* lang/syntax_hint.h - what was most likely meant where an expression cannot be read on. */
#ifndef SG_LANG_SYNTAX_HINT_H
#define SG_LANG_SYNTAX_HINT_H

#include "lang/lexer.h"

/* `expected` as the message says it, the token that was found, its place and text, and the name that was read
 * last (or ""). NULL where nothing is known. */
const char *sg_syntax_hint(sg_work *work, const char *expected, sg_token_kind kind, sg_span at,
                           const char *word, const char *last_name);

/* x.mean() and torch.cat(...), as Python has them: reports `name`, called on `base` (NULL: no plain name).
 * `module`: whether it starts with the name of a module. */
void sg_complain_method(sg_work *work, sg_span at, const char *name, const char *base, bool module);

#endif
