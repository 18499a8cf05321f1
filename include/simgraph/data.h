/* simgraph/data.h - data sources, steps per sample, splits, and the order of an epoch.
 *
 * A source (fashion_mnist, idx, shapes, folder, arrays, ...) loads a table: columns of samples, in memory, or
 * read from files when they are wanted. A split is one entry of a graph file's `data:` section: a source and
 * fields. A field feeds the graph input of its own name:
 *
 *     data:
 *       train: {op: fashion_mnist, fields: {image: [flip, normalise]}}
 *       test:
 *         op: fashion_mnist
 *         part: test
 *         fields:
 *           image: [normalise]
 *           label: []
 *           mean_image: {of: image, steps: [normalise, {op: dataset_mean, per: position, split: train}]}
 *
 * A field is a column (`of`, by default the column of the field's own name) sent through steps in order.
 * Pixels, that is u8 columns whose samples have two axes or more, become floats in 0..1 before the first
 * step. Steps work on floats; a field without steps may also go to an integer input and then keeps its values
 * as they are.
 *
 * dataset_mean stands last in its list and replaces the samples by one value for the whole split: the mean,
 * over all samples of the split that it names, of what the steps before it make of them (these may not draw
 * at random). `per: all` gives shape [1], `per: channel` [1, c, 1, 1], `per: position` [1, c, h, w]. Such a
 * field has no batch axis. It exists so that a graph can hold its output against baselines like the mean
 * image.
 *
 * Every random draw is a function of (seed, epoch, sample, path of the step), so a batch is the same whatever
 * was loaded before it and whoever loads it. */
#ifndef SIMGRAPH_DATA_H
#define SIMGRAPH_DATA_H

#include "simgraph/schema.h"

SG_BEGIN_C

/* ---- tables and sources ---- */

enum { SG_MAX_COLUMNS = 16 };

/* One value per sample. Sample i starts at data + i * (elements of shape) * (bytes of type); shape is one
 * sample's, images as [channels, height, width]. */
typedef struct sg_column {
    char *name;
    sg_type type; /* u8, i32, f32 or f64 */
    sg_shape shape;
    void *data; /* NULL: the table's reader reads it */
} sg_column;

/* An image as it is in its file. */
typedef struct sg_look {
    int width, height, channels; /* 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha */
} sg_look;

/* Reads the samples of a column when they are wanted: images in files. */
typedef struct sg_reader sg_reader;

enum { SG_TABLE_NOTE = 480 };
typedef struct sg_table {
    int64_t count; /* samples */
    int column_count;
    sg_column column[SG_MAX_COLUMNS];
    sg_reader *reader;        /* NULL: all columns are in memory */
    char note[SG_TABLE_NOTE]; /* of the source, for those who train on it; empty: there is nothing to say */
} sg_table;

void sg_table_finish(sg_table *table);

/* A constant `const sg_source sg_source_<name> = {...}` in src/data enters the registry. */
typedef struct sg_source {
    sg_schema schema;
    /* Fills the zeroed table; on failure whatever was filled is freed by the caller. */
    sg_status (*load)(const sg_attr *attr, sg_table *table, sg_error *error);
    /* Adds the columns that `load` would add, without memory (data NULL) and without reading samples: from
     * the attributes, the headers of files, the names in a directory. No column: only loading tells. */
    sg_status (*describe)(const sg_attr *attr, sg_table *table, sg_error *error);
} sg_source;

/* ---- steps ---- */

/* What a step sees of one sample. `in` and `out` are different memory. */
typedef struct sg_step_task {
    const sg_attr *attr;
    const sg_shape *in_shape, *out_shape;
    const float *in;
    float *out;
    float *scratch;         /* as many floats as the step's `scratch` asked for */
    uint64_t seed, purpose; /* purpose: hash of the step's path */
    uint32_t epoch;
    int64_t sample;
} sg_step_task;

/* A constant `const sg_step sg_step_<name> = {...}` in src/data enters the registry. */
typedef struct sg_step {
    sg_schema schema;
    bool random;    /* draws from (seed, epoch, sample, purpose) */
    bool pixels;    /* works on the 256 levels of pixels: on u8 columns only, and before pixels leave 0..1 */
    bool statistic; /* dataset_mean: one value for the whole split; `apply` is not used */
    /* Checks the attributes against one sample's shape and gives the shape after the step. */
    sg_status (*shape)(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error);
    void (*apply)(const sg_step_task *task);
    int64_t (*scratch)(const sg_shape *in, const sg_shape *out); /* floats that `apply` needs; NULL: none */
    /* Where the step maps a pixel p of a channel to (p - shift) / scale: these two numbers. NULL: values
     * stay. */
    void (*affine)(const sg_attr *attr, int64_t channel, double *scale, double *shift);
} sg_step;

/* ---- splits ---- */

typedef struct sg_split sg_split;

typedef struct sg_field_spec {
    const char *name;            /* of the input that it feeds */
    const char *column;          /* NULL: the column of the same name */
    const sg_call *const *steps; /* resolved calls of SG_KIND_STEP, step_count of them */
    int step_count;
} sg_field_spec;

/* Indices of the step of a field that is wrong, and of the attribute of it; -1: none. */
typedef struct sg_field_fault {
    int step, attr;
} sg_field_fault;

typedef struct sg_split_options {
    size_t size;           /* sizeof(sg_split_options) */
    const char *name;      /* "train"; part of the steps' paths and of messages */
    const char *entry;     /* whose source it is, where this split is a part of another; NULL: `name` */
    const sg_call *source; /* a resolved call of SG_KIND_SOURCE */
    const sg_field_spec *fields;
    int field_count;
    const sg_split *const *others; /* splits that dataset_mean may name, besides this one */
    int other_count;
    /* The part of the source's samples between these two shares, in an order shuffled by `part_seed`; the
     * samples of a part are in the source's order. begin = end: all of them. */
    double begin, end;
    uint64_t part_seed;
    const sg_split
        *same; /* a split of the same source, whose samples are taken instead of loading them again; or NULL
                */
    sg_table *table; /* samples that the caller made, in place of loading the source. The split takes them
                        over, and leaves a zeroed table; the caller may write other samples into its memory */
    sg_field_fault *fault; /* becomes what a failure is about; not written where it is about no step. NULL:
                              nobody asks */
    bool describe; /* the columns, types and shapes of the fields only: no sample is read, none can be filled
                    */
} sg_split_options;

/* The split that a field's dataset_mean names ("" is the field's own split), or NULL: it has none. A split
 * must be created after those that its fields name. */
const char *sg_field_needs_split(const sg_field_spec *field);

/* Loads the source and prepares the fields. Everything is copied out of `options`, texts of the calls
 * included; the others are not needed afterwards. Fails with SG_BAD_DATA (files), SG_BAD_GRAPH (unknown
 * column, a step that does not fit, a share too small for a sample), SG_IO_ERROR, SG_OUT_OF_MEMORY. A message
 * about a field starts with "field 'NAME': ", and error->blame is then SG_BLAME_INPUT, error->which the
 * field's index. With `describe` a source whose columns only loading tells gives a split without fields. */
sg_status sg_split_create(sg_split **out, const sg_split_options *options, sg_error *error);
void sg_split_destroy(sg_split *split);

const char *sg_split_name(const sg_split *split);
int64_t sg_split_count(const sg_split *split); /* samples, at least 1 */
const sg_table *sg_split_table(const sg_split *split);
/* Bytes that its samples take in memory; 0 where it has them from another split. */
size_t sg_split_bytes(const sg_split *split);

/* Whether samples are read from files while it is in use. */
bool sg_split_reads(const sg_split *split);
/* How many samples of its source could not be read so far; each gives way to the next one of the split that
 * can. Where they are more than the source's max_bad, filling fails. */
int64_t sg_split_bad(const sg_split *split);
double sg_split_max_bad(const sg_split *split); /* the share of its source's samples that may be so */
/* What is wrong with one of these, "`path` is damaged: ...", each told once; to be freed. NULL: there is
 * nothing to tell. */
char *sg_split_next_problem(const sg_split *split);
/* Reads a sample of a split that sg_split_reads, and says what is wrong with it: SG_BAD_DATA or SG_IO_ERROR,
 * whatever max_bad is. From any number of threads. */
sg_status sg_split_probe(const sg_split *split, int64_t sample, sg_error *error);

typedef struct sg_field {
    const char *name, *column;
    sg_type type;   /* the natural type: f32 for pixels and after steps, else the column's */
    sg_shape shape; /* of one sample; of the whole value where `whole` */
    bool whole;     /* one value for the split: the destination has no batch axis */
    bool random;    /* changes from epoch to epoch */
} sg_field;

int sg_split_field_count(const sg_split *split);
const sg_field *sg_split_field(const sg_split *split, int field);
int sg_split_find_field(const sg_split *split, const char *name); /* index, or -1 */

/* A value v of this channel stands for the pixel v * scale + shift in 0..1: undoes the field's `normalise`
 * steps. */
void sg_split_field_pixel(const sg_split *split, int field, int64_t channel, double *scale, double *shift);

/* Writes samples `indices[0 .. count)` of a field into `to`: contiguous, shape [count, sample...] ([whole
 * value] where the field is one), type f32, f64, or, for a field that did not become a float, i32 or u8. Safe
 * to call from several threads at once. Fails with SG_BAD_USAGE (wrong destination, index out of range),
 * SG_BAD_DATA (a number that u8 does not hold) or SG_OUT_OF_MEMORY. */
sg_status sg_split_fill(const sg_split *split, int field, uint64_t seed, uint32_t epoch,
                        const int64_t *indices, int64_t count, const sg_tensor *to, sg_error *error);

/* ---- order ---- */

/* Writes the order in which an epoch visits `count` samples: a permutation that depends on (seed, epoch,
 * count) alone, so a resume at any step continues with the same batches. */
void sg_order_fill(int64_t *order, int64_t count, uint64_t seed, uint32_t epoch);

SG_END_C

#endif
