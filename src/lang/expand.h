/* lang/expand.h - calling ops and blocks: nodes of the graph, instances of blocks. */
#ifndef SG_LANG_EXPAND_H
#define SG_LANG_EXPAND_H

#include "lang/frame.h"

/* One call, from a node or a formula. */
typedef struct sg_call_site {
    const sg_context *context;
    const sg_callee *callee;
    const char *name; /* of the node, or of the function */
    int round;        /* of a repeat, or -1 */
    const char *path;
    sg_span at;                /* where the callee is named */
    const sg_tree *called;     /* the text that names it, or NULL */
    const sg_tree *attributes; /* a map of evaluated values */
    const sg_tree *shape;      /* the evaluated key `shape`, or NULL */
    int in_count;
    const sg_tree **in;     /* tensors or absent, in the order of the inputs; NULL: not given */
    const char *weights;    /* the path whose weights it uses, or NULL */
    const sg_tree *average; /* the share that averages of them keep, or NULL: the weights themselves */
    sg_span share;
    const sg_chain *share_chain;
    bool in_formula;
    bool too_many; /* more values than inputs: what attributes lack may be among them */
} sg_call_site;

/* Puts values in the callee's inputs by position. False after reporting too many. */
bool sg_call_set_inputs(sg_call_site *site, int count, const sg_tree **value);
/* Adds the nodes. NULL after reporting. */
const sg_instance *sg_call_expand(const sg_call_site *site);
/* Checks what the call gives besides its inputs, where these are wrong already. */
void sg_call_check(const sg_call_site *site);
/* The nodes of an op; the instance of a block. */
const sg_instance *sg_call_expand_op(const sg_call_site *site);
const sg_instance *sg_call_expand_block(const sg_call_site *site);

/* Whether the node asks for it (`recompute`); *good becomes false where it cannot. */
bool sg_recompute_wanted(const sg_call_site *site, const sg_node_decl *node, bool *good);
/* Marks the nodes that the call added, from `first` on; of a block all but those that give its outputs. */
void sg_recompute_mark(const sg_call_site *site, const sg_instance *instance, int first);

/* Expands a node of a frame. NULL after reporting. */
const sg_instance *sg_expand_node(sg_frame *frame, const sg_node_decl *node);

/* The weight of the node whose weights this one uses, or its average (share.c). NULL after reporting. */
const sg_instance *sg_share_weight(const sg_call_site *site, const sg_attr *shape, const sg_attr *type);
/* Fills in the path whose weights a node uses: that of another node, and of its round of the same number.
 * False after reporting. */
bool sg_share_find(sg_call_site *site, const sg_node_decl *node);
/* Remembers a state for sg_state_finish, which adds the update of each (state.c). */
void sg_state_add(sg_frame *frame, const sg_node_decl *node, const sg_instance *instance);
void sg_state_finish(sg_expander *expander);
/* Builds the states of a block: their updates are results of it too. */
void sg_state_build(sg_frame *frame);

sg_instance *sg_instance_new(sg_work *work, const char *path, int out_count);
/* Makes the names of an instance known to sg_bound_find. */
void sg_instance_publish(sg_expander *expander, const sg_instance *instance);

#endif
