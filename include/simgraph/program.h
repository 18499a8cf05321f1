/* simgraph/program.h - stores, programs and running them.
 *
 * A store holds what lives from step to step, by name. A program is a plan of one graph: order, groups,
 * memory. Several programs may share one store and one arena; nothing is allocated while one runs. */
#ifndef SIMGRAPH_PROGRAM_H
#define SIMGRAPH_PROGRAM_H

#include "simgraph/context.h"
#include "simgraph/graph.h"
#include "simgraph/op.h"

SG_BEGIN_C

/* ---- store ---- */

typedef struct sg_store sg_store;

sg_status sg_store_create(sg_store **out, sg_error *error);
void sg_store_destroy(sg_store *store);
/* The entry of that name, NULL when there is none. Its memory stays where it is until the store is destroyed.
 */
sg_tensor *sg_store_find(sg_store *store, const char *name);
/* Adds zeros under a new name, or finds the entry, whose type and shape must agree. */
sg_status sg_store_add(sg_store *store, const char *name, sg_type type, sg_shape shape, sg_tensor **out,
                       sg_error *error);
size_t sg_store_count(const sg_store *store);
/* Entries in the order in which they were added. */
const char *sg_store_name(const sg_store *store, size_t index);
sg_tensor *sg_store_tensor(sg_store *store, size_t index);
size_t sg_store_bytes(const sg_store *store);

/* Adds every stored value of the graph (weights, states, optimiser moments) that the store does not have yet
 * and initialises it from its `init` call, on the context's workers; element values depend on the seed and
 * the entry's name alone, not on threads, CPU or C library. Averages start as what they follow is then. */
sg_status sg_store_initialise(sg_store *store, sg_context *context, const sg_graph *graph, uint64_t seed,
                              sg_error *error);
/* Starts one average (a node of op "average") anew, from the weight that it follows: after weights were
 * loaded. SG_BAD_GRAPH when that is not in the store. */
sg_status sg_store_follow(sg_store *store, const sg_node *average, sg_error *error);

/* ---- program ---- */

typedef struct sg_arena sg_arena; /* everything that lives within a step, and the workers' tiles */

sg_status sg_arena_create(sg_arena **out, sg_error *error);
void sg_arena_destroy(sg_arena *arena);

typedef struct sg_program sg_program;

typedef struct sg_program_options {
    size_t size;           /* sizeof(sg_program_options) */
    const sg_value *fetch; /* values that must be readable after a run; they pin their memory */
    int fetch_count;
    const sg_value
        *keep_updates; /* SG_OP_UPDATE outputs to run; NULL with update_count 0: all that are not replaced */
    int update_count;
    bool no_group;     /* run node by node: the same bits, slower */
    bool no_recompute; /* keep all that the backward pass reads, instead of computing again what is cheap or
                          marked: more memory, the same bits (with rounded products nearly so) */
    bool profile;      /* measure time per node */
    /* For tests: */
    int64_t
        block; /* samples a block, or items where a node is not cut at samples; 0: what the planner chooses */
    bool poison; /* fill arena, tiles and scratch with NaN bytes before they are used */
} sg_program_options;

/* Plans the part of `graph` that the fetched values and the updates need. The graph must outlive the program.
 * Every stored value must be in the store. Grows the arena; so create all programs before the first run. */
sg_status sg_program_create(sg_program **out, sg_context *context, const sg_graph *graph, sg_store *store,
                            sg_arena *arena, const sg_program_options *options, sg_error *error);
void sg_program_destroy(sg_program *program);

/* The memory behind a fed value (SG_OP_FED), to be written before a run; SG_NO_VALUE's tensor when the
 * program does not need it (data == NULL). */
sg_tensor sg_program_feed(sg_program *program, sg_value value);
/* Exchanges the memory behind a fed value with that of `with`, a tensor of its type and shape that
 * sg_tensor_init made: so the next inputs can be written elsewhere while the program runs. Both stay with
 * their owners: the program frees what it holds at its end, the caller finishes `with` at any time. Not
 * during a run. Changes nothing where the program does not need the value. */
void sg_program_exchange(sg_program *program, sg_value value, sg_tensor *with);

/* Runs the nodes of one phase. Errors: SG_BAD_DATA from a kernel that met bad data (index out of range). */
sg_status sg_program_run(sg_program *program, sg_phase phase, const sg_draw *draw, sg_error *error);

/* A fetched value after a run; valid until the next run of any program on the same arena, or until one is
 * created on it, which may move the arena. A stored value is what the store holds: after its update has run,
 * the next version. */
sg_tensor sg_program_fetch(sg_program *program, sg_value value);

typedef struct sg_memory {
    size_t arena; /* bytes of the arena that this program needs */
    size_t tiles; /* worker scratch and tiles, all workers */
    size_t feeds; /* fed values */
    size_t store; /* stored values that it touches */
} sg_memory;
sg_memory sg_program_memory(const sg_program *program);
/* What sg_program_create would need and, where `flops` is not NULL, the work of one run, from the plan alone:
 * nothing of that size is allocated, so it answers for graphs that this machine could not hold. Stored values
 * need no store. Fails as sg_program_create does, but for memory that the system refuses. */
sg_status sg_program_measure(sg_memory *out, double *flops, const sg_context *context, const sg_graph *graph,
                             const sg_program_options *options, sg_error *error);

/* What the program is made of, for profile, diagrams and tests. Node order is execution order. */
typedef struct sg_program_node {
    const sg_node *node; /* of the planned graph: may include copies that the planner added */
    int group;           /* nodes with the same number run block by block together */
    int blocks;          /* into how many blocks the work is cut */
    double seconds;      /* summed over workers and over the runs that were profiled or noted
                            (sg_program_trace); 0 without */
    double flops;        /* of one run */
    sg_typed out;        /* output 0 */
} sg_program_node;
int sg_program_node_count(const sg_program *program);
sg_program_node sg_program_node_at(const sg_program *program, int index);

/* What a worker did: a block of a node, or waiting for the others. */
typedef struct sg_program_event {
    int node;            /* as in sg_program_node_at; -1: waiting */
    int worker;          /* 0 is the thread that calls sg_program_run */
    double share;        /* of the node's work of one run; 0 where sums are joined and finished */
    uint64_t begin, end; /* sg_clock_nanoseconds (simgraph/clock.h) */
} sg_program_event;

/* Notes what every worker does in the next `runs` runs (a training step is two: gradients and update), and
 * forgets what was noted before; 0 runs: stops noting, and forgets nothing. Runs that are not noted cost
 * nothing. SG_OUT_OF_MEMORY. Not during a run. */
sg_status sg_program_trace(sg_program *program, int runs, sg_error *error);
/* What was noted so far; the events of one worker are in order, and do not overlap. Valid until the next
 * call of sg_program_trace. */
const sg_program_event *sg_program_events(const sg_program *program, size_t *count);

SG_END_C

#endif
