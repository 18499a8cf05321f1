/* lang/function.h - functions on numbers. */
#ifndef SG_LANG_FUNCTION_H
#define SG_LANG_FUNCTION_H

#include "lang/expr.h"
#include "lang/tree.h"

bool sg_function_exists(const char *name); /* `given` included */
void sg_function_names(sg_work *work, sg_names *names);

/* The value of a call whose arguments are all known numbers (or lists); bad after reporting. */
const sg_tree *sg_function_call(sg_work *work, const sg_expr *call, const sg_tree *const *argument);

/* Arithmetic and comparison of two known values. */
const sg_tree *sg_function_binary(sg_work *work, const sg_expr *expr, const sg_tree *a, const sg_tree *b);

#endif
