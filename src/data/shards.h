/* data/shards.h - the samples of tar archives in the layout of WebDataset: neighbours whose names are the
 * same up to the first dot are one sample, and what stands behind it says what they are. */
#ifndef SG_DATA_SHARDS_H
#define SG_DATA_SHARDS_H

#include "simgraph/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct sg_shard_item {
    uint64_t offset, size; /* of the image */
    size_t name;           /* where its name begins in `names` */
    int32_t shard, label;  /* label -1: it has none */
} sg_shard_item;

typedef struct sg_shards {
    char **path; /* of the archives */
    size_t path_count, path_room;
    sg_shard_item *item;
    size_t count, room;
    char *names; /* each ended by a zero */
    size_t names_used, names_room;
    size_t labelled; /* items that have a label */
} sg_shards;

/* `spec` is an archive, a directory of .tar files, or a pattern: "train-{000..127}.tar", "{train,more}.tar".
 * Samples without an image are left out. SG_BAD_DATA where an archive is missing, damaged, or a label is no
 * number. */
sg_status sg_shards_find(sg_shards *shards, const char *spec, sg_error *error);
void sg_shards_finish(sg_shards *shards);

#endif
