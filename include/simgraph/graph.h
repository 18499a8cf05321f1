/* simgraph/graph.h - graphs of nodes and values: building, reading, differentiating.
 *
 * A graph is bound: every shape is concrete. Nodes stand in the order in which they were added, which is a
 * topological order. A value is one output of one node. Building is sticky: after the first error every call
 * returns SG_NO_VALUE and sg_graph_status gives the error, so a sequence of calls needs one check at its end.
 */
#ifndef SIMGRAPH_GRAPH_H
#define SIMGRAPH_GRAPH_H

#include "simgraph/schema.h"

SG_BEGIN_C

typedef struct sg_graph sg_graph;
typedef struct sg_op sg_op;

/* A batch for looking at a graph without a size in mind: sizes that are multiples of this prime print as
 * "batch". */
#define SG_SYMBOLIC_BATCH INT64_C(1000003)
/* sg_shape_text with that unit, for messages. */
const char *sg_shape_words(const sg_shape *shape, char buffer[SG_SHAPE_TEXT]);

typedef int sg_value; /* index into the graph's values */
#define SG_NO_VALUE (-1)

/* When a node runs: with every micro-batch, or once a step after the gradients are complete. */
typedef enum sg_phase { SG_PHASE_GRADIENT = 0, SG_PHASE_UPDATE } sg_phase;

typedef struct sg_node {
    const sg_op *op;
    const char
        *path; /* unique: "codes.block.3.mix.qkv.xw"; gradient nodes: "grad/<path of the forward node>..." */
    sg_mark mark; /* its file's name belongs to the graph */
    int in_count, out_count;
    sg_value *in; /* SG_NO_VALUE where an optional input is absent */
    sg_value *out;
    sg_attr *attr;    /* one per attribute of op->schema, defaults filled in */
    uint64_t purpose; /* stream of random numbers: hash of the path; kept by gradient nodes that draw again */
    int forward;      /* the node whose gradient this node helps to compute, or -1 */
    sg_phase phase;
    bool training;  /* the graph's */
    bool recompute; /* what it gives is not kept for the backward pass, but computed again there */
    bool replaced; /* another update of the same stored value stands for this one: it runs only when asked for
                    */
} sg_node;

typedef struct sg_value_info {
    sg_type type;
    sg_shape shape;
    int node, output; /* the producer and which of its outputs this is */
} sg_value_info;

/* A block instance: the nodes whose path starts with `path` and a dot came from it. */
typedef struct sg_scope {
    const char *path;  /* "codes.block.3" */
    const char *block; /* "vit_block" */
    const char *doc;   /* may be NULL */
    sg_mark mark;
    bool recompute; /* what is inside is computed again for the backward pass */
    bool library;   /* the block comes with the program: marks of what is inside lie in its text */
} sg_scope;

typedef struct sg_graph_options {
    size_t size; /* sizeof(sg_graph_options) */
    sg_type
        float_type; /* what "float" means in this graph: SG_F32 or SG_F64; weights and inputs default to it */
    bool training;  /* dropout and the like are active */
    int64_t batch; /* the batch that this graph is bound to; sizes divisible by it are cut by samples; >= 1 */
    bool round_products; /* matrix products and convolutions of f32 round their operands to bf16, and add up
                            in f32 */
    bool update_early;   /* programs run the update phase within the gradient phase: every update as soon as
                            what it reads is there, so that its gradient's memory is free again */
} sg_graph_options;

sg_status sg_graph_create(sg_graph **out, const sg_graph_options *options, sg_error *error);
void sg_graph_destroy(sg_graph *graph);
sg_type sg_graph_float_type(const sg_graph *graph);
int64_t sg_graph_batch(const sg_graph *graph);
/* Sets options.round_products, for the programs that are made of the graph afterwards. */
void sg_graph_round_products(sg_graph *graph, bool round);
bool sg_graph_rounds_products(const sg_graph *graph);
/* The same for options.update_early. */
void sg_graph_update_early(sg_graph *graph, bool early);

/* ---- building ---- */

/* One attribute by name, for building in code. Made by the sg_arg_* functions; a list ends at name == NULL.
 */
typedef struct sg_arg {
    const char *name;
    sg_attr value;
} sg_arg;

sg_arg sg_arg_int(const char *name, int64_t value);
sg_arg sg_arg_float(const char *name, double value);
sg_arg sg_arg_bool(const char *name, bool value);
sg_arg sg_arg_text(const char *name, const char *value);
sg_arg sg_arg_ints(const char *name, int count, const int64_t *values);
sg_arg sg_arg_floats(const char *name, int count, const double *values);
sg_arg sg_arg_shape(const char *name, const sg_shape *shape); /* an SG_ATTR_INTS */
sg_arg sg_arg_dtype(const char *name, sg_type type);
sg_arg sg_arg_call(const char *name, const sg_call *call);

/* Adds a node; everything is copied into the graph. `path` NULL makes a unique one from the op's name. `in`
 * holds in_count values (trailing optional inputs may be left off). Returns the first output; the others
 * follow it consecutively (v + 1, v + 2, ...). On failure returns SG_NO_VALUE and keeps the error. */
sg_value sg_graph_add(sg_graph *graph, const char *op, const char *path, const sg_value *in, int in_count,
                      const sg_arg *args);

/* sg_emit(graph, "mul", SG_IN(a, b)) or sg_emit(graph, "sum", SG_IN(x), sg_arg_bool("keep", true)) */
#ifndef __cplusplus
#define SG_IN(...) \
    ((const sg_value[]){__VA_ARGS__}), (int)(sizeof((sg_value[]){__VA_ARGS__}) / sizeof(sg_value))
#define sg_emit(graph, op, ...) SG_EMIT_(graph, op, __VA_ARGS__, (sg_arg){0})
#define SG_EMIT_(graph, op, in, count, ...) \
    sg_graph_add(graph, op, NULL, in, count, (const sg_arg[]){__VA_ARGS__, (sg_arg){0}})
#endif

/* As sg_graph_add with attributes in the op's own order, for the graph reader: `attr` holds one per
 * attribute; those with present == false take their defaults. The error's blame says which input or attribute
 * is wrong; it is returned and NOT kept (the reader goes on to find more). */
sg_status sg_graph_add_node(sg_graph *graph, const sg_op *op, const char *path, sg_mark mark,
                            const sg_value *in, int in_count, const sg_attr *attr, sg_value *first_output,
                            sg_error *error);

/* Announces a block instance, before or after its nodes. */
sg_status sg_graph_add_scope(sg_graph *graph, const char *path, const char *block, const char *doc,
                             sg_mark mark, sg_error *error);

/* Later uses of `value` read `replacement` instead (same type and shape); its producer may become unneeded.
 * This is how a fed array takes the place of a computed node. */
sg_status sg_graph_replace(sg_graph *graph, sg_value value, sg_value replacement, sg_error *error);

/* A new graph that holds only the nodes that `count` values need, under the same paths, with all scopes. */
sg_status sg_graph_extract(sg_graph **out, const sg_graph *graph, int count, const sg_value *of,
                           sg_error *error);

sg_status sg_graph_status(const sg_graph *graph, sg_error *error); /* the first error of building, or SG_OK */

/* ---- reading ---- */

int sg_graph_node_count(const sg_graph *graph);
const sg_node *sg_graph_node(const sg_graph *graph, int index);
int sg_graph_value_count(const sg_graph *graph);
const sg_value_info *sg_graph_value(const sg_graph *graph, sg_value value);
int sg_graph_scope_count(const sg_graph *graph);
const sg_scope *sg_graph_scope(const sg_graph *graph, int index);
/* Where the user's text asks for a node: its own place, or where that lies in the library, the place of the
 * block that was called. Line 0 for nodes that were added in code. */
sg_mark sg_graph_place(const sg_graph *graph, const sg_node *node);
/* The path of the node of a file in that of a node which was made for it: "codes.norm.y/mul" in
 * "grad/codes.norm.y/mul", "again/...", "update/..." and so on; the path itself where it is such a node. */
const char *sg_path_origin(const char *path);
/* "path" (first output) or "path.output" -> value; SG_NO_VALUE when there is none. */
sg_value sg_graph_find(const sg_graph *graph, const char *name);
/* Inverse of sg_graph_find: writes "path" or "path.output". */
const char *sg_graph_value_name(const sg_graph *graph, sg_value value, char *buffer, size_t size);

/* Schema, family, and counts of an op. */
const sg_schema *sg_op_schema(const sg_op *op);
const char *sg_op_family(const sg_op *op); /* "elementwise", "product", "view", "weight", ... */
const sg_op *sg_op_find(const char *name);
/* Names and docs of ports; NULL past the end. */
typedef enum sg_port_flags {
    SG_PORT_OPTIONAL = 1,
    SG_PORT_VARIADIC = 2,
    SG_PORT_NO_GRADIENT = 4
} sg_port_flags;
typedef struct sg_port {
    const char *name;
    const char *doc;
    int flags;
} sg_port;
const sg_port *sg_op_in_port(const sg_op *op, int index);
const sg_port *sg_op_out_port(const sg_op *op, int index);

/* Floating-point operations of one run of a node (a multiply-add counts 2), 0 for views; bytes of the values
 * that it computes, 0 for views and for what is stored. `batch` (1 to SG_SYMBOLIC_BATCH) is what
 * SG_SYMBOLIC_BATCH stands for in the sizes: work that grows with the square of the batch cannot be told for
 * one sample alone. A graph of another batch has its own. */
double sg_node_flops(const sg_graph *graph, const sg_node *node, int64_t batch);
double sg_node_bytes(const sg_graph *graph, const sg_node *node, int64_t batch);
/* Weights are nodes of op "weight": elements of the first output. */
bool sg_node_is_weight(const sg_node *node);
/* Moving averages are nodes of op "average": the path of the weight that one follows; NULL for other nodes.
 */
const char *sg_node_average_of(const sg_node *node);

/* ---- differentiating ---- */

/* Adds nodes that compute d sum(of * seed) / d wrt[k] and writes the gradients' values to grad[k]. `seed` has
 * the shape and type of `of`; SG_NO_VALUE stands for ones. A wrt that `of` does not depend on gets zeros.
 * Only nodes between `of` and wrt are differentiated. SG_BAD_GRAPH names the op when one on the way has no
 * gradient. */
sg_status sg_graph_differentiate(sg_graph *graph, sg_value of, sg_value seed, int count, const sg_value *wrt,
                                 sg_value *grad, sg_error *error);

SG_END_C

#endif
