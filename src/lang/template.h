/* lang/template.h - literal text with `$name` and `$(expression)` in it. */
#ifndef SG_LANG_TEMPLATE_H
#define SG_LANG_TEMPLATE_H

#include "lang/expr.h"
#include "lang/tree.h"

typedef struct sg_piece {
    const char *text; /* literal, `$$` already a dollar; or NULL */
    sg_expr *expr;
} sg_piece;

typedef struct sg_template {
    size_t count, room;
    sg_piece *piece;
    bool alone; /* one expression and nothing else: its value keeps its type */
} sg_template;

/* The pieces of a text that holds `$`; NULL after reporting. */
sg_template *sg_template_parse(sg_work *work, const sg_tree *text);

/* The place of the first character of a scalar's content. */
sg_mark sg_scalar_start(const sg_tree *text);

#endif
