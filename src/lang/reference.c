#include "lang/reference.h"

#include <string.h>

sg_expr *sg_reference_parse(sg_work *work, const char *text, sg_mark start, const char *where) {
    sg_expr *expr = sg_expr_parse(work, text, start);
    if (!expr) return NULL;
    const sg_expr *base = expr;
    while (base->kind == SG_EXPR_MEMBER) base = base->child[0];
    if (base->kind == SG_EXPR_NAME) return expr;
    sg_complain(work, expr->span, "give the formula a node of its own and name that",
                "`%s` takes names of nodes, not formulas", where);
    return NULL;
}
