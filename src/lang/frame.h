/* lang/frame.h - a block instance (or the file itself) while its names get values. */
#ifndef SG_LANG_FRAME_H
#define SG_LANG_FRAME_H

#include "base/map.h"
#include "lang/callee.h"
#include "lang/document.h"

/* What a node gave: its outputs, and its rounds where it repeats. */
typedef struct sg_instance {
    const char *path;
    const sg_callee *callee; /* NULL: a formula */
    int out_count;
    const char *const *out_name;
    const sg_tree **out;
    int round_count;
    bool repeats;
    const struct sg_instance **round;
} sg_instance;

/* A name that is being evaluated, and those that wait for it. */
typedef struct sg_running {
    const struct sg_running *outer;
    const struct sg_frame *frame;
    int symbol;
} sg_running;

/* A state that was built, and what is to become its value. */
typedef struct sg_pending {
    struct sg_frame *frame;
    const sg_node_decl *node;
    const sg_tree *state, *next;
    const char *path;
} sg_pending;

/* A node that was made with the value of a setting. */
typedef struct sg_use {
    int node;
    const struct sg_setting *setting;
} sg_use;

/* One expansion: of a document for a batch and a mode. */
typedef struct sg_expander {
    sg_work *work;
    const sg_document *document;
    sg_graph *graph; /* NULL while only the file's arguments and sections are evaluated */
    int64_t batch;
    bool training;
    sg_map *values;      /* names that are no node of the graph: block instances, repeats, shared weights */
    sg_pending *pending; /* states whose next value is looked for when all nodes are there */
    size_t pending_count, pending_room;
    const sg_running *running;
    sg_use *use; /* in the order of the nodes; none without settings */
    size_t use_count, use_room;
    int block_depth, node_depth;
    bool stopped; /* a limit was reached */
} sg_expander;

typedef enum sg_state { SG_UNSEEN = 0, SG_RUNNING, SG_DONE } sg_state;

typedef struct sg_slot {
    sg_state state;
    const sg_tree *value;
    const sg_instance *instance; /* of nodes */
} sg_slot;

typedef struct sg_frame {
    sg_expander *expander;
    const sg_block *block;
    const char *path;       /* "" for the file */
    const char *weights;    /* the path whose weights take the place of this frame's own, or NULL */
    const sg_tree *average; /* the share that averages of them keep, or NULL: the weights themselves */
    sg_span share;          /* where that was said, and how one came there */
    const sg_chain *share_chain;
    const sg_chain *chain;  /* how this instance came about */
    const sg_span *formula; /* the call in a formula, which may hold no weights, or NULL */
    const sg_chain *formula_chain;
    const char *formula_block;
    const sg_tree **input; /* tensor, absent or bad */
    const sg_tree **given; /* arguments that the caller gave, or NULL */
    sg_slot *slot;         /* one per symbol */
} sg_frame;

typedef struct sg_local {
    const char *name;
    const sg_tree *value;
} sg_local;

/* The formula whose nodes are being made. */
typedef struct sg_formula {
    const char *path;
    const sg_expr *root; /* gets the path itself; other nodes a suffix */
} sg_formula;

/* Where an expression is evaluated. */
typedef struct sg_context {
    sg_frame *frame;
    const sg_local *local; /* the node's repeat names, in their order */
    sg_formula *formula;   /* NULL: only what is known while the graph is built */
    const sg_captures *captures;
    bool keep_bad; /* literal lists and mappings stay what they are where an entry is bad */
} sg_context;

sg_frame *sg_frame_new(sg_expander *expander, const sg_block *block, const char *path);
/* "path.name", or "name" in the file. */
const char *sg_frame_path(const sg_frame *frame, const char *name);
/* The value of a symbol of the block; evaluates it when it is first asked for. Bad after reporting. */
const sg_tree *sg_frame_value(sg_frame *frame, int symbol, sg_span user);
/* The instance of node `index`, expanded when it is first asked for; NULL after reporting. */
const sg_instance *sg_frame_node(sg_frame *frame, int symbol, sg_span user);

/* Checks and fixes the sizes of the inputs' patterns. False after reporting. */
bool sg_frame_check_inputs(sg_frame *frame, const sg_span *span);

/* A value checked against an argument's declaration; bad after reporting. `name` is how messages call it. */
const sg_tree *sg_param_check(sg_work *work, const sg_document *document, const sg_param *param,
                              const sg_tree *value);

/* Names of a bound graph that its expander published, one after the other; NULL past the end. */
const char *sg_bound_alias(const sg_bound *bound, size_t index, sg_value *value);

/* ---- evaluating (evaluate.c) ---- */

/* Never NULL; bad after reporting. */
const sg_tree *sg_evaluate(const sg_context *context, const sg_expr *expr);
/* A tree that is always an expression: scalars, lists of them. */
const sg_tree *sg_evaluate_tree(const sg_context *context, const sg_tree *tree);
/* Literal text with `$` in it. */
const sg_tree *sg_evaluate_literal(const sg_context *context, const sg_tree *tree);
/* A reference to a node or input, or a number. */
const sg_tree *sg_evaluate_reference(const sg_context *context, const sg_tree *tree);
/* A condition; `fallback` where it is bad. */
bool sg_evaluate_bool(const sg_context *context, const sg_tree *tree, const char *what, bool *good);
/* NAME.member chains. */
const sg_tree *sg_evaluate_member(const sg_context *context, const sg_expr *expr);
/* The node that a reference names (and its round, or -1): NULL where it is no node. */
const sg_instance *sg_evaluate_instance(const sg_context *context, const sg_expr *expr, int *symbol,
                                        int *round);

#endif
