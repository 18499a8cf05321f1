/* The plan of a graph: which nodes run, in which order and groups, cut into which blocks, with which memory.
 *
 * Passes, in this order: expand (ops without a kernel), recompute (what the backward pass computes again
 * instead of keeping it), pack (weights, once a step), select (what is needed), layout (strides, views,
 * copies, buffers), cut (blocks), schedule (order and groups), place (tiles and arena). A plan depends on the
 * graph alone: not on the number of workers, so that neither do results. */
#ifndef SG_PLAN_PLAN_H
#define SG_PLAN_PLAN_H

#include "graph/graph.h"
#include "simgraph/program.h"

enum { SG_MAX_LANES = 8, SG_MAX_EXPANDED = 8 };

typedef enum sg_where { SG_IN_ARENA = 0, SG_IN_TILE, SG_IN_STORE, SG_IN_FEED } sg_where;

/* A piece of memory that one or more values (views of each other) live in. */
typedef struct sg_buffer {
    sg_where where;
    sg_value owner; /* the value that it was made for */
    sg_type type;
    int64_t elements; /* of the whole value, even where only a block of it lives in a tile */
    size_t bytes;     /* what it takes where it lives; SIZE_MAX where that does not fit */
    size_t offset;    /* in the arena or tile */
    int first, last;  /* groups (arena) in which it is in use; -1: never */
    bool pinned;      /* fetched: keep to the end */
    bool shared;      /* several values were placed in it: nothing may overwrite it in place */
} sg_buffer;

typedef struct sg_plan_value {
    sg_value_info info;
    bool needed, fetched;
    int readers;                         /* needed nodes that read it */
    int writer;                          /* plan node, or -1 */
    int buffer;                          /* -1: not laid out yet */
    int64_t offset, stride[SG_MAX_RANK]; /* elements */
} sg_plan_value;

typedef struct sg_plan_node {
    const sg_node *node;
    sg_value *in, *out; /* plan values: `in` may name copies that the layout pass made */
    bool needed, runs;  /* views, stored and fed nodes do not run */
    sg_signature_space space;
    sg_domain domain;
    int in_dropped[SG_MAX_VARIADIC], out_dropped[SG_MAX_OUT]; /* leading axes that the kernel does not see */
    bool by_sample;                     /* cut at samples: such nodes can share a group */
    int64_t block_samples, block_items; /* of the largest block */
    int64_t fewer;                      /* items that a block behind the first `larger` ones lacks */
    int larger;
    int blocks, lanes;    /* lanes: 0 without SUM outputs */
    size_t scratch_bytes; /* that a block needs; the plan's is the largest */
    int group;
    int acc_buffer[SG_MAX_ACC];      /* lanes x acc */
    sg_value overwrites[SG_MAX_OUT]; /* the value whose memory output k takes over, or SG_NO_VALUE */
    int *after;                      /* nodes that must come first beyond the producers of its inputs */
    int after_count;
} sg_plan_node;

typedef struct sg_group {
    int first, count; /* range in `order` */
    sg_phase phase;
    int blocks, lanes;
    size_t scratch;
    double sum_bytes; /* of all accumulators */
    bool sums, finishes;
    bool waits; /* until all groups before it are done; else it runs beside those since the last that waits */
} sg_group;

typedef struct sg_plan {
    const sg_graph *graph;                  /* what is planned: the one given, or the last of `derived` */
    sg_graph *derived[SG_MAX_EXPANDED + 2]; /* each with some nodes of the one before replaced */
    int derived_count;
    const int
        *late; /* per node of `graph`: the node that it waits for beyond its inputs, or -1; may be NULL */
    sg_bump *memory;
    sg_plan_value *values;
    int value_count, value_room;
    sg_plan_node **nodes; /* the graph's, then copies */
    int node_count, node_room, graph_nodes;
    sg_buffer *buffers;
    int buffer_count, buffer_room;
    int *order; /* plan nodes that run */
    int order_count;
    sg_group *groups;
    int group_count;
    int64_t block_samples;
    bool no_group;
    int64_t block;                                 /* asked for, or 0 */
    size_t arena_bytes, tile_bytes, scratch_bytes; /* tile and scratch: per worker */
} sg_plan;

sg_status sg_plan_create(sg_plan **out, const sg_graph *graph, const sg_program_options *options,
                         sg_error *error);
void sg_plan_destroy(sg_plan *plan);

/* The op's kernel for these types, or NULL. */
sg_kernel_function sg_find_kernel(const sg_op *op, const sg_signature *s);

/* Whether a program with these options runs an update. */
bool sg_plan_update_is_asked_for(const sg_program_options *options, const sg_node *node);

/* The items of a block: the first, and how many. */
void sg_plan_block(const sg_plan_node *node, int block, int64_t *begin, int64_t *count);

/* The passes. */
sg_status sg_plan_expand(sg_plan *plan, sg_error *error);
sg_status sg_plan_recompute(sg_plan *plan, const sg_program_options *options, sg_error *error);
sg_status sg_plan_pack(sg_plan *plan, const sg_program_options *options, sg_error *error);
sg_status sg_plan_select(sg_plan *plan, const sg_program_options *options, sg_error *error);
sg_status sg_plan_layout(sg_plan *plan, sg_error *error);
sg_status sg_plan_cut(sg_plan *plan, sg_error *error);
sg_status sg_plan_schedule(sg_plan *plan, sg_error *error);
sg_status sg_plan_place(sg_plan *plan, sg_error *error);
sg_status sg_plan_wait(sg_plan *plan, sg_error *error);

/* For the passes: a new value, node or buffer; -1 and NULL when out of memory. */
sg_value sg_plan_add_value(sg_plan *plan, const sg_value_info *info);
sg_plan_node *sg_plan_add_node(sg_plan *plan, const sg_node *node);
int sg_plan_add_buffer(sg_plan *plan, sg_where where, sg_value owner, sg_type type, int64_t elements);
/* Does the value lie in its buffer sample by sample, and is it read or written that way? */
bool sg_plan_fits_buffer(const sg_plan *plan, sg_value value, sg_access access);
bool sg_plan_add_after(sg_plan *plan, sg_plan_node *node, int first);

#endif
