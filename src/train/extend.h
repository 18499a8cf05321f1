/* train/extend.h - making a bound graph a training step. */
#ifndef SG_TRAIN_EXTEND_H
#define SG_TRAIN_EXTEND_H

#include "graph/rewrite.h"
#include "train/config.h"

/* A moving average whose share changes: the input that is fed before every update with the share of the new
 * weight, 1 minus what the schedule gives. */
typedef struct sg_fed_average {
    sg_value share;
    const sg_call *schedule;
} sg_fed_average;

typedef struct sg_train_step {
    sg_train_nodes nodes;
    sg_value *updates; /* outputs of all update nodes that a step runs, update_count of them */
    int update_count, update_room;
    int64_t learned, frozen;       /* elements of weights */
    sg_value *weights, *gradients; /* weight_count of those that are learned; with `accumulate` the sums of
                                      the micro-batches' gradients */
    int weight_count;
    sg_fed_average *averages;
    int average_count;
    sg_rewritten rewritten; /* what is left out of it */
} sg_train_step;

/* As sg_train_extend, for a graph and its values: the one to minimise and then those that the config reports.
 * Errors of the graph go to `error`, those of rules to `diagnostics` (with SG_BAD_GRAPH and no message in
 * `error`). */
sg_status sg_train_step_init(sg_train_step *step, const sg_train_config *config, sg_graph *graph,
                             const sg_value *values, sg_diagnostics *diagnostics, sg_error *error);
void sg_train_step_finish(sg_train_step *step);

/* Adds an update to those that the step runs. False when there is no memory. */
bool sg_train_step_keep(sg_train_step *step, sg_value update);

/* Which nodes some values depend on, themselves included, with `updates` also the updates that the graph came
 * with: to be freed; NULL when there is no memory. */
bool *sg_needed_nodes(const sg_graph *graph, int count, const sg_value *values, bool updates);

/* Reports a pattern that matches no weight, with the nearest name. */
void sg_complain_unmatched(sg_diagnostics *diagnostics, const sg_graph *graph, sg_mark mark, int length,
                           const char *pattern);
/* Reports patterns of rules that match no weight. */
void sg_check_rules(const sg_train_config *config, const sg_graph *graph, sg_diagnostics *diagnostics);

/* The sum of squares of each gradient (f32 or f64): nodes of the phase that the graph is in. */
void sg_emit_squares(sg_graph *graph, int count, const sg_value *gradients, sg_value *squares);
/* From these the global norm of the gradients (times *share where given), and the factor that brings it down
 * to `clip` (0: none). */
void sg_emit_clip(sg_graph *graph, int count, const sg_value *squares, sg_value share, double clip,
                  sg_value *norm, sg_value *factor);

/* Adds what an error says to diagnostics that have no better place for it. */
void sg_report_error(sg_diagnostics *diagnostics, const sg_error *error);

#endif
