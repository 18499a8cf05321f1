/* base/workers.h - a pool of threads that run one function together, and a barrier for them.
 *
 * The caller of sg_workers_run is worker 0; the others are woken once a run and sleep between runs. Nothing
 * in here looks at what the function does: how work is cut never depends on the number of workers. */
#ifndef SG_BASE_WORKERS_H
#define SG_BASE_WORKERS_H

#include <pthread.h>

#include "simgraph/error.h"

/* Starts a thread of the library's own: it gets no signals, which are for the threads of the program that
 * uses the library, and a stack of 1 MiB, since the limit of the shell (ulimit -s) may be too small for an
 * op, and as large as all memory that may be had. Returns 0 or the number of an error, as pthread_create
 * does. */
int sg_thread_start(pthread_t *thread, void *(*function)(void *), void *data);

typedef struct sg_workers sg_workers;

typedef void (*sg_worker_function)(void *data, int worker, int workers);

/* `threads` workers, the caller's thread included; 0: one per CPU that this process may use. */
sg_status sg_workers_create(sg_workers **out, int threads, sg_error *error);
/* Not while a run is under way. */
void sg_workers_destroy(sg_workers *workers);
int sg_workers_count(const sg_workers *workers);

/* Calls function(data, worker, count) on every worker and returns when all have returned. What was written
 * before the call is seen by the workers, what they wrote is seen after it. One caller at a time; not from
 * inside a run. */
void sg_workers_run(sg_workers *workers, sg_worker_function function, void *data);

/* Within a run: returns when every worker of the run has come here. All writes before it are seen after it.
 */
void sg_workers_wait(sg_workers *workers);

/* A barrier on its own, for `count` threads, usable again and again. */
typedef struct sg_barrier sg_barrier;
sg_barrier *sg_barrier_create(int count); /* NULL when there is no memory */
void sg_barrier_destroy(sg_barrier *barrier);
void sg_barrier_wait(sg_barrier *barrier);

/* CPUs that this process may use (sched_getaffinity), at least 1. */
int sg_cpu_count(void);

#endif
