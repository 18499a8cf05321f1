/* lang/resolve.h - resolving names from the inside (resolve.c). */
#ifndef SG_LANG_RESOLVE_H
#define SG_LANG_RESOLVE_H

#include "lang/document.h"

/* What is known where an expression stands. */
typedef struct sg_resolver {
    sg_work *work;
    const sg_document *document;
    sg_block *block;
    const sg_node_decl *node; /* whose repeat names are known */
    const sg_names *captures; /* names that patterns of a rule capture */
    bool formula;             /* nodes and inputs have values here */
    bool compared;            /* an operand of == */
} sg_resolver;

/* Binds the names of an expression (NULL: nothing), and reports those that mean nothing. */
void sg_resolve_expr(sg_resolver *r, sg_expr *expr);

#endif
