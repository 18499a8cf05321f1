#include "train/feed.h"

#include <stdlib.h>

enum { CHUNK = SG_HELD, READ_CHUNK = 2, LARGE = 1 << 17 };

static sg_status allocate(sg_staging *s, sg_program *program, int threads, sg_error *error) {
    s->to = calloc((size_t)s->feed_count + 1, sizeof *s->to);
    s->spaces = calloc((size_t)threads, sizeof *s->spaces);
    if (!s->to || !s->spaces) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    int64_t elements = 0;
    for (int i = 0; i < s->feed_count; i++) {
        sg_tensor fed = sg_program_feed(program, s->feeds[i].value);
        if (!fed.data || sg_split_field(s->split, s->feeds[i].field)->whole) continue;
        sg_status status = sg_tensor_init(&s->to[i], fed.type, fed.shape, error);
        if (status != SG_OK) return status;
        elements += sg_tensor_elements(&fed);
        s->bytes += sg_tensor_bytes(&fed);
    }
    s->large = elements >= LARGE || sg_split_reads(s->split);
    for (; s->space_count < threads; s->space_count++) {
        sg_status status = sg_workspace_init_split(&s->spaces[s->space_count], s->split, s->chunk, error);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

sg_status sg_staging_create(sg_staging **out, sg_program *program, const sg_split *split, int64_t samples,
                            const sg_feed *feeds, int feed_count, int threads, sg_error *error) {
    *out = NULL;
    sg_staging *s = calloc(1, sizeof *s);
    if (!s) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    s->split = split;
    s->feeds = feeds;
    s->feed_count = feed_count;
    s->samples = samples;
    s->chunk = sg_split_reads(split) ? READ_CHUNK : CHUNK; /* to read one takes much longer than to copy it */
    s->chunks = (samples + s->chunk - 1) / s->chunk;
    pthread_mutex_init(&s->lock, NULL);
    sg_status status = allocate(s, program, threads, error);
    if (status == SG_OK)
        *out = s;
    else
        sg_staging_destroy(s);
    return status;
}

void sg_staging_destroy(sg_staging *s) {
    if (!s) return;
    for (int i = 0; s->to && i < s->feed_count; i++) sg_tensor_finish(&s->to[i]);
    for (int i = 0; i < s->space_count; i++) sg_workspace_finish(&s->spaces[i]);
    pthread_mutex_destroy(&s->lock);
    free(s->to);
    free(s->spaces);
    free(s);
}

void sg_staging_begin(sg_staging *s, const sg_batch *batch) {
    s->batch = *batch;
    s->failed = -1;
    s->error = (sg_error){0};
    atomic_store(&s->next, 0);
}

/* Samples [begin, begin + count) of one field. */
static sg_status fill_part(const sg_staging *s, int feed, int64_t begin, int64_t count,
                           const sg_workspace *space, sg_error *error) {
    sg_tensor to = s->to[feed];
    if (!to.data) return SG_OK;
    int64_t sample = sg_tensor_elements(&to) / s->samples;
    to.data = (char *)to.data + (size_t)(begin * sample) * sg_type_size(to.type);
    to.shape.dim[0] = count;
    return sg_split_fill_in(s->split, s->feeds[feed].field, s->batch.seed, s->batch.epoch,
                            s->batch.ids + begin, count, &to, space, error);
}

/* The first chunk's failure wins, so that the message does not depend on timing. */
static void keep_error(sg_staging *s, int64_t chunk, const sg_error *error) {
    pthread_mutex_lock(&s->lock);
    if (s->failed < 0 || chunk < s->failed) {
        s->failed = chunk;
        s->error = *error;
    }
    pthread_mutex_unlock(&s->lock);
}

void sg_staging_fill(sg_staging *s, int thread) {
    for (int64_t chunk; (chunk = atomic_fetch_add(&s->next, 1)) < s->chunks;) {
        int64_t begin = chunk * s->chunk, left = s->samples - begin,
                count = left < s->chunk ? left : s->chunk;
        sg_error error = {0};
        sg_status status = SG_OK;
        for (int i = 0; status == SG_OK && i < s->feed_count; i++)
            status = fill_part(s, i, begin, count, &s->spaces[thread], &error);
        if (status != SG_OK) keep_error(s, chunk, &error);
    }
}

bool sg_staging_all_taken(sg_staging *s) {
    return atomic_load(&s->next) >= s->chunks;
}

sg_status sg_staging_finish(sg_staging *s, sg_program *program, sg_error *error) {
    s->batch.ids = NULL;
    if (s->failed >= 0) {
        if (error) *error = s->error;
        return s->error.status;
    }
    for (int i = 0; i < s->feed_count; i++)
        if (s->to[i].data) sg_program_exchange(program, s->feeds[i].value, &s->to[i]);
    return SG_OK;
}
