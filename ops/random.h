/* What random ops share: the first axis is batch x k, and the numbers of a sample depend on its index in the
 * data set, the epoch, the seed and the node's purpose alone. */
#ifndef SG_OPS_RANDOM_H
#define SG_OPS_RANDOM_H

#include "kernel/loops.h"
#include "simgraph/op.h"

/* How many of the `entries` of axis 0 belong to one sample. An axis that is no multiple of the batch has
 * nothing to do with it: all of it belongs to the first sample. */
static inline int64_t sg_sample_entries(const sg_task *task, int64_t entries) {
    int64_t batch = task->draw->batch;
    return batch > 0 && entries % batch == 0 ? entries / batch : entries;
}

/* The data-set index of entry `entry` of axis 0, where axis 0 has `entries` in all. */
static inline uint32_t sg_sample_id(const sg_task *task, int64_t entry, int64_t entries) {
    int64_t sample = entry / sg_sample_entries(task, entries);
    return (uint32_t)(task->draw->ids ? task->draw->ids[sample] : sample);
}

/* Which part of the sample that entry is: 0 .. k - 1. */
static inline int64_t sg_sample_part(const sg_task *task, int64_t entry, int64_t entries) {
    return entry % sg_sample_entries(task, entries);
}

/* Words first .. first + 4 * quads - 1 of that sample's stream of this node. */
static inline void sg_sample_words(const sg_task *task, uint32_t sample, int64_t first_quad, int64_t quads,
                                   uint32_t *words) {
    task->loops->draw_words(task->draw->seed, (uint32_t)first_quad, quads, sample, task->draw->epoch,
                            task->node->purpose, words);
}

/* Draws one word for each of `count` elements of one sample, the first of them `first`, in pieces: element
 * first + at + i of a piece has words[lead + i]. The words of a piece start at a multiple of 4, so that an
 * element's partner (its index with the lowest bit flipped) is among them. `at` counts from `first`. */
enum { SG_MOST_WORDS = 512 }; /* lead + count of a piece */
typedef void (*sg_words_function)(const sg_task *task, void *data, int64_t at, int64_t count,
                                  const uint32_t *words, int64_t lead);
void sg_each_word(const sg_task *task, uint32_t sample, int64_t first, int64_t count, sg_words_function each,
                  void *data);

/* sg_each_word for the elements of `like`, the part of a value that a kernel got, which is cut along axis 0
 * or not at all; `at` counts from its first element. A sample's elements are those of its entries of axis 0,
 * one entry after the other. */
void sg_each_entry_word(const sg_task *task, const sg_tensor *like, sg_words_function each, void *data);

#endif
