/* What ops that read places from an array share. */
#ifndef SG_OPS_INDEX_H
#define SG_OPS_INDEX_H

#include "simgraph/op.h"

/* Input k must hold whole numbers. */
sg_status sg_index_check(sg_infer *c, int k, const char *name);

/* Element i of a dense array of indices. */
static inline int64_t sg_index_at(const sg_tensor *index, int64_t i) {
    return index->type == SG_I32 ? ((const int32_t *)index->data)[i] : ((const uint8_t *)index->data)[i];
}

enum { SG_GATHER_AXIS, SG_GATHER_ROWS };
#define SG_GATHER_ATTRS                                                                                 \
    {.name = "axis",                                                                                    \
     .type = SG_ATTR_INT,                                                                               \
     .fallback = "0",                                                                                   \
     .doc = "the axis of the table that the index counts along; negative ones count from the end"},     \
    {                                                                                                   \
        .name = "rows", .type = SG_ATTR_BOOL, .fallback = "false",                                      \
        .doc = "each sample has indices of its own: index [b, ...] into table [b, n, ...] along axis 1" \
    }

/* The shape of gather(table, index), or a message; `table` and `index` are numbers of inputs for the blame.
 */
sg_status sg_gather_shape(sg_infer *c, const sg_shape *table, int table_blame, const sg_shape *index,
                          int index_blame, sg_shape *out);

/* The part that a task sees: entry i < picks of block b of the result is entry index[...] of block b of the
 * table, which has n entries of `inner` elements each. With `shared`, all blocks read the same indices. */
typedef struct sg_gather {
    int axis;
    bool shared;
    int64_t blocks, n, inner, picks;
} sg_gather;

sg_gather sg_gather_of(const sg_attr *attr, const sg_shape *table, const sg_shape *index);

/* Index i of block b; -1 and an error when it is out of range. */
int64_t sg_gather_pick(const sg_task *task, const sg_gather *g, const sg_tensor *index, int64_t b, int64_t i);

#endif
