/* A program: a plan with memory and kernels. */
#ifndef SG_EXEC_PROGRAM_H
#define SG_EXEC_PROGRAM_H

#include <stdatomic.h>

#include "exec/context.h"
#include "plan/plan.h"

enum { SG_WORKER_GAP = 64 }; /* bytes behind the scratch of every worker: two of them share no line */

struct sg_arena {
    void *memory, *tiles; /* tiles and scratch of the workers */
    size_t bytes, tile_bytes;
};

/* Makes the arena and its tiles at least this large. Programs read their addresses at every run, so they may
 * move between runs. */
sg_status sg_arena_reserve(sg_arena *arena, size_t bytes, size_t tile_bytes, sg_error *error);

/* One operand of a running node: where its memory is and how a range of items narrows it. */
typedef struct sg_operand {
    bool used, own;
    sg_where where;
    sg_tensor tensor;      /* full shape and strides; data of stored values */
    const sg_tensor *feed; /* fed values: whose memory may be exchanged between runs */
    size_t offset;         /* bytes from the start of the arena, the tile or the fed value */
    int64_t item_entries;  /* entries of axis 0 an item */
    int64_t item_bytes;    /* distance of two items */
} sg_operand;

typedef struct sg_program_step {
    sg_plan_node *plan;
    sg_kernel_function kernel;
    sg_operand *in, *out;
    size_t acc_offset[SG_MAX_ACC], acc_lane_bytes[SG_MAX_ACC];
    _Atomic(uint64_t) nanoseconds;
} sg_program_step;

struct sg_program {
    sg_context *context;
    const sg_graph *graph; /* as it was given: with the blocks that nodes stand in */
    sg_plan *plan;
    sg_arena *arena;
    sg_store *store;
    sg_bump *memory;
    sg_program_step *steps; /* one per entry of plan->order */
    sg_tensor *feeds;       /* one per buffer; data is NULL for buffers that are not fed */
    sg_memory needs;
    size_t worker_bytes;         /* tile and scratch of one worker */
    const sg_products *products; /* one per worker */
    bool profile, poison;

    /* What is noted: `traced_runs` more runs, in `events`, with room for them. */
    sg_program_event *events;
    size_t event_room;
    atomic_size_t event_count;
    int traced_runs;

    /* The run that is going on. */
    atomic_int *next, *next_join, *next_finish; /* per group: the next task to take */
    const sg_draw *draw;
    sg_phase phase;
    bool watched; /* somebody wants to know where the time goes */
    atomic_int failed_step;
    int64_t failed_begin; /* under error_lock */
    sg_error error;
    atomic_flag error_lock;
};

/* Bytes of a plan's program; of them, those of one worker's tile and scratch. */
sg_status sg_plan_needs(sg_memory *out, size_t *worker_bytes, const sg_plan *plan, const sg_context *context,
                        sg_error *error);
double sg_plan_flops(const sg_plan_node *node); /* of one run */

/* How many pieces the joining of an accumulator is cut into. */
int sg_join_pieces(int64_t elements);
/* Adds the time to the node's (-1: waiting), and notes the event where a trace is wanted. */
void sg_program_note(sg_program *program, int node, int worker, double share, uint64_t begin, uint64_t end);

void sg_program_work(void *program, int worker, int workers);

#endif
