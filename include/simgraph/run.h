/* simgraph/run.h - what a run's directory says of the run: its state, how it was started, how far it came.
 *
 * A run writes DIRECTORY/run.json when it starts, at evaluations and saves, and when it ends; the file is
 * replaced in one piece. */
#ifndef SIMGRAPH_RUN_H
#define SIMGRAPH_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "simgraph/error.h"

SG_BEGIN_C

typedef enum sg_run_state {
    SG_RUN_RUNNING = 0, /* by a process that lives, or on another machine */
    SG_RUN_FINISHED,
    SG_RUN_INTERRUPTED, /* it was asked to stop, and saved */
    SG_RUN_FAILED,      /* `error` says why */
    SG_RUN_STOPPED,     /* its process ended without a word: killed, a power failure */
} sg_run_state;

const char *sg_run_state_name(sg_run_state state); /* "running", "finished", ... */

/* A value of the section `evaluate`. Steps are -1 where there was no evaluation that gave a number. */
typedef struct sg_run_value {
    const char *name;
    double last, lowest, highest;
    int64_t last_step, lowest_step, highest_step;
} sg_run_value;

/* Texts are NULL and numbers 0 where the file does not say. */
typedef struct sg_run {
    sg_run_state state;
    const char *const *command; /* command_count words: as the run was started */
    int command_count;
    const char *graph, *variant; /* the graph file, and the variant that was asked for or NULL */
    const char *const *set;      /* set_count settings */
    int set_count;
    const char *started, *resumed, *ended; /* "2026-11-26T21:10:05Z"; `resumed`: for the last time */
    double seconds;                        /* in all its parts; of one that runs, until now */
    int64_t step, steps;                   /* updates made, as far as is known, and in all */
    const char *error;
    const char *simgraph; /* the version */
    const char *cpu;      /* its model */
    int threads;
    const char *kernels, *products, *precision; /* "avx512", "own avx512", "f32" */
    const char *openblas;                       /* the core that it runs for */
    const char *host;                           /* kernel and C library */
    const char *machine;                        /* its name: `pid` is one of its processes */
    int64_t pid, parameters;
    const char *best;     /* the value by which evaluations are compared; NULL: none */
    bool best_is_highest; /* more of it is better */
    /* From metrics.jsonl. */
    int64_t records;
    double loss;              /* of the last record; NaN where there is none */
    double images_per_second; /* while it updated, of all its parts; NaN where no record says it */
    double peak_memory;       /* bytes, of that of its processes that had the most; NaN likewise */
    int value_count;
    const sg_run_value *values;
} sg_run;

/* Reads the run of a directory. Fails with SG_IO_ERROR (there is no run.json), SG_BAD_DATA (it is damaged) or
 * SG_OUT_OF_MEMORY. Records that cannot be read are left out: one may be being written. */
sg_status sg_run_load(sg_run **out, const char *directory, sg_error *error);
void sg_run_destroy(sg_run *run);

/* The value that `best` names, or else the first; NULL where nothing was evaluated. */
const sg_run_value *sg_run_main_value(const sg_run *run);

SG_END_C

#endif
