/* lang/range.h - what stands between brackets: a whole number, or start:stop:step after NumPy's rules. */
#ifndef SG_LANG_RANGE_H
#define SG_LANG_RANGE_H

#include "lang/frame.h"

/* Positions start, start + step, ... of `length` entries, all in 0 to size - 1. stop: behind the last one, -1
 * where a range that goes down takes position 0. An empty range is 0:0:1. */
typedef struct sg_range {
    int64_t start, stop, step, length;
} sg_range;

/* The range `item` (SG_EXPR_RANGE) of `size` entries. False after reporting. */
bool sg_range_read(const sg_context *context, const sg_expr *item, int64_t size, sg_range *out);
/* A whole number, or `fallback` where `part` is NULL: a part that is left out. False after reporting. */
bool sg_index_read(const sg_context *context, const sg_expr *part, int64_t fallback, int64_t *out);

#endif
