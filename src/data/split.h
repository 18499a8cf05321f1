/* data/split.h - what a split is made of. */
#ifndef SG_DATA_SPLIT_H
#define SG_DATA_SPLIT_H

#include "base/memory.h"
#include "data/table.h"

typedef struct sg_field_step {
    const sg_step *step;
    const sg_attr *attr;
    uint64_t purpose;
    sg_shape in, out;
} sg_field_step;

typedef struct sg_split_field_data {
    sg_field info;
    const sg_column *column;
    float
        *levels; /* pixels: what each of 256 levels becomes, per channel; NULL: the column holds no pixels */
    int levels_steps;     /* how many leading steps `levels` includes: those that map value by value */
    sg_field_step *steps; /* without dataset_mean */
    int step_count;
    int64_t largest; /* elements of the largest sample on the way */
    int64_t scratch; /* floats that the most demanding step needs */
    double *whole;   /* the one value of a `whole` field */
} sg_split_field_data;

/* A source's table, and by how many splits it is used. */
typedef struct sg_source_table {
    sg_table table;
    int users;
    char *entry; /* its name in the section `data` */
} sg_source_table;

struct sg_split {
    char *name;
    sg_source_table *source;
    sg_table *table; /* source's */
    int64_t count;   /* samples */
    int64_t *rows;   /* of the table, one per sample; NULL: all in their order */
    bool borrows;    /* the table is another split's as well */
    sg_bump *memory; /* fields, steps, attributes */
    sg_split_field_data *fields;
    int field_count;
};

/* Picks the samples that the options ask for. */
sg_status sg_split_take_part(sg_split *split, const sg_split_options *options, sg_error *error);

/* Which random numbers a sample's steps get. */
typedef struct sg_sample_key {
    uint64_t seed;
    uint32_t epoch;
    int64_t sample;
} sg_sample_key;

/* Makes field->levels for a column of pixels, once its steps are known. */
sg_status sg_field_make_levels(sg_split_field_data *field, sg_bump *memory, sg_error *error);

/* What a sample is made in. */
typedef struct sg_workspace {
    float *buffer[2], *scratch; /* one block, which starts at buffer[0] */
    struct sg_held *held;       /* samples that were read; NULL where none are */
} sg_workspace;

/* How many samples that were read a workspace holds at most: what several fields of them need is read once.
 */
enum { SG_HELD = 8 };

sg_status sg_workspace_init(sg_workspace *space, const sg_split *split, const sg_split_field_data *field,
                            sg_error *error);
/* One in which the samples of any field of the split can be made, with `places` (at most SG_HELD) for what is
 * read; the other one has a single place. */
sg_status sg_workspace_init_split(sg_workspace *space, const sg_split *split, int places, sg_error *error);
void sg_workspace_finish(sg_workspace *space);

/* sg_split_fill without an allocation: one caller at a time for each workspace of the split. */
sg_status sg_split_fill_in(const sg_split *split, int field, uint64_t seed, uint32_t epoch,
                           const int64_t *indices, int64_t count, const sg_tensor *to,
                           const sg_workspace *space, sg_error *error);

/* Sends one sample of `column` through the field's steps: a column of `split`, which is the field's own or
 * another one. `place`, one of the workspace's, says where to hold what is read. *out is where the result is:
 * in one of the two buffers. */
sg_status sg_field_sample(const sg_split_field_data *field, const sg_split *split, const sg_column *column,
                          sg_sample_key key, int place, const sg_workspace *space, const float **out,
                          sg_error *error);

/* The bytes of a sample that is read; 0 where all are in memory. */
size_t sg_split_room(const sg_split *split);
/* *at becomes where column `index` of the table has a sample: in memory, or in `room`, read anew. Nothing
 * stands in for a sample that is at fault. `look` (width 0 where there is nothing to tell) is what the file
 * holds. */
sg_status sg_split_look(const sg_split *split, int index, int64_t sample, void *room, const void **at,
                        sg_look *look, sg_error *error);

/* Computes field->whole, whose shape is field->info.shape: the mean over the split's column of the same name,
 * of what the steps make of it; `sample` is the shape that leaves them. */
sg_status sg_field_average(sg_split_field_data *field, const sg_shape *sample, const sg_split *split,
                           sg_bump *memory, sg_error *error);

#endif
