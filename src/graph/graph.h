/* The graph's insides, for the layers that build and plan. */
#ifndef SG_GRAPH_GRAPH_H
#define SG_GRAPH_GRAPH_H

#include "base/map.h"
#include "base/memory.h"
#include "simgraph/op.h"

typedef struct sg_file_name {
    const struct sg_file_name *next;
    const char *name;
} sg_file_name;

struct sg_graph {
    sg_graph_options options;
    sg_bump *memory; /* nodes, paths, attributes: addresses stay */
    sg_node **nodes;
    int node_count, node_room;
    sg_value_info *values;
    int value_count, value_room;
    sg_scope *scopes;
    int scope_count, scope_room;
    sg_map by_path;     /* path -> node index */
    sg_map copies;      /* path -> k, where "path:k" is the last name that was made of a taken one */
    sg_error error;     /* the first of sticky building */
    int forward;        /* while differentiating: the node whose gradient is being added, else -1 */
    const char *prefix; /* while expanding or differentiating: names of added nodes start with it */
    sg_phase phase;
    sg_file_name *files; /* names of the files that marks lie in */
};

/* Storage for a signature, filled from a node of the graph; wanted is all true. */
typedef struct sg_signature_space {
    sg_signature signature;
    bool present[SG_MAX_VARIADIC], wanted[SG_MAX_OUT];
    sg_typed in[SG_MAX_VARIADIC], out[SG_MAX_OUT];
} sg_signature_space;

const sg_signature *sg_node_signature(const sg_graph *graph, const sg_node *node, sg_signature_space *space);
int sg_op_input_count(const sg_op *op);
int sg_op_output_count(const sg_op *op);
/* The domain of a node, with the default for ops that have none. */
void sg_node_domain(const sg_node *node, const sg_signature *signature, sg_domain *domain);

/* Adds nodes that compute d sum over i of sum(of[i] * seed[i]) / d wrt[k]; grad[k] is SG_NO_VALUE where that
 * does not depend on wrt[k]. */
sg_status sg_graph_pull_back(sg_graph *graph, int of_count, const sg_value *of, const sg_value *seed,
                             int count, const sg_value *wrt, sg_value *grad, sg_error *error);
/* An op's gradient by way of its expansion. Fails where an output with a gradient is not in the expansion. */
sg_status sg_gradient_by_expansion(sg_backward *b);
sg_status sg_fail_no_gradient(sg_error *error, const sg_node *node, int output);

/* Marks the nodes that those which are marked depend on. */
void sg_graph_need_inputs(const sg_graph *graph, bool *needed);

/* Makes the name of the mark's file one that lives as long as the graph: a document may be gone before it. */
sg_status sg_graph_keep_mark(sg_graph *graph, sg_mark *mark, sg_error *error);
/* Puts "FILE:LINE:COLUMN: " in front of the message, as far as the node has a place; returns its status. */
sg_status sg_fail_in_graph(sg_error *error, const sg_graph *graph, const sg_node *node);

/* Nodes added from here on belong to `phase`. */
void sg_graph_set_phase(sg_graph *graph, sg_phase phase);

#endif
