/* graph/rewrite.h - work that cannot matter, removed before a graph is differentiated.
 *
 * A masked model's loss looks at hidden cells only. Then the decoder, and the last block of the encoder but
 * for its keys and values, are needed for the rows of hidden cells alone. The pass
 *
 *   1. finds losses whose weight is 0 on the visible cells of a mask (graph/masked.h) that hides as many
 * cells of every sample,
 *   2. goes from them to the inputs and notes which rows of each value anybody needs (the rules of
 *      graph/rows.h; what is fetched, and what is not computed row by row, needs all),
 *   3. parts projections of which some slices are needed in part (queries) and others as a whole (keys,
 * values),
 *   4. computes the compact form of what the losses look at: node by node as long as the rule of the op goes,
 *      and where it ends, or where all rows are needed anyway, by one `gather` of the hidden rows,
 *   5. lets the losses compare the compact values, with the weight of a hidden cell as a constant.
 *
 * Then rows that are the same for all hidden cells, as those of a token that replaces them are before
 * positions are added or tokens mixed, are computed once a sample (rewrite_shared.c).
 *
 * The losses stay the same nodes, and so do all other values: one that is fetched later is computed from what
 * was there before, in full. Gradients shrink because the losses are differentiated afterwards; that of the
 * gather puts rows back among zeros. Results differ in rounding. Random ops draw for a sample (drop_path,
 * which has a rule and keeps its stream) or for each element (dropout, which has none, and ends the compact
 * part).
 *
 * Nothing is done where the cells are too few, or too little work is behind them, for the gathers to pay. */
#ifndef SG_GRAPH_REWRITE_H
#define SG_GRAPH_REWRITE_H

#include "graph/graph.h"

/* What was done. */
typedef struct sg_rewritten {
    int nodes;             /* that are computed for hidden cells alone */
    int shared;            /* that are computed once for all hidden cells */
    int64_t cells, hidden; /* of a sample, in the last mask that led to anything */
    double flops;          /* forward operations on a sample that are left out */
} sg_rewritten;

/* `roots`: values of which all is needed; updates of states are always kept. SG_NO_VALUE among them is
 * skipped. The graph must not have gradients yet. */
sg_status sg_graph_rewrite(sg_graph *graph, int root_count, const sg_value *roots, sg_rewritten *done,
                           sg_error *error);

#endif
