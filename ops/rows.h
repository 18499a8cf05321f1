/* Rules for ops that are computed row by row (graph/rows.h), and what masks and losses say to passes that
 * look for rows nobody needs. */
#ifndef SG_OPS_ROWS_H
#define SG_OPS_ROWS_H

#include "graph/rows.h"

/* Every element by itself; inputs are broadcast. */
extern const sg_row_rule sg_rows_each;
/* A function of the lines of input 0 along the last axis, or along the attribute `axis` where the op has one;
 * other inputs are whole. */
extern const sg_row_rule sg_rows_lines;
/* Sums and the like over axes: the attributes of ops/reduce.h. */
extern const sg_row_rule sg_rows_reduce;
extern const sg_row_rule sg_rows_reshape_rule, sg_rows_permute, sg_rows_slice, sg_rows_concat,
    sg_rows_broadcast, sg_rows_pixel_shuffle;
/* A convolution whose kernel tiles the input. */
extern const sg_row_rule sg_rows_tiles;
/* Rows of an attention are those of its query. */
extern const sg_row_rule sg_rows_query;

/* Which rows of output and target a loss looks at, given those of its weight (sg_op.weighted). */
bool sg_loss_rows(const sg_signature *s, const sg_rows *weight, sg_rows *output, sg_rows *target);
bool sg_cross_entropy_rows(const sg_signature *s, const sg_rows *weight, sg_rows *output, sg_rows *target);

#endif
