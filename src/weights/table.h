/* weights/table.h - tables of positions for another grid. */
#ifndef SG_WEIGHTS_TABLE_H
#define SG_WEIGHTS_TABLE_H

#include "weights/names.h"

/* How one table becomes another. */
typedef struct sg_table_plan {
    const sg_name_rule *rule;
    const char *by;                                       /* "bicubic" or "geometric" */
    bool interpolates;                                    /* else rows are only left out */
    int64_t rows_from, columns_from, rows_to, columns_to; /* of the grids */
    int64_t from_first; /* rows before the grid in theirs; those behind it are as many as the rule says, */
    bool keeps;         /* or none: ours has these rows as well, else they are left out */
} sg_table_plan;

/* Whether a table of shape `from` can become one of shape `to`; axes of size 1 in front do not count. `grid`
 * holds rows and columns of ours where it is not NULL. False with the reason in `why`, a static text. */
bool sg_table_plan_init(sg_table_plan *out, const sg_name_rule *rule, const char *by, const sg_shape *from,
                        const sg_shape *to, const int64_t grid[2], const char **why);
/* Whether a table of ours has all rows that the rule speaks of: those beside the grid are not to be had
 * elsewhere. */
bool sg_table_complete(const sg_name_rule *rule, const sg_shape *shape, const int64_t grid[2]);
/* Carries it out, in f64: `to` is contiguous and of a float type, `from` of any. SG_OUT_OF_MEMORY. */
sg_status sg_table_resize(const sg_table_plan *resizing, const sg_tensor *to, const sg_tensor *from,
                          sg_error *error);

#endif
