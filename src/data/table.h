/* data/table.h - filling tables, for sources. */
#ifndef SG_DATA_TABLE_H
#define SG_DATA_TABLE_H

#include "simgraph/data.h"

/* Adds a column of `type` with samples of `shape`, table->count of them, whose memory the caller fills. With
 * `data` NULL the column gets none: it is described only. */
sg_status sg_table_add(sg_table *table, const char *name, sg_type type, sg_shape shape, void **data,
                       sg_error *error);

/* Adds a column that takes over the memory of `tensor`, whose axis 0 counts the samples; it must be
 * contiguous and own its memory. The first column sets table->count, the others must agree: SG_BAD_DATA
 * otherwise, and when there are no samples or too many columns. bf16 becomes f32. */
sg_status sg_table_take(sg_table *table, const char *name, sg_tensor *tensor, sg_error *error);

/* Looks whether a file or directory of a source is there: SG_BAD_DATA where a data set is missing, or is the
 * other of the two. Whatever else keeps it from being read is left to the reader, and SG_IO_ERROR. */
sg_status sg_source_look(const char *path, bool directory, sg_error *error);

/* Labels as other programs store them, u8, into a column `label` of i32. */
sg_status sg_table_take_labels(sg_table *table, const sg_tensor *labels, sg_error *error);

/* Attributes of sources whose samples are in a file one behind the other: a range of them. */
#define SG_RANGE_ATTRS(limit_index, skip_index)                                              \
    [limit_index] = {.name = "limit",                                                        \
                     .type = SG_ATTR_INT,                                                    \
                     .fallback = "",                                                         \
                     .min = 1,                                                               \
                     .max = 1e9,                                                             \
                     .doc = "take so many samples only: the first, or those behind `skip`"}, \
    [skip_index] = {.name = "skip",                                                          \
                    .type = SG_ATTR_INT,                                                     \
                    .fallback = "0",                                                         \
                    .min = 0,                                                                \
                    .max = 1e9,                                                              \
                    .doc = "leave out so many samples at the beginning"}

/* How many samples to read for such a range; 0: all. */
int64_t sg_range_end(const sg_attr *limit, const sg_attr *skip);
/* Drops the first `skip` samples. SG_BAD_DATA where there are no more than these. */
sg_status sg_table_skip(sg_table *table, int64_t skip, sg_error *error);

/* Index of a column, -1 when unknown. */
int sg_table_find(const sg_table *table, const char *name);
size_t sg_column_bytes(const sg_column *column); /* of one sample */

#endif
