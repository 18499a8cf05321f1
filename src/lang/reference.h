/* lang/reference.h - `node`, `node.output`, `node.3`, `node.3.output`. */
#ifndef SG_LANG_REFERENCE_H
#define SG_LANG_REFERENCE_H

#include "lang/expr.h"
#include "lang/tree.h"

/* Parses a reference; anything else is reported, in words for the key `where`. NULL then. */
sg_expr *sg_reference_parse(sg_work *work, const char *text, sg_mark start, const char *where);

#endif
