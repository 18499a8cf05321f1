/* train/feed.h - the batch after this one: what it is, and the memory in which it is made. */
#ifndef SG_TRAIN_FEED_H
#define SG_TRAIN_FEED_H

#include <pthread.h>
#include <stdatomic.h>

#include "data/split.h"
#include "simgraph/program.h"

/* A fed input and the field that feeds it. */
typedef struct sg_feed {
    sg_value value;
    int field;
} sg_feed;

/* Which samples a program is to be fed, and which random numbers their steps draw. `ids` holds as many as the
 * program's batch, and stays as it is until the batch was taken. */
typedef struct sg_batch {
    uint64_t seed;
    uint32_t epoch;
    const int64_t *ids;
} sg_batch;

/* A second set of a program's inputs, to be filled chunk by chunk of samples, by any number of threads. */
typedef struct sg_staging {
    const sg_split *split;
    const sg_feed *feeds;
    int feed_count;
    int64_t samples, chunk, chunks; /* `chunk` samples each, at most SG_HELD */
    bool large;                     /* worth waking the pool for */
    sg_tensor *to; /* one per feed; no data where the program needs none, or one value for all batches */
    sg_workspace *spaces; /* one per thread that fills */
    int space_count;
    size_t bytes;
    sg_batch batch;       /* what it holds or is being filled with; ids NULL: nothing */
    _Atomic int64_t next; /* chunk to take */
    pthread_mutex_t lock;
    int64_t failed; /* under lock: the first chunk that failed, or -1 */
    sg_error error;
} sg_staging;

/* `threads` fill at once. The feeds must outlive it. */
sg_status sg_staging_create(sg_staging **out, sg_program *program, const sg_split *split, int64_t samples,
                            const sg_feed *feeds, int feed_count, int threads, sg_error *error);
void sg_staging_destroy(sg_staging *staging);

/* Sets out to fill it. */
void sg_staging_begin(sg_staging *staging, const sg_batch *batch);
/* Fills chunks until all are taken; `thread` is below `threads`, another one for each caller. */
void sg_staging_fill(sg_staging *staging, int thread);
bool sg_staging_all_taken(sg_staging *staging);
/* Once all chunks are filled: puts them in the program's place, or gives the failure of the first chunk that
 * has one. */
sg_status sg_staging_finish(sg_staging *staging, sg_program *program, sg_error *error);

#endif
