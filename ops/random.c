#include "ops/random.h"

typedef struct shifted {
    sg_words_function each;
    void *data;
    int64_t by;
} shifted;

static void call_shifted(const sg_task *task, void *data, int64_t at, int64_t count, const uint32_t *words,
                         int64_t lead) {
    const shifted *s = data;
    s->each(task, s->data, s->by + at, count, words, lead);
}

void sg_each_word(const sg_task *task, uint32_t sample, int64_t first, int64_t count, sg_words_function each,
                  void *data) {
    uint32_t words[SG_MOST_WORDS];
    for (int64_t at = 0; at < count;) {
        int64_t lead = (first + at) % 4,
                part = count - at < SG_MOST_WORDS - lead ? count - at : SG_MOST_WORDS - lead;
        sg_sample_words(task, sample, (first + at) / 4, (lead + part + 3) / 4, words);
        each(task, data, at, part, words, lead);
        at += part;
    }
}

void sg_each_entry_word(const sg_task *task, const sg_tensor *like, sg_words_function each, void *data) {
    bool cut = task->items > 1;
    int64_t entries = like->shape.rank ? like->shape.dim[0] : 1, all = cut ? task->items : entries;
    int64_t size = entries ? sg_tensor_elements(like) / entries : 0;
    for (int64_t i = 0; i < entries; i++) {
        int64_t entry = (cut ? task->begin : 0) + i;
        shifted s = {each, data, i * size};
        sg_each_word(task, sg_sample_id(task, entry, all), sg_sample_part(task, entry, all) * size, size,
                     call_shifted, &s);
    }
}
