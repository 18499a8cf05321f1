/* data/stream.h - random numbers one after the other, a function of (seed, sample, epoch, purpose). */
#ifndef SG_DATA_STREAM_H
#define SG_DATA_STREAM_H

#include "base/philox.h"
#include "simgraph/data.h"

typedef struct sg_stream {
    uint64_t seed, purpose;
    uint32_t sample, epoch, quad;
    uint32_t word[4];
    int left;
} sg_stream;

static inline sg_stream sg_stream_of(const sg_step_task *task) {
    return (sg_stream){
        .seed = task->seed, .purpose = task->purpose, .sample = (uint32_t)task->sample, .epoch = task->epoch};
}

static inline uint32_t sg_stream_word(sg_stream *s) {
    if (s->left == 0) {
        sg_philox_draw(s->seed, s->quad++, s->sample, s->epoch, s->purpose, s->word);
        s->left = 4;
    }
    return s->word[4 - s->left--];
}

/* Uniform in [0, 1). */
static inline double sg_stream_uniform(sg_stream *s) {
    uint32_t high = sg_stream_word(s), low = sg_stream_word(s);
    return sg_uniform_f64(high, low);
}

/* Uniform in [low, high). */
static inline double sg_stream_range(sg_stream *s, double low, double high) {
    return low + (high - low) * sg_stream_uniform(s);
}

/* One of 0 .. count - 1; count below 2^53. */
static inline int64_t sg_stream_below(sg_stream *s, int64_t count) {
    return (int64_t)(sg_stream_uniform(s) * (double)count);
}

#endif
