/* data/reader.h - samples that are read when they are wanted, and what becomes of those that cannot be.
 *
 * The first of them, as many as fit in `cache` bytes, stay in memory once read; the others are read anew each
 * time. So memory is the same in every epoch. Whoever wants a sample that cannot be had takes another one;
 * each is told of once, and where there are too many of them reading fails. Any number of threads may read.
 */
#ifndef SG_DATA_READER_H
#define SG_DATA_READER_H

#include "simgraph/data.h"

#include <pthread.h>
#include <stdatomic.h>

struct sg_reader {
    /* Set by the source, which embeds this in what it knows. SG_BAD_DATA and SG_IO_ERROR say that the sample
     * is at fault; the message names it. */
    sg_status (*read)(const sg_reader *reader, int64_t sample, void *to, sg_error *error);
    /* The same; `look` becomes what the file of an image holds. NULL: there is nothing to tell. */
    sg_status (*look)(const sg_reader *reader, int64_t sample, void *to, sg_look *look, sg_error *error);
    void (*destroy)(sg_reader *reader); /* what the source added, and the memory of the reader */
    int64_t count;                      /* samples */
    size_t bytes;                       /* of one */
    double max_bad;                     /* the share of samples that may be at fault */
    /* The reader's own. */
    _Atomic unsigned char *state; /* one per sample */
    unsigned char *cache;
    const char *entry; /* in the section `data`, for a message; whoever opens the source sets it */
    int64_t cached;    /* so many samples have room in it */
    pthread_mutex_t lock;
    int64_t bad;    /* under lock, as what follows: samples at fault */
    char *first;    /* what is wrong with the first that was found, "`path` ..."; it stays */
    char **problem; /* and with those not told yet */
    size_t problems, problem_room;
};

/* Makes the reader's own part; with `cache` bytes of memory. */
sg_status sg_reader_init(sg_reader *reader, size_t cache, sg_error *error);
void sg_reader_destroy(sg_reader *reader); /* NULL is fine */

/* The bytes of a sample, in the cache or in `room`; NULL after a failure. */
const void *sg_reader_get(sg_reader *reader, int64_t sample, void *room, sg_error *error);
/* Whether a failure leaves it to the caller to go on with another sample: not where too many are at fault, or
 * where the fault is not the sample's. The error then says so. */
bool sg_reader_goes_on(sg_reader *reader, sg_error *error);

int64_t sg_reader_bad(sg_reader *reader);
/* Whether so many of `count` samples at fault are more than the share `max_bad`, or all. */
bool sg_too_many_bad(int64_t bad, int64_t count, double max_bad);
/* The next problem that was not told yet, to be freed; NULL: there is none. */
char *sg_reader_next_problem(sg_reader *reader);

#endif
