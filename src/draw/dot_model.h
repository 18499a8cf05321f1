/* What a diagram is made of, from the graph's nodes to the boxes and edges that are written.
 *
 *   dot_tree.c      blocks as a tree, each node in its block
 *   dot_share.c     weights that several blocks use
 *   dot_fold.c      equal rounds of repeats: which round is drawn
 *   dot_hide.c      weights, views and constants that get no box
 *   dot_open.c      which blocks are open
 *   dot_place.c     which box each node is in
 *   dot_edge.c      edges between boxes
 *   dot_backward.c  boxes of gradients
 *   dot_update.c    boxes of updates
 *   dot_heat.c      time of boxes
 *   dot_narrow.c    the boxes near one, or that match a pattern
 *   dot_diff.c      what differs from another graph
 *   dot_style.c     colours and shapes
 *   dot_kind.c      kinds of boxes
 *   dot_text.c      escapes, numbers, bars
 *   dot_label.c     shapes, names, labels
 *   dot_settings.c  attributes in labels
 *   dot_tooltip.c   tooltips
 *   dot_write.c     the text */
#ifndef SG_DRAW_DOT_MODEL_H
#define SG_DRAW_DOT_MODEL_H

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "simgraph/draw.h"

enum { SG_DOT_DEEPEST = 1000 }; /* a depth at which every block is open */

/* Why a node has no box of its own. */
typedef enum sg_dot_hidden {
    SG_DOT_SHOWN = 0,
    SG_DOT_WEIGHT,   /* counted in the box that reads it */
    SG_DOT_VIEW,     /* edges pass through it */
    SG_DOT_CONSTANT, /* depends on no input, weight or random number */
} sg_dot_hidden;

/* The part of a step that a node belongs to. */
typedef enum sg_dot_part { SG_DOT_FORWARD = 0, SG_DOT_GRADIENT, SG_DOT_UPDATE } sg_dot_part;

/* Where two graphs are compared: what is only in the newer one, only in the older one, other in both. */
typedef enum sg_dot_change { SG_DOT_SAME = 0, SG_DOT_ADDED, SG_DOT_REMOVED, SG_DOT_CHANGED } sg_dot_change;

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

/* Sums over nodes; operations are those of a batch divided by it, those of updates per step. */
typedef struct sg_dot_cost {
    double parameters, flops;
    double bytes; /* of the values that are computed, a sample */
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
    const char *note;   /* whose weights it uses, or that it is recomputed; NULL */
    bool closed;        /* one box, whatever the depth */
    bool wanted;        /* open where its parents are */
    bool open;
    int box; /* when it is one box */
    sg_dot_cost cost;
    double seconds; /* of all rounds */
    sg_dot_change change;
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
    bool aim;         /* what was asked for: a thick border */
    bool minimised;   /* holds what training minimises: a thick border and the word */
    int cut;          /* boxes that it reads or that read it, and are not drawn; then its name alone */
    double seconds;   /* of all rounds */
    sg_dot_change change;
} sg_dot_box;

typedef struct sg_dot_edge {
    int from, to; /* boxes */
    const char *label;
    const char *name; /* of the value, for the tooltip */
    int count;        /* values with this label between the two */
    bool loop;        /* from one round to the next */
    bool shared;      /* weights of `from` are read by `to` */
    bool indirect;    /* through boxes that are not drawn */
    sg_dot_change change;
    int run;      /* of a loop */
    int parallel; /* edges between the same two boxes that come before it */
} sg_dot_edge;

typedef struct sg_dot {
    const sg_graph *graph;
    sg_dot_options options;
    sg_bump *memory;
    int64_t batch; /* for which work and bytes are counted */
    int node_count;
    int *node_scope; /* innermost scope, or -1 */
    int *node_drawn; /* the node that is drawn in its place */
    int *adopter;    /* stored values that nothing in their own block reads: the first reader, whose block
                      * they are drawn in; else -1 */
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
    sg_dot_cost total[3];      /* per sg_dot_part */
    const struct sg_dot *like; /* NULL, or which blocks are to be open */
    struct sg_dot *other;      /* what this one is compared with, or NULL */
    bool removed;              /* this is the older one: only what the newer one lacks is drawn */
    double seconds, hottest;   /* of all boxes, and of the one that takes longest */
    int minimised;             /* the node that gives what training minimises, or -1 */
    bool failed;               /* out of memory */
} sg_dot;

/* Each stage fills its part of `dot`; running out of memory sets dot->failed. */
void sg_dot_tree(sg_dot *dot);
/* Moves stored values that nothing in their own block reads to the block that reads them first. */
void sg_dot_settle(sg_dot *dot);
void sg_dot_fold(sg_dot *dot);
void sg_dot_hide(sg_dot *dot);
/* Says at blocks whose weights they use. */
void sg_dot_share(sg_dot *dot);
void sg_dot_open(sg_dot *dot);
/* Boxes, edges and levels for the scopes that are wanted open. */
void sg_dot_build(sg_dot *dot);
void sg_dot_connect(sg_dot *dot);
/* Adds boxes and edges of the gradients, and of the updates; `seen` belongs to sg_dot_add_edge. */
void sg_dot_mirror(sg_dot *dot, sg_map *seen);
void sg_dot_update(sg_dot *dot, sg_map *seen);
/* The edge that stands for all gradients of weights on their way to the update, or NULL. */
const sg_dot_edge *sg_dot_into_update(const sg_dot *dot);

/* What each box and block took of options.seconds. */
void sg_dot_heat(sg_dot *dot);
/* Leaves only what options.focus or options.only ask for. Fails with SG_BAD_USAGE where nothing is left. */
sg_status sg_dot_narrow(sg_dot *dot, sg_error *error);

/* Marks what differs, in both. */
void sg_dot_compare(sg_dot *now, sg_dot *before);

/* Fills in what was left out of `given` (NULL: everything), and checks. */
sg_status sg_dot_read_options(sg_dot_options *options, const sg_dot_options *given, sg_error *error);
/* All stages; sg_dot_finish may follow a failure. `like` (NULL: none): where the depth is automatic, the same
 * blocks are open as there. */
sg_status sg_dot_init(sg_dot *dot, const sg_graph *graph, const sg_dot_options *options, const sg_dot *like,
                      sg_error *error);
/* The older graph of a comparison, with the same blocks open. */
sg_status sg_dot_init_before(sg_dot *before, const sg_dot *now, const sg_graph *graph, sg_error *error);
void sg_dot_finish(sg_dot *dot);
/* Hands over a text that was made, and finishes it. */
sg_status sg_dot_take(char **text, sg_text *made, sg_error *error);

/* The box that shows a node: its own, that of the block or the reader that it is counted in, or the one that
 * a view looks at; -1 when there is none. */
int sg_dot_box_of(const sg_dot *dot, int node);
const char *sg_dot_joined(sg_dot *dot, const char *head, const char *tail); /* NULL when out of memory */
bool sg_dot_is_view(const sg_node *node);                                   /* moves elements alone */
sg_dot_part sg_dot_part_of(const sg_node *node);                            /* by the node alone */
sg_dot_cost sg_dot_node_cost(const sg_dot *dot, int node);
/* The innermost scope that holds the path, or -1. */
int sg_dot_scope_of(sg_dot *dot, const char *path);
/* Does the reader belong to a block that uses the weights of another one? The block's note tells, not a line.
 */
bool sg_dot_is_lent(const sg_dot *dot, int reader, int stored);
/* What a path is called within a scope: without the scope's path where it begins with that. */
const char *sg_dot_within(const sg_dot *dot, const char *path, int scope);
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
