#include "data/reader.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWN, BEING_KEPT, KEPT, BAD };

sg_status sg_reader_init(sg_reader *r, size_t cache, sg_error *error) {
    pthread_mutex_init(&r->lock, NULL);
    size_t fit = cache / (r->bytes ? r->bytes : 1);
    r->cached = fit < (size_t)r->count ? (int64_t)fit : r->count;
    r->state = calloc((size_t)r->count + 1, sizeof *r->state);
    r->cache = sg_aligned_alloc((size_t)r->cached * r->bytes);
    if (r->state && r->cache) return SG_OK;
    return sg_fail(error, SG_OUT_OF_MEMORY,
                   "out of memory for %" PRId64 " samples: a smaller `cache` takes less", r->cached);
}

void sg_reader_destroy(sg_reader *r) {
    if (!r) return;
    for (size_t i = 0; i < r->problems; i++) free(r->problem[i]);
    free(r->problem);
    free(r->first);
    free((void *)r->state);
    sg_aligned_free(r->cache);
    pthread_mutex_destroy(&r->lock);
    r->destroy(r);
}

/* Takes down that a sample is at fault, once. */
static void note_bad(sg_reader *r, int64_t sample, const char *why) {
    pthread_mutex_lock(&r->lock);
    if (atomic_exchange(&r->state[sample], BAD) != BAD) {
        r->bad++;
        if (!r->first) r->first = strdup(why);
        char *copy = strdup(why);
        if (copy && sg_array_grow(&r->problem, &r->problem_room, r->problems + 1, sizeof *r->problem))
            r->problem[r->problems++] = copy;
        else
            free(copy);
    }
    pthread_mutex_unlock(&r->lock);
}

/* What is said where a sample is known to be at fault, and of all of them together: of the first, whoever
 * came upon which. */
static void tell_first(sg_reader *r, sg_error *error) {
    pthread_mutex_lock(&r->lock);
    if (r->first) sg_fail(error, SG_BAD_DATA, "%s", r->first);
    pthread_mutex_unlock(&r->lock);
}

static bool is_at_fault(sg_status status) {
    return status == SG_BAD_DATA || status == SG_IO_ERROR;
}

/* Divided, so that 29 of 100 are the number 0.29 that a text holds. Not even with max_bad: 1 is there another
 * sample behind the last. */
bool sg_too_many_bad(int64_t bad, int64_t count, double max_bad) {
    return (double)bad / (double)count > max_bad || bad >= count;
}

bool sg_reader_goes_on(sg_reader *r, sg_error *error) {
    if (!is_at_fault(error->status)) return false;
    int64_t bad = sg_reader_bad(r);
    if (!sg_too_many_bad(bad, r->count, r->max_bad)) return true;
    char why[SG_MESSAGE_MAX], more[160];
    tell_first(r, error);
    snprintf(why, sizeof why, "%s", error->message);
    snprintf(more, sizeof more, "; `--set data.%s.max_bad=...` lets more pass", r->entry ? r->entry : "NAME");
    sg_fail(error, SG_BAD_DATA,
            "%s%" PRId64 " of %" PRId64 " image%s cannot be read, more than max_bad: %g lets pass (`simgraph "
            "data check` lists them%s): %.700s",
            bad < r->count ? "at least " : "", bad, r->count, sg_plural(r->count), r->max_bad,
            bad < r->count ? more : "", why);
    return false;
}

const void *sg_reader_get(sg_reader *r, int64_t sample, void *room, sg_error *error) {
    _Atomic unsigned char *state = &r->state[sample];
    unsigned char *own = sample < r->cached ? r->cache + (size_t)sample * r->bytes : NULL, was = UNKNOWN;
    unsigned char now = atomic_load(state);
    if (now == KEPT) return own;
    if (now == BAD) {
        sg_fail(error, SG_BAD_DATA, "sample %" PRId64 " cannot be read",
                sample); /* without memory for more */
        tell_first(r, error);
        return NULL;
    }
    bool keeps = own && atomic_compare_exchange_strong(state, &was, BEING_KEPT);
    was = BEING_KEPT; /* unless another thread finds it at fault meanwhile: it stays so */
    sg_status status = r->read(r, sample, keeps ? own : room, error);
    if (status == SG_OK) {
        if (keeps) atomic_compare_exchange_strong(state, &was, KEPT);
        return keeps ? own : room;
    }
    if (is_at_fault(status))
        note_bad(r, sample, error->message);
    else if (keeps)
        atomic_compare_exchange_strong(state, &was, UNKNOWN);
    return NULL;
}

int64_t sg_reader_bad(sg_reader *r) {
    pthread_mutex_lock(&r->lock);
    int64_t bad = r->bad;
    pthread_mutex_unlock(&r->lock);
    return bad;
}

char *sg_reader_next_problem(sg_reader *r) {
    char *problem = NULL;
    pthread_mutex_lock(&r->lock);
    if (r->problems > 0) {
        problem = r->problem[0];
        memmove(r->problem, r->problem + 1, --r->problems * sizeof *r->problem);
    }
    pthread_mutex_unlock(&r->lock);
    return problem;
}
