/* What the chart of memory shows: pieces of the arena with their lives, and the nodes along the axis. */
#ifndef SG_DRAW_MEMORY_ROWS_H
#define SG_DRAW_MEMORY_ROWS_H

#include "draw/dot_model.h"
#include "plan/plan.h"

typedef enum sg_memory_use {
    SG_MEMORY_FORWARD = 0, /* dies before the gradients begin */
    SG_MEMORY_KEPT,        /* of the forward pass, until a gradient has read it */
    SG_MEMORY_GRADIENT,
    SG_MEMORY_WEIGHTS, /* gradients of weights: until the update has read them, or fetched */
    SG_MEMORY_UPDATE,
    SG_MEMORY_SUMS, /* parts of sums, one a lane */
    SG_MEMORY_USES,
} sg_memory_use;

typedef struct sg_memory_piece {
    char *name;
    sg_memory_use use;
    size_t offset, bytes;
    int first, last; /* nodes in the order of the plan; `last` is the first that no longer needs it */
    bool pinned;     /* fetched: to the end of the step */
} sg_memory_piece;

typedef struct sg_memory_rows {
    sg_bump *memory;
    sg_memory_piece *piece; /* the largest first */
    int piece_count;
    int node_count;
    const char **node;    /* paths, in order */
    int gradient, update; /* where they begin; node_count where they do not */
    int *group;           /* where each group of nodes begins, and behind them the end */
    int *parts;           /* of the batch, for which all nodes of a group run one after the other */
    int group_count;
    size_t *live;        /* bytes in use while each node runs */
    size_t arena, tiles; /* bytes; tiles and scratch of one worker */
    int peak;            /* the node with most bytes in use */
} sg_memory_rows;

sg_status sg_memory_rows_init(sg_memory_rows *rows, const sg_plan *plan, sg_error *error);
void sg_memory_rows_finish(sg_memory_rows *rows);

#endif
