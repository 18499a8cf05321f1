/* train/config.h - what the run sections of a document say, from the inside.
 *
 * Texts, trees and calls belong to the document; arrays to the bump allocator. Names of values stay trees, so
 * that whoever looks them up in a bound graph can report at their place. */
#ifndef SG_TRAIN_CONFIG_H
#define SG_TRAIN_CONFIG_H

#include "base/memory.h"
#include "simgraph/train.h"
#include "simgraph/weights.h"

/* A number of epochs or steps; number < 0: not given. */
typedef struct sg_span {
    double number;
    bool epochs;
} sg_span;

/* Updates in a span, at least 1 (0 for a span of 0). */
int64_t sg_span_steps(const sg_span *span, const sg_train_length *length);

/* One entry of `weights:`. A property that it does not name is NULL. */
typedef struct sg_weight_rule {
    const sg_tree **match; /* texts */
    int match_count;
    const sg_tree *lr, *decay, *frozen;
} sg_weight_rule;

typedef struct sg_named_tree {
    const char *name;
    sg_mark mark; /* of the name */
    const sg_tree *tree;
} sg_named_tree;

/* An entry of `pictures:`. */
typedef struct sg_picture_config {
    const char *name;
    const sg_call *call;
    const sg_tree *tree; /* the whole entry */
    const sg_tree *in;   /* its map `in` */
} sg_picture_config;

/* An entry of `data:`, ready for sg_split_create. */
typedef struct sg_split_config {
    const char *name;
    sg_mark mark;
    const char *entry; /* NULL: it is no part of another */
    const sg_call *source;
    sg_field_spec *fields;
    sg_mark *field_marks;
    int field_count;
    double begin, end; /* the part of the source's samples: see sg_split_options */
    uint64_t seed;
} sg_split_config;

struct sg_train_config {
    const sg_document *document;
    sg_bump *memory;
    bool complete; /* nothing in the sections is wrong: else it serves for finding what else is */

    sg_split_config *splits;
    int split_count;

    bool trains;
    const sg_tree *minimize;
    const sg_tree **report;
    int report_count;
    int train_split, evaluate_split; /* indexes, -1: none */
    double epochs;                   /* 0: `steps` counts */
    int64_t steps, batch, accumulate, lanes;
    uint64_t seed;
    double clip;        /* 0: none */
    sg_type float_type; /* of weights and values: `precision` */
    bool bf16;          /* `precision`: products of a training step round their operands */
    bool in_backward;   /* each weight is updated as soon as its gradient is there */
    bool shuffle;       /* samples in another order each epoch */
    bool rewrite;       /* leave out work on what the loss does not look at */
    const sg_call *optimizer;
    bool averages;   /* `average`: evaluate, and write as the model, a moving average of the weights */
    sg_attr average; /* the share that it keeps: a number or a schedule */
    sg_weight_rule *rules;
    int rule_count;

    bool evaluates;
    sg_span evaluate_every;   /* not given: at the end only */
    int64_t evaluate_samples; /* 0: all of the split */
    sg_named_tree *values;
    int value_count;
    sg_picture_config *pictures;
    int picture_count;
    int64_t kept_pictures; /* of earlier evaluations, at most */
    int best;              /* index of a value, -1: none */
    bool best_is_highest;

    sg_span save_every; /* not given: every epoch */
    int64_t keep;
    int board; /* what TensorBoard is told: SG_BOARD_SCALARS and so on */
    bool draws_graph;

    const sg_tree *init;
    const char *from;
    bool failed;     /* the names could not be loaded, for want of memory even to say so */
    sg_names *names; /* what `names` and `take` say; NULL without both */
    const sg_tree **fresh, **ignore;
    const char **fresh_patterns, **ignore_patterns; /* their texts */
    int fresh_count, ignore_count;
};

/* A source stands where its split should be named: data: {op: shapes}. */
bool sg_config_data_is_source(const sg_tree *data);
/* Readers of the sections; problems go to `diagnostics`. */
void sg_config_read_data(sg_train_config *config, const sg_tree *data, sg_diagnostics *diagnostics);
void sg_config_read_train(sg_train_config *config, const sg_tree *train, sg_diagnostics *diagnostics);
void sg_config_read_evaluate(sg_train_config *config, const sg_tree *evaluate, sg_diagnostics *diagnostics);
void sg_config_read_save(sg_train_config *config, const sg_tree *save, sg_diagnostics *diagnostics);
void sg_config_read_init(sg_train_config *config, const sg_tree *init, sg_diagnostics *diagnostics);

/* How many splits the entries make of themselves, at most; and whether one of them has this name. */
size_t sg_config_count_parts(const sg_tree *data);
bool sg_config_names_part(const sg_tree *data, const char *name);
/* Reads `split` of all entries, once these are read; then reports entries that are no part of what they name.
 */
bool sg_config_read_parts(sg_train_config *config, const sg_tree *data, sg_diagnostics *diagnostics);
void sg_config_check_parts(sg_train_config *config, const sg_tree *data, sg_diagnostics *diagnostics);
/* Whether no split before this one has its samples from the same source. */
bool sg_config_is_first(const sg_train_config *config, sg_split *const *splits, int index);
/* sg_split_options for an entry; `splits` (NULL: none) are those that were made, one per entry or NULL: one
 * of the same source lends its samples. */
sg_split_options sg_config_split_options(const sg_train_config *config, int index, sg_split *const *splits);
/* The entry of this name, -1: none. */
int sg_config_split_index(const sg_train_config *config, const char *name);
/* The same, for a user; NULL: that of the training, or the first. SG_BAD_USAGE where there is none. */
sg_status sg_config_find_split(const sg_train_config *config, const char *name, int *index, sg_error *error);

/* A text, or a list of texts, of one key: the trees of the texts. */
const sg_tree **sg_config_read_texts(sg_train_config *config, const sg_tree *map, const char *key,
                                     bool required, int *count, sg_diagnostics *diagnostics);
void sg_config_read_span(const sg_tree *map, const char *key, sg_span *out, sg_diagnostics *diagnostics);
/* The index of the split that the key `data` names, -1 after reporting; without the key it is the split
 * `usual`, where there is one. */
int sg_config_read_split(const sg_train_config *config, const sg_tree *map, const char *what,
                         const char *usual, sg_diagnostics *diagnostics);
/* How many samples of its split an evaluation looks at. */
int64_t sg_config_evaluated(const sg_train_config *config, const sg_split *split);
/* False after reporting that the split, where it is known (not NULL) and knows its length, has too few. */
bool sg_config_check_evaluated(const sg_train_config *config, const sg_split *split,
                               sg_diagnostics *diagnostics);
#define sg_config_complain sg_tree_complain
/* Reports that memory has run out (no place). */
void sg_config_no_memory(sg_diagnostics *diagnostics);
/* As sg_tree_call, which says nothing when memory runs out: this reports it. */
const sg_call *sg_config_call(const sg_tree *tree, sg_kind kind, const char *extra,
                              sg_diagnostics *diagnostics);
/* Whether anything in it is wrong and was told. */
bool sg_config_has_bad(const sg_tree *tree);
/* SG_OUT_OF_MEMORY in place of SG_BAD_GRAPH when that is what was reported. */
sg_status sg_config_status(sg_status status, const sg_diagnostics *diagnostics);

#endif
