/* simgraph/train.h - training: configuration, update nodes, the loop, run directories, evaluation.
 *
 *     sg_train_config *config;             the run sections of a document, read and checked
 *     sg_trainer *trainer;                 data, programs, weights, run directory
 *     sg_train_result result;
 *     sg_train_config_create(&config, document, messages);
 *     sg_trainer_create(&trainer, context, config, &options, messages, &error);
 *     sg_trainer_run(trainer, &result, &error);
 *
 * The library never prints: what happens is told through a callback, on the thread that called
 * sg_trainer_run.
 *
 * A run lives in a directory:
 *
 *     graph.yaml                       the document with its arguments as set; runs again by itself
 *     run.json                         its state, how it was started, on what: see simgraph/run.h
 *     metrics.jsonl                    one JSON record a line: step, epoch, loss, held_out, lr, ...
 *     metrics.csv                      the same as a table
 *     events.out.tfevents.*            the same for TensorBoard, with the pictures
 *     loss.svg                         training and held-out loss over steps
 *     reconstruction.png               one sheet a picture of the section `evaluate`, by its name
 *     pictures/reconstruction-N.png    the same after earlier evaluations, evenly spread over the steps
 *     model.safetensors                weights and running statistics
 *     model-best.safetensors           with `best`: those of the best evaluation
 *     model-step-N.safetensors         with `save: {keep}`: those of the last saves
 *     checkpoint.safetensors           all that a resume needs
 *     checkpoint-previous.safetensors  the one before
 */
#ifndef SIMGRAPH_TRAIN_H
#define SIMGRAPH_TRAIN_H

#include <signal.h>

#include "simgraph/context.h"
#include "simgraph/data.h"
#include "simgraph/language.h"
#include "simgraph/program.h"

SG_BEGIN_C

/* ---- optimisers, schedules, pictures ---- */

/* A constant `const sg_optimizer sg_optimizer_<name> = {...}` in src/train enters the registry, likewise
 * sg_schedule and sg_picture. What each does is described beside it. */
typedef struct sg_optimizer sg_optimizer;
typedef struct sg_schedule sg_schedule;
typedef struct sg_picture sg_picture;

/* How long training is, for schedules and spans. */
typedef struct sg_train_length {
    int64_t steps;         /* updates in all */
    double steps_an_epoch; /* updates in one epoch; spans in epochs are multiples of it */
} sg_train_length;

/* The value of a number or schedule (SG_ATTR_RATE) at update `step`, which counts from 0. */
double sg_rate_at(const sg_attr *rate, int64_t step, const sg_train_length *length);

/* ---- configuration ---- */

/* What the sections data, init, train, evaluate and save of a document say. The document must outlive it. */
typedef struct sg_train_config sg_train_config;

/* Reads and checks the sections by themselves; problems go to `diagnostics`, as many as there are. Where
 * there is no section `train` (sg_train_config_trains tells), the rest is read all the same. SG_BAD_GRAPH
 * when anything is wrong; *out is then NULL. */
sg_status sg_train_config_create(sg_train_config **out, const sg_document *document,
                                 sg_diagnostics *diagnostics);
void sg_train_config_destroy(sg_train_config *config);
bool sg_train_config_trains(const sg_train_config *config); /* has a section `train` */
int64_t
sg_train_config_batch(const sg_train_config *config); /* samples of a micro-batch; 1 without `train` */
int64_t sg_train_config_accumulate(const sg_train_config *config); /* most micro-batches of an update */
/* Another micro-batch than the file says, at least 1: to measure with it. */
void sg_train_config_set_batch(sg_train_config *config, int64_t batch);
sg_type sg_train_config_precision(const sg_train_config *config); /* SG_F32, SG_BF16 or SG_F64 */
bool sg_train_config_draws_graph(const sg_train_config *config);  /* `save: {graph}`: true unless given */
const char *sg_train_config_init(const sg_train_config *config);  /* init.from; NULL: weights are drawn */
/* What `precision` of the section `train` says of weights and values: SG_F64 for f64, else SG_F32. It is what
 * to bind the document with. */
sg_type sg_train_float_type(const sg_document *document);

/* Checks the sections against the graphs that they name, without reading data: values to minimise, report,
 * evaluate and draw, fields against inputs, rules against weights, init patterns. Binds the document for
 * training and for evaluation, with a symbolic batch and with those of a run. */
sg_status sg_train_config_check(const sg_train_config *config, sg_diagnostics *diagnostics);

/* Reports everything that is wrong with a graph file, as `check` does: what loading finds, its sections, its
 * graphs, literal attributes in blocks that nobody calls; and, unless `path` names a variant, all of that for
 * every variant of it, each message once. The status is that of the first error; *out is the document, NULL
 * where there are errors. */
sg_status sg_check_file(sg_document **out, const char *path, const sg_document_options *options,
                        sg_diagnostics *diagnostics);

/* How training treats a weight: factors on the learning rate and on the weight decay. */
typedef struct sg_weight_group {
    double lr, decay;
    bool frozen; /* not learned at all */
} sg_weight_group;
/* What the weight itself says, and the rules of `train: {weights}` that match it. Numbers in rules that are
 * wrong count as 1 and are reported. */
sg_weight_group sg_weight_group_of(const sg_train_config *config, const sg_graph *graph,
                                   const sg_node *weight, sg_diagnostics *diagnostics);

/* ---- update nodes ---- */

/* What was added to a graph to make it a training step. Values that the host feeds before every update are
 * inputs; SG_NO_VALUE where there is none. */
typedef struct sg_train_nodes {
    sg_value loss;        /* what is minimised, one element */
    sg_value norm;        /* f64 scalar: global L2 norm of the averaged gradients before clipping */
    sg_value ok;          /* i32 scalar: loss and norm are finite, so the update happens */
    sg_value rate;        /* fed, f64 scalar: learning rate of this update */
    sg_value corrections; /* fed, f64 [3]: 1 / (1 - beta1^t), 1 / (1 - beta2^t), and the weight decay where a
                             schedule gives it, else 1 */
    sg_value place;       /* fed, i32 [2] (accumulation only): the micro-batch's lane; 1 at the first of the
                             update, which clears all lanes, else 0 */
    sg_value share;       /* fed, f64 scalar (accumulation only): 1 / micro-batches of this update */
} sg_train_nodes;

/* Makes the loss of a graph that was bound for training do without what it does not look at (`train:
 * {rewrite}`: nodes PATH/hidden and PATH/shared; all other values stay), and adds to the graph: gradients of
 * `minimize`, accumulators, the global norm and its clip factor, and one update per learned weight. Nodes of
 * the update carry SG_PHASE_UPDATE; moments are `state` nodes "adamw.m/<weight>", accumulators
 * "accumulate/<weight>", averages of `train: {average}` `average` nodes "average/<weight>". Averages whose
 * share a schedule gives read the inputs "train/average.0", "train/average.1" and so on: f64 scalars, fed
 * with 1 minus the schedule's value. States of the graph get their next values with the update, by nodes
 * "update/<node>" that replace those that the graph came with. Rules and names are reported at their places.
 */
sg_status sg_train_extend(const sg_train_config *config, const sg_bound *bound, sg_train_nodes *out,
                          sg_diagnostics *diagnostics);

/* What one training step needs, without data or weights: for `summary`. */
typedef struct sg_train_measure {
    int64_t learned, frozen; /* elements of weights */
    double flops;            /* of a micro-batch, forward, backward and update */
    sg_memory memory; /* of all programs that a run makes: for full batches and the last, smaller one, for
                         evaluations and pictures. Moments are part of `store`, inputs count twice, since they
                         are loaded ahead. Where the data is not there, the last batches are not known; where
                         it has fewer samples than a batch, a run makes smaller programs than these. */
    /* What `train: {rewrite}` leaves out: so many nodes are computed for the hidden ones of the cells of a
     * sample alone, others once for all hidden cells, and so much forward work on a sample is not done. All 0
     * where there is no such node. */
    int spared_nodes, shared_nodes;
    int64_t cells, hidden;
    double spared_flops;
} sg_train_measure;
sg_status sg_train_measure_graph(sg_train_measure *out, sg_context *context, const sg_train_config *config,
                                 sg_diagnostics *diagnostics, sg_error *error);

/* What a picture is made of: the names that the key `in` of an entry of `evaluate: {pictures}` gives values
 * to. Ends at a port without a name. */
const sg_port *sg_picture_inputs(const sg_schema *picture);

/* ---- events ---- */

typedef enum sg_train_event_kind {
    SG_TRAIN_STARTED = 0, /* text: the run directory; step: where it starts (not 0 after a resume) */
    SG_TRAIN_STEP,        /* an update was made */
    SG_TRAIN_SKIPPED,     /* an update was left out: loss or gradient are NaN or infinite; text says which */
    SG_TRAIN_EVALUATED,   /* value_count values over `evaluated` samples of a split of `held_out` */
    SG_TRAIN_SAVED,       /* text: the checkpoint's path */
    SG_TRAIN_NOTE,        /* text: something worth a line (a damaged checkpoint, bits may differ, ...) */
    SG_TRAIN_WARNING,     /* text: what is most likely not meant (nothing is learned, ...) */
    SG_TRAIN_EVALUATING,  /* a batch was evaluated: `evaluated` samples of `held_out` so far */
} sg_train_event_kind;

typedef struct sg_train_event {
    sg_train_event_kind kind;
    int64_t step, steps; /* updates made so far, and in all */
    double epoch;        /* position in epochs: 0.5 is the middle of the first */
    double epochs;       /* in all */
    double loss;         /* of the update's batch, mean of its micro-batches */
    double rate;         /* learning rate */
    double norm;         /* global gradient norm before clipping */
    double images_per_second;
    double waiting; /* share of the time of updates in which samples were waited for; below 0: they are in
                       memory */
    double seconds, seconds_left; /* since the start of this process's part of the run, and estimated */
    int value_count;              /* STEP: `report`; EVALUATED: `values` */
    const char *const *names;
    const double *values;
    uint32_t empty;   /* bit i: values[i] is NaN, since the loss weighted nothing (no pixel was hidden) */
    const char *text; /* NULL where there is none; all pointers hold during the call only */
    int64_t evaluated, held_out;
} sg_train_event;

typedef void (*sg_train_event_function)(void *data, const sg_train_event *event);

/* Where the time of a run goes, told when it is over. */
typedef struct sg_train_span {
    const char
        *what;    /* "step", "load" (within a step: waiting for its data), "evaluate", "pictures", "save" */
    int64_t step; /* updates made before it */
    double begin, end; /* sg_clock (simgraph/clock.h) */
} sg_train_span;

typedef void (*sg_train_span_function)(void *data, const sg_train_span *span);

/* ---- resuming ---- */

/* A resume goes on with the run as it was: with the graph.yaml of its directory. The file and the settings
 * given now are compared with it, after those that the run was started with; how long to train,
 * what is reported and evaluated, and what is saved may differ. */
typedef struct sg_resume_options {
    size_t size;            /* sizeof(sg_resume_options) */
    const char *path;       /* a graph file, or a run's own graph.yaml */
    const char *const *set; /* set_count texts "key.path=value" */
    int set_count;
    const char
        *directory; /* of the run; NULL: that of the run's own graph.yaml, or else the latest of runs/NAME,
                       runs/NAME-2, ... that has a checkpoint, where NAME is the graph file's */
    bool force;     /* go on whatever differs */
    const char *const *include; /* include_count directories, as in sg_document_options */
    int include_count;
} sg_resume_options;

typedef struct sg_resume {
    sg_document *document; /* to be trained with sg_trainer_options.resume and .out = directory */
    char *directory;
    int runs;   /* among which it is the latest; 0: it was named */
    char **set; /* set_count settings, then and now, for sg_trainer_options */
    int set_count;
    char *differences; /* "train.epochs: 2 -> 4; ...", then -> now; NULL: none */
} sg_resume;

/* Fails with SG_BAD_CHECKPOINT where there is no checkpoint, and where the two differ in more than length:
 * the message lists everything; with SG_IO_ERROR where the directory that was named is no run, SG_BAD_USAGE
 * where it is a file. Errors of the graph files go to `diagnostics` (SG_BAD_GRAPH, SG_IO_ERROR; the error's
 * message is then "the graph file has errors"). */
sg_status sg_resume_find(sg_resume *out, const sg_resume_options *options, sg_diagnostics *diagnostics,
                         sg_error *error);
void sg_resume_finish(sg_resume *resume);

/* ---- looking at data ---- */

/* What was found in the samples of a source. */
typedef struct sg_probe {
    const char *split; /* the first entry of `data` that has them */
    int64_t samples, bad;
    bool reads;       /* they are read from files during a run; others were read to be loaded, and are good */
    const char *note; /* what the source has to tell: what it left out; or "". During the call only */
    double max_bad;   /* the share that may be bad */
    bool too_many;    /* are bad, so that a run would stop */
    double seconds;   /* that reading took: a run cannot be faster where nothing is kept in memory */
} sg_probe;

typedef struct sg_probe_options {
    size_t size; /* sizeof(sg_probe_options) */
    void (*problem)(void *data,
                    const char *problem); /* of one sample, in their order: "`path` is damaged: ..." */
    void (*source)(void *data, const sg_probe *found); /* after its samples, if all were read */
    void *data;
    const volatile sig_atomic_t *stop; /* as in sg_trainer_options */
} sg_probe_options;

/* Reads every sample of the section `data`, with all workers of the context. Fails as loading the data does;
 * samples that cannot be read are no failure. SG_BAD_GRAPH where there is no section `data`. */
sg_status sg_data_probe(const sg_train_config *config, sg_context *context, const sg_probe_options *options,
                        sg_error *error);

/* What the values of a column are. */
typedef struct sg_column_stats {
    const char *name;
    sg_type type;
    sg_shape shape; /* of one sample */
    bool pixels;    /* bytes of images: their numbers below are in 0..1 */
    int channels;   /* of each, the mean and the deviation (over all values, not one less); 0 for labels */
    double *mean, *std;
    int32_t least, most; /* labels, that is i32 without axes: the values, how many there are */
    int64_t values;
    int64_t fewest, largest; /* samples of the rarest and of the most frequent */
} sg_column_stats;

/* What was found in the samples of a split. */
typedef struct sg_data_stats {
    const char *split;           /* these texts are the config's */
    int64_t samples, bad;        /* bad ones count for nothing below */
    double max_bad;              /* the share that may be bad */
    bool too_many;               /* are bad, so that a run would stop */
    bool reads;                  /* from files, whose sizes are then known: */
    sg_look least, median, most; /* width and height each for itself */
    int64_t having[5];           /* images of 1, 2, 3, 4 channels in their files */
    int column_count;
    sg_column_stats column[SG_MAX_COLUMNS]; /* those that the fields take */
} sg_data_stats;

typedef struct sg_data_stats_options {
    size_t size;                       /* sizeof(sg_data_stats_options) */
    const char *split;                 /* NULL: that of the training, or the first */
    const volatile sig_atomic_t *stop; /* as in sg_trainer_options: then SG_FAILURE */
} sg_data_stats_options;

/* Reads the samples of a split with all workers of the context. The numbers do not depend on how many these
 * are. Fails as loading does, and with SG_BAD_USAGE (no such split), SG_BAD_DATA (no sample is good),
 * SG_BAD_GRAPH (no section `data`). */
sg_status sg_data_stats_take(sg_data_stats *out, const sg_train_config *config, sg_context *context,
                             const sg_data_stats_options *options, sg_error *error);
void sg_data_stats_finish(sg_data_stats *stats);

typedef struct sg_samples_options {
    size_t size;               /* sizeof(sg_samples_options) */
    const char *split, *field; /* NULL: that of the training or the first; its first field of images */
    int64_t count, epochs;     /* samples; how often each is drawn */
    bool seeded;               /* draw by this seed instead of the training's */
    uint64_t seed;
    void (*problem)(const char *problem); /* told of images that cannot be read: another stands there */
} sg_samples_options;

/* Samples as the network gets them. */
typedef struct sg_samples {
    const char *split, *field; /* these texts are the config's */
    int64_t count, epochs;     /* no more than there are; 1 epoch where nothing is drawn at random */
    int64_t *index;            /* of each in the split: the first ones of the first epoch */
    sg_tensor original;        /* [count, c, h, w] f32, pixels in 0..1: the column, before any step */
    sg_tensor drawn;           /* [epochs * count, c, h, w] f32: all of the first epoch, then of the next */
    double *scale, *shift;     /* per channel: a value v of `drawn` is the pixel v * scale + shift */
} sg_samples;

/* Fails as loading does, and with SG_BAD_USAGE (no such split or field; the field holds no images),
 * SG_BAD_GRAPH (no section `data`). */
sg_status sg_data_samples(sg_samples *out, const sg_train_config *config, const sg_samples_options *options,
                          sg_error *error);
void sg_samples_finish(sg_samples *samples);

/* ---- the trainer ---- */

typedef struct sg_trainer sg_trainer;

typedef struct sg_trainer_options {
    size_t size;     /* sizeof(sg_trainer_options) */
    const char *out; /* the run directory; NULL: runs/NAME, runs/NAME-2, ... where NAME is the graph file's */
    bool resume;     /* continue the run in `out`; without `out`, the latest of runs/NAME, runs/NAME-2, ... */
    const char *init; /* a run directory or weights file in place of init.from; NULL: as the file says */
    const char *const
        *set; /* set_count settings that made the document: graph.yaml names them, for a resume */
    int set_count;
    bool compared;     /* the document comes from sg_resume_find: do not tell again in what it differs */
    bool no_save;      /* no run directory: nothing is written (tests, benchmarks) */
    bool no_group;     /* run node by node: the same bits, slower */
    bool no_recompute; /* keep every value that the backward pass reads: more memory, the same bits
                          (with products in bf16 nearly so) */
    int64_t max_steps; /* stop after so many updates in all, as if stopped by `stop`; 0: no limit */
    const volatile sig_atomic_t
        *stop; /* set to non-zero from a signal handler: the step is finished, the run saved */
    sg_train_event_function event; /* may be NULL */
    void *data;                    /* handed to `event` and `span` */
    sg_train_span_function span;   /* may be NULL */
    const char *const *command;    /* command_count words that run.json is to name as what started the run */
    int command_count;
} sg_trainer_options;

/* Binds all graphs, loads the data, makes every program, and initialises the weights (from `init` or a
 * checkpoint). Makes the run directory last, so that a wrong graph leaves nothing behind. Problems of the
 * document go to `diagnostics` (the status is SG_BAD_GRAPH and error's message is then "the graph file has
 * errors"), others to `error`: SG_BAD_DATA, SG_BAD_CHECKPOINT (missing, damaged, does not fit the graph),
 * SG_IO_ERROR, SG_OUT_OF_MEMORY. Config and context must outlive the trainer. */
sg_status sg_trainer_create(sg_trainer **out, sg_context *context, const sg_train_config *config,
                            const sg_trainer_options *options, sg_diagnostics *diagnostics, sg_error *error);
void sg_trainer_destroy(sg_trainer *trainer);

const char *sg_trainer_directory(const sg_trainer *trainer); /* NULL with no_save */
sg_store *sg_trainer_store(const sg_trainer *trainer);
sg_program *sg_trainer_program(const sg_trainer *trainer); /* of a full training batch: profile, memory */
sg_memory sg_trainer_memory(const sg_trainer *trainer);    /* of all its programs together */

enum { SG_TRAIN_MAX_VALUES = 32 };

typedef struct sg_train_result {
    /* By `stop` or max_steps: continue with resume. With step == steps it was the evaluation at the end that
     * was cut off. */
    bool interrupted;
    int64_t step, steps;      /* updates made, and in all */
    int64_t skipped;          /* updates left out in this process's part of the run */
    double loss;              /* of the last update that was not left out; NaN where there was none */
    int value_count;          /* the last evaluation; 0: there was none */
    const char *const *names; /* belong to the trainer */
    double values[SG_TRAIN_MAX_VALUES];
    uint32_t empty; /* bit i: values[i] is NaN, since the loss weighted nothing (no pixel was hidden) */
    double seconds, images_per_second;
    size_t peak_memory;    /* bytes of the process, the most so far */
    size_t planned_memory; /* of them, those that sg_trainer_memory tells */
    size_t data_memory;    /* and those of the samples, which stay in memory */
    bool reads;            /* samples are read from files while it runs */
    double waiting;        /* then the share of the time of updates in which their samples were waited for */
    int64_t bad;           /* and how many could not be read, and were skipped */
    int report_count;      /* what train.report names, of the last update */
    const char *const *report_names;
    double report[SG_TRAIN_MAX_VALUES];
    int64_t evaluated, held_out; /* samples that an evaluation looks at, of those of its split */
} sg_train_result;

/* Trains to the end, evaluates and saves. After the stop flag it finishes the step, or the batch of an
 * evaluation, saves and returns SG_OK with `interrupted`; an evaluation that was cut off is made anew by the
 * resume, whose run is then as if nothing had been. SG_NOT_FINITE after SG_TRAIN_MAX_SKIPS left-out updates
 * in a row: weights are as before them, and nothing is overwritten. SG_IO_ERROR when a file cannot be
 * written: those that were there before are whole. `out` is filled as far as the run came. */
enum { SG_TRAIN_MAX_SKIPS = 5 };
sg_status sg_trainer_run(sg_trainer *trainer, sg_train_result *out, sg_error *error);

/* Evaluates the values of the section `evaluate` over its split, or `samples` of it, with the weights as they
 * are. Each batch's value counts by its samples, and random masks are drawn with a fixed epoch: see
 * docs/training.md. */
sg_status sg_trainer_evaluate(sg_trainer *trainer, sg_train_result *out, sg_error *error);

/* ---- weights from files ---- */

/* Replaces stored values of a graph by those of a run directory (its model.safetensors) or a file of named
 * arrays, after the rules of the section `init` (NULL: every weight of the graph must be there, nothing may
 * be left over). `from` NULL: as the section says. SG_BAD_CHECKPOINT lists what is missing, left over or of
 * another shape, with nearest names; the store is then unchanged. */
sg_status sg_weights_load(sg_store *store, const sg_graph *graph, const char *from,
                          const sg_train_config *config, sg_error *error);

SG_END_C

#endif
