/* What the files of the pass share. */
#ifndef SG_GRAPH_REWRITE_PARTS_H
#define SG_GRAPH_REWRITE_PARTS_H

#include "graph/masked.h"
#include "graph/rewrite.h"

/* A loss that looks at hidden cells only. */
typedef struct sg_hidden_loss {
    int node;
    double weight; /* of a hidden cell */
    sg_rows output, target;
} sg_hidden_loss;

/* The compact form of a value, once made. */
typedef struct sg_compact {
    sg_value value, compact;
    sg_rows rows;
    bool table;
} sg_compact;

/* Forward operations that a gathered element must save. It is read and written, its gradient is cleared and
 * added, all of it memory traffic; and operations are done three times over in a step. */
#define SG_GATHER_COST 64.0

typedef struct sg_rewrite {
    sg_graph *graph;
    const char *suffix; /* of the paths of nodes that stand for others */
    sg_bump *memory;
    sg_value mask;
    bool fine; /* are the entries of the mask the cells? */
    sg_grid grid;
    sg_hidden cell;
    sg_value index; /* places of the hidden cells, i32 [samples, chosen] */
    int nodes;      /* of the graph as it was */
    bool *used;     /* per node: does a root depend on it? */
    sg_need *need;  /* per value, value_room of them */
    int value_room;
    sg_need *scratch[2]; /* of SG_MAX_VARIADIC inputs */
    sg_hidden_loss *loss;
    int loss_count;
    sg_compact *compact;
    int compact_count, compact_room;
    sg_rewritten done;
} sg_rewrite;

/* rewrite.c: room for what is noted of nodes and values; which nodes are needed. */
bool sg_rewrite_allocate(sg_rewrite *r);
void sg_rewrite_mark_used(sg_rewrite *r, int root_count, const sg_value *roots);

/* rewrite_need.c: the sweep. */
void sg_rewrite_sweep(sg_rewrite *r, int root_count, const sg_value *roots);
/* The rule of the node that makes `value` (its output 0), with the needs of its inputs: NULL where rows of it
 * cannot be computed by themselves, or all of it is needed. */
const sg_row_rule *sg_rewrite_rule(const sg_rewrite *r, sg_value value, const sg_rows *rows, sg_need *need);
/* Asks the rule of a node for the needs of its inputs; false where it has none or refuses. */
bool sg_rewrite_ask(const sg_rewrite *r, const sg_node *node, const sg_rows *rows, sg_need *need);
/* Room for the needs of a node's inputs; NULL when there is no memory. They are too large for the stack of
 * what calls itself. */
sg_need *sg_rewrite_needs(const sg_rewrite *r, const sg_node *node);
/* Operations on the cells of a sample that are not chosen. */
double sg_rewrite_work(const sg_rewrite *r, const sg_node *node);
/* Operations on a sample that are saved, less what the gathers cost; not above 0 where it does not pay. */
double sg_rewrite_gain(const sg_rewrite *r);

/* rewrite_split.c */
void sg_rewrite_split(sg_rewrite *r);

/* rewrite_emit.c: the compact form of a value; SG_NO_VALUE after an error, which the graph keeps. */
sg_value sg_rewrite_compact(sg_rewrite *r, sg_value value, const sg_rows *rows);
/* A path for a node that stands for another one; the longest are cut off. */
const char *sg_rewrite_path(const sg_rewrite *r, const sg_node *node, char path[1024]);

/* rewrite_shared.c: rows that are the same for all hidden cells of a mask. */
sg_status sg_rewrite_share(sg_graph *graph, sg_value mask, int root_count, const sg_value *roots,
                           sg_rewritten *done, sg_error *error);

/* settle.c: puts nodes that were added, from index `first` on, in front of those that read them. */
sg_status sg_graph_settle(sg_graph *graph, int first, sg_error *error);

#endif
