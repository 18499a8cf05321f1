/* What a diagram is made of, from the graph's nodes to the boxes and edges that are written.
 *
 *   dot_tree.c      blocks as a tree, each node in its block
 *   dot_fold.c      equal rounds of repeats: which round is drawn
 *   dot_hide.c      weights, views and constants that get no box
 *   dot_open.c      which blocks are open
 *   dot_place.c     which box each node is in
 *   dot_edge.c      edges between boxes
 *   dot_backward.c  boxes of gradients
 *   dot_update.c    boxes of updates
 *   dot_style.c     colours and shapes
 *   dot_label.c     numbers, shapes, labels, tooltips
 *   dot_write.c     the text */
#ifndef SG_DRAW_DOT_MODEL_H
#define SG_DRAW_DOT_MODEL_H

#include "base/map.h"
#include "base/memory.h"
#include "simgraph/draw.h"

/* Why a node has no box of its own. */
typedef enum sg_dot_hidden {
    SG_DOT_SHOWN = 0,
    SG_DOT_WEIGHT,   /* counted in the box that reads it */
    SG_DOT_VIEW,     /* edges pass through it */
    SG_DOT_CONSTANT, /* depends on no input, weight or random number */
} sg_dot_hidden;

/* The part of a step that a node belongs to. */
typedef enum sg_dot_part { SG_DOT_FORWARD = 0, SG_DOT_GRADIENT, SG_DOT_UPDATE } sg_dot_part;

typedef enum sg_dot_kind {
    SG_DOT_KIND_INPUT = 0,
    SG_DOT_KIND_STORED,
    SG_DOT_KIND_RANDOM,
    SG_DOT_KIND_PRODUCT,
    SG_DOT_KIND_ELEMENTWISE,
    SG_DOT_KIND_NORM,
    SG_DOT_KIND_REDUCTION,
    SG_DOT_KIND_INDEX,
    SG_DOT_KIND_VIEW,
    SG_DOT_KIND_LOSS,
    SG_DOT_KIND_BLOCK,
    SG_DOT_KIND_GRADIENT,
    SG_DOT_KIND_UPDATE,
    SG_DOT_KIND_COUNT,
} sg_dot_kind;

/* Sums over nodes; operations are per sample, those of updates per step. */
typedef struct sg_dot_cost {
    double parameters, flops;
    int nodes;
} sg_dot_cost;

/* A block instance. Parents come before their children. */
typedef struct sg_dot_scope {
    const sg_scope *scope;
    int parent, level; /* -1 and 1 at the top */
    const char *tail;  /* of the path, after the parent's dot: "block.3" */
    int base;          /* length of the tail without the number of the round: 5 */
    int64_t round;     /* -1: not a round of a repeat */
    int drawn; /* the scope that is drawn in its place: itself, or the same part of an earlier round */
    int run;   /* the run that this round belongs to, or -1 */
    int turn;  /* its number within the run */
    uint64_t signature; /* of everything inside */
    int first;          /* the first node inside; sg_graph_node_count when there is none */
    int shown;          /* nodes inside that may have boxes */
    bool closed;        /* one box, whatever the depth */
    bool wanted;        /* open where its parents are */
    bool open;
    int box; /* when it is one box */
    sg_dot_cost cost;
} sg_dot_scope;

/* Equal rounds that follow each other, drawn once: `period` rounds, `count` times. */
typedef struct sg_dot_run {
    int parent;
    int period, count;
    int *scope; /* period * count of them */
} sg_dot_run;

typedef struct sg_dot_box {
    const char *id;
    int parent;      /* the open scope around it, or -1 */
    int scope, node; /* a closed scope (and then its first node), or one node and scope == -1 */
    sg_dot_part part;
    sg_dot_kind kind;
    sg_dot_cost cost; /* of one round */
    int forward;      /* gradients: the box whose gradient this is, or -1 */
    int gradient;     /* forward boxes: the first box of gradients, or -1 */
    int last;         /* forward boxes: the last of them, or -1 */
    int next;         /* gradients: the next one of the same forward box, or -1 */
    int level;        /* edges on the longest way from an input */
    bool spine;       /* on the longest way of all */
} sg_dot_box;

typedef struct sg_dot_edge {
    int from, to; /* boxes */
    const char *label;
    const char *name; /* of the value, for the tooltip */
    int count;        /* values with this label between the two */
    bool loop;        /* from one round to the next */
    bool shared;      /* weights of `from` are read by `to` */
    int run;          /* of a loop */
    int parallel;     /* edges between the same two boxes that come before it */
} sg_dot_edge;

typedef struct sg_dot {
    const sg_graph *graph;
    sg_dot_options options;
    sg_bump *memory;
    int node_count;
    int *node_scope;       /* innermost scope, or -1 */
    int *node_drawn;       /* the node that is drawn in its place */
    unsigned char *hidden; /* sg_dot_hidden */
    unsigned char *part;   /* sg_dot_part */
    bool *varies;          /* depends on an input or a random number */
    int *node_box;         /* the box that a node is in, or -1 */
    int *reader;           /* weights that are counted elsewhere: the box that reads them, or -1 */
    sg_map paths;          /* of nodes */
    sg_map scopes_by_path;
    sg_dot_scope *scope;
    int scope_count;
    sg_dot_run *run;
    size_t run_count, run_capacity;
    sg_dot_box *box;
    size_t box_count, box_capacity;
    sg_dot_edge *edge;
    size_t edge_count, edge_capacity;
    sg_dot_cost total[3]; /* per sg_dot_part */
    bool failed;          /* out of memory */
} sg_dot;

/* Each stage fills its part of `dot`; running out of memory sets dot->failed. */
void sg_dot_tree(sg_dot *dot);
void sg_dot_fold(sg_dot *dot);
void sg_dot_hide(sg_dot *dot);
void sg_dot_open(sg_dot *dot);
/* Boxes, edges and levels for the scopes that are wanted open. */
void sg_dot_build(sg_dot *dot);
void sg_dot_connect(sg_dot *dot);
/* Adds boxes and edges of the gradients, and of the updates; `seen` belongs to sg_dot_add_edge. */
void sg_dot_mirror(sg_dot *dot, sg_map *seen);
void sg_dot_update(sg_dot *dot, sg_map *seen);

const char *sg_dot_joined(sg_dot *dot, const char *head, const char *tail); /* NULL when out of memory */
sg_dot_cost sg_dot_node_cost(const sg_dot *dot, int node);
/* The innermost scope that holds the path, or -1. */
int sg_dot_scope_of(sg_dot *dot, const char *path);
/* Is `inner` equal to `outer` or inside it? -1 holds everything. */
bool sg_dot_inside(const sg_dot *dot, int inner, int outer);
/* The node that gives input `k` of a node once hidden views are passed through, and its value; -1 when
 * absent. */
int sg_dot_source(const sg_dot *dot, const sg_node *node, int k, sg_value *value);
/* The run within which `from` and `to` are in different turns, or -1. */
int sg_dot_loop(const sg_dot *dot, int from, int to);
int sg_dot_add_box(sg_dot *dot, sg_dot_box box); /* its index, -1 when out of memory */
/* Adds one edge, or counts it where the same was added before. */
void sg_dot_add_edge(sg_dot *dot, sg_map *seen, sg_dot_edge edge);
void sg_dot_levels(sg_dot *dot);

#endif
