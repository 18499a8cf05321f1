/* train/trainer.h - the trainer from the inside. */
#ifndef SG_TRAIN_TRAINER_H
#define SG_TRAIN_TRAINER_H

#include "train/board.h"
#include "train/extend.h"
#include "train/loader.h"
#include "train/metrics.h"
#include "train/run_file.h"

/* Random numbers and data steps of evaluations are drawn as for this epoch, which no training reaches: so
 * every evaluation, and every baseline in it, sees the same masks. */
#define SG_EVALUATION_EPOCH UINT32_MAX

/* The document bound to one batch size, and its program. */
typedef struct sg_binding {
    sg_bound *bound;
    sg_train_step step; /* of a training binding */
    sg_program *program;
    int64_t batch;
    const sg_split *split;
    sg_value *values; /* what is reported, evaluated or drawn; SG_NO_VALUE where absent */
    int value_count;
    sg_feed *feeds;
    int feed_count;
    sg_staging *staging; /* where its next batch is made */
} sg_binding;

/* Where a run stands; all of it is in a checkpoint. */
typedef struct sg_progress {
    int64_t step;     /* updates so far, left-out ones included */
    int64_t updates;  /* that were made: what bias corrections count */
    int64_t left_out; /* in a row, up to now */
    double loss_sum;  /* since the last record */
    int64_t loss_count;
    int64_t evaluated_step; /* of the last evaluation, -1: none */
    double values[SG_TRAIN_MAX_VALUES];
    uint32_t empty; /* bit i: nothing was weighted in value i, so it is no number */
    bool has_best;
    double best;
    int64_t metrics_bytes;              /* length of metrics.jsonl */
    double report[SG_TRAIN_MAX_VALUES]; /* sums since the last record, of report_count updates */
    int64_t report_count;
    int64_t pending; /* 1: the evaluation after `step` was cut off, and what follows it is still to be done */
    double rate, norm; /* of update `step`, where that is so */
} sg_progress;

/* What the programs of a trainer need, where they are only planned (measure.c). */
typedef struct sg_measuring {
    sg_memory memory;
    double flops; /* of the program that was planned last */
} sg_measuring;

struct sg_trainer {
    sg_measuring *measuring; /* else NULL: then there is a store, and there are programs */
    const sg_train_config *config;
    sg_context *context;
    sg_trainer_options options;
    sg_store *store;
    sg_arena *arena;
    sg_loader *loader;
    sg_split **splits;      /* one per split of the config, NULL where it is not used */
    sg_binding train[2];    /* a full batch; the last, smaller one (program NULL: there is none) */
    sg_binding evaluate[2]; /* likewise */
    sg_binding *pictures;   /* one per picture of the config */
    sg_train_length length;
    int64_t micro_batches; /* of an epoch */
    int64_t epoch_steps;   /* updates of an epoch */
    int64_t
        *order[2]; /* of the epochs `order_epoch`: this one and the next, since batches are loaded ahead */
    int64_t order_epoch[2];
    int64_t *counting; /* 0, 1, 2, ... */
    int64_t *held_out; /* what an evaluation looks at: samples of its split */
    int64_t held_out_count;
    sg_progress progress;
    const char **value_names, **report_names;
    char *directory;
    bool made; /* it was not there before */
    sg_metrics metrics;
    sg_run_file run_file;
    sg_board board;
    bool resumed;
    bool cut;             /* the stop flag ended the last evaluation before it was complete */
    bool warned;          /* that nothing is learned */
    bool checkpoint_good; /* checkpoint.safetensors is known to be whole */
    int64_t skipped;
    double started, trained_seconds; /* clock; of updates alone */
    int64_t trained_images;
    double waited_seconds; /* of them, until batches were there */
    double record_seconds; /* of updates since the last record */
    double record_waited;
    int64_t record_images;
    double rate; /* images a second, at the last record */
};

/* ---- checks ---- */

/* As sg_train_config_check. Where a data set is not there, `absent` says whether to warn: loading will fail.
 */
sg_status sg_config_check(const sg_train_config *config, bool absent, sg_diagnostics *diagnostics);
/* The section `init`; `absent` as above, of its file. */
void sg_check_init(const sg_train_config *config, const sg_bound *bound, bool absent,
                   sg_diagnostics *diagnostics);
/* Warns of learned values that are given as a `weight`, through which no gradient comes back. */
void sg_check_gradients(const sg_train_config *config, const sg_graph *graph, sg_value loss,
                        sg_diagnostics *diagnostics);
/* A picture that cannot be drawn of these values would end the run after its first evaluation. */
sg_status sg_check_picture(const sg_picture_config *config, const sg_graph *graph, const sg_value *values,
                           sg_diagnostics *diagnostics);
/* Binds the graphs of a complete config to the batches that a run would make. */
sg_status sg_check_batches(const sg_train_config *config, sg_split *const *splits,
                           sg_diagnostics *diagnostics);
/* Describes every split into splits[0 .. split_count), NULL where only loading tells, and reports what is
 * wrong with fields and steps. */
void sg_check_data(const sg_train_config *config, sg_split **splits, bool absent,
                   sg_diagnostics *diagnostics);
/* Whether the graph has an input of the field's name. */
bool sg_field_feeds(const sg_split_config *split, int field, const sg_graph *graph);
/* Whether a message, of any severity, points at this place. */
bool sg_told_at(const sg_diagnostics *diagnostics, sg_mark mark);
/* Says of a field that no input has its name, and which input may be meant; once. */
void sg_complain_unfed(const sg_split_config *split, int field, const sg_graph *graph, sg_severity severity,
                       sg_diagnostics *diagnostics);
/* Warns of fields that no input of the graph takes. */
void sg_check_unfed(const sg_split_config *split, const sg_bound *bound, sg_diagnostics *diagnostics);

/* ---- bindings ---- */

/* Binds, extends and plans. The stored values of a training binding are added to the store; an evaluation
 * that has others is reported. */
sg_status sg_binding_init_train(sg_binding *binding, sg_trainer *trainer, int64_t batch,
                                sg_diagnostics *diagnostics, sg_error *error);
sg_status sg_binding_init_evaluate(sg_binding *binding, sg_trainer *trainer, int64_t batch,
                                   sg_diagnostics *diagnostics, sg_error *error);
sg_status sg_binding_init_picture(sg_binding *binding, sg_trainer *trainer, const sg_picture_config *picture,
                                  sg_diagnostics *diagnostics, sg_error *error);
void sg_binding_finish(sg_binding *binding);

/* Looks up what a section names in a bound graph; false after reporting. The arrays have room. */
bool sg_find_train_values(const sg_train_config *config, const sg_bound *bound, sg_value *loss,
                          sg_value *report, sg_diagnostics *diagnostics);
bool sg_find_evaluate_values(const sg_train_config *config, const sg_bound *bound, sg_value *values,
                             sg_diagnostics *diagnostics);
/* `bound` NULL: there is no graph; then the names are checked against the file's, and no value is given. */
bool sg_find_picture_values(const sg_picture_config *picture, const sg_document *document,
                            const sg_bound *bound, sg_value *values, sg_diagnostics *diagnostics);

/* Looks for the fields that feed what `values` need, with `updates` also what updates of states need. `split`
 * NULL: by the config's names alone. `feeds` may be NULL; else *feeds is to be freed. */
sg_status sg_find_feeds(const sg_split_config *config, const sg_split *split, const sg_bound *bound,
                        int count, const sg_value *values, bool updates, sg_feed **feeds, int *feed_count,
                        sg_diagnostics *diagnostics);
/* Whether all weights and states that an evaluation's values need are those of the training, of which `has`
 * knows the names: an evaluation adds none. False after reporting. */
bool sg_check_stored(const sg_graph *graph, int count, const sg_value *values,
                     bool (*has)(const void *training, const char *name), const void *training,
                     sg_diagnostics *diagnostics);

/* ---- parts ---- */

/* In front of a setting, on a line of its own at the head of a run's graph.yaml. */
#define SG_SETTING_PREFIX "# --set "

/* Loads split `index` into splits[0 .. split_count), after those that its fields name. */
sg_status sg_config_open_split(const sg_train_config *config, sg_split **splits, int index, sg_error *error);
/* Loads the splits of training and evaluation and what their fields need. */
sg_status sg_trainer_open_data(sg_trainer *trainer, sg_error *error);
/* Whether any of them reads its samples from files. */
bool sg_trainer_reads(const sg_trainer *trainer);
/* Tells of samples that could not be read, those since the last call; gives how many there are in all. */
int64_t sg_trainer_tell_bad(const sg_trainer *trainer);
/* Evaluates into progress.values; where the stop flag is set on the way, `cut` instead. */
sg_status sg_trainer_run_evaluation(sg_trainer *trainer, sg_error *error);
sg_status sg_trainer_draw_pictures(sg_trainer *trainer, sg_error *error);
/* Keeps NAME.png, which was just drawn, as pictures/NAME-STEP.png, and lets go of older ones. */
sg_status sg_trainer_keep_picture(const sg_trainer *trainer, const char *name, sg_error *error);
/* "DIRECTORY/name.png", to be freed; NULL when there is no memory. */
char *sg_trainer_picture_path(const sg_trainer *trainer, const char *name);
/* Writes weights and running statistics to a file of the run directory. */
sg_status sg_trainer_save_model(const sg_trainer *trainer, const char *name, sg_error *error);
sg_status sg_trainer_save_checkpoint(sg_trainer *trainer, sg_error *error);
/* Reads the newest whole checkpoint of the directory into the store and the progress. */
sg_status sg_trainer_load_checkpoint(sg_trainer *trainer, sg_error *error);
/* Finds or makes the run directory. */
sg_status sg_trainer_find_directory(sg_trainer *trainer, sg_error *error);
/* The directory of the run that a resume of this graph file continues; `runs` counts those among which it is
 * the latest (0: `named`, or the graph's own). */
sg_status sg_run_find(char **directory, const char *graph, const char *named, int *runs, sg_error *error);
sg_status sg_trainer_make_directory(sg_trainer *trainer, sg_error *error);
/* Fails where a process of this machine, which is not the caller, trains in the directory: they would
 * overwrite each other's files. */
sg_status sg_run_check_idle(const char *directory, sg_error *error);
/* Takes away the temporary files of processes that were killed. */
void sg_trainer_clear_leftovers(const sg_trainer *trainer);
/* Takes away what a run wrote that failed before its first update, and the directory if it made it. */
void sg_trainer_remove_directory(sg_trainer *trainer);
/* Programs share the arena and its tiles; inputs are each one's own, `feeds` of them with those that are
 * loaded ahead. */
void sg_memory_add_program(sg_memory *all, const sg_memory *needs, size_t feeds);
/* Since the run began. */
double sg_trainer_seconds(const sg_trainer *trainer);

/* "DIRECTORY/name", to be freed; NULL when there is no memory. */
char *sg_trainer_path(const sg_trainer *trainer, const char *name);
bool sg_trainer_stopped(const sg_trainer *trainer); /* by the stop flag */
void sg_trainer_tell(const sg_trainer *trainer, sg_train_event *event);
/* What happened since `begin`, by sg_clock. */
void sg_trainer_tell_span(const sg_trainer *trainer, const char *what, double begin);
void sg_trainer_note(const sg_trainer *trainer, const char *format, ...) SG_PRINTF(2, 3);

#endif
