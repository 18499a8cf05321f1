/* lang/explain.h - how the values of a block's names come about: those that a message speaks of are most
 * often not the user's own. */
#ifndef SG_LANG_EXPLAIN_H
#define SG_LANG_EXPLAIN_H

#include "lang/frame.h"

/* What a size that is written as `text` comes from: "`gh` = h / patch = 28 / 4", "axis 1 of `x`", "2 * 3" for
 * "2 * n", "`dim` is an argument of `embed`". NULL where there is nothing to say: of a plain number, and of
 * the file's own names. */
const char *sg_explain_size(const sg_frame *frame, const char *text);

/* The same of every name in expressions that are wrong: "`h` is axis 2 of `like` [2, 8, 7, 7], `gh` is axis 2
 * of `codes` [2, 1, 28, 28]; are `like` and `codes` swapped?"; NULL where there is none. Entries may be NULL.
 */
const char *sg_explain_names(const sg_frame *frame, int count, const sg_expr *const *expr);

/* The inputs whose sizes an expression reads, also by way of `let`; returns how many. */
int sg_explain_tensors(const sg_frame *frame, const sg_expr *expr, const sg_value **tensor);

#endif
