/* What random ops share: the first axis is batch x k, and the numbers of a sample depend on its index in the
 * data set, the epoch, the seed and the node's purpose alone. */
#ifndef SG_OPS_RANDOM_H
#define SG_OPS_RANDOM_H

#include "kernel/loops.h"
#include "simgraph/op.h"

/* The data-set index of entry `entry` of axis 0, where axis 0 has `entries` in all. */
static inline uint32_t sg_sample_id(const sg_task *task, int64_t entry, int64_t entries) {
    int64_t batch = task->draw->batch;
    int64_t sample = batch > 0 && entries % batch == 0 ? entry / (entries / batch) : entry;
    return (uint32_t)(task->draw->ids ? task->draw->ids[sample] : sample);
}

/* Which part of the sample that entry is: 0 .. k - 1. */
static inline int64_t sg_sample_part(const sg_task *task, int64_t entry, int64_t entries) {
    int64_t batch = task->draw->batch;
    return batch > 0 && entries % batch == 0 ? entry % (entries / batch) : 0;
}

/* Words first .. first + 4 * quads - 1 of that sample's stream of this node. */
static inline void sg_sample_words(const sg_task *task, uint32_t sample, int64_t first_quad, int64_t quads,
                                   uint32_t *words) {
    task->loops->draw_words(task->draw->seed, (uint32_t)first_quad, quads, sample, task->draw->epoch,
                            task->node->purpose, words);
}

#endif
