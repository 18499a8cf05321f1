/* train/averages.h - moving averages of weights in a training step. */
#ifndef SG_TRAIN_AVERAGES_H
#define SG_TRAIN_AVERAGES_H

#include "train/extend.h"

/* What `train: {average}` calls the average of a weight: "average/<path>". To be freed; NULL: no memory. */
char *sg_average_name(const char *weight);

/* Adds the update of every average of the graph, and with `train: {average}` an average of each of the
 * `count` learned weights, whose next values are `next`. They follow the weights as the optimiser leaves
 * them. Those whose share changes are listed in the step, to be fed. The graph must be in the update phase.
 */
sg_status sg_averages_add(sg_train_step *step, const sg_train_config *config, sg_graph *graph, int count,
                          const sg_value *weights, const sg_value *next, sg_diagnostics *diagnostics,
                          sg_error *error);

/* Makes an evaluation's graph read the store's averages of `train: {average}` in place of the weights. */
sg_status sg_averages_read(sg_graph *graph, bool (*has)(const void *training, const char *name),
                           const void *training, sg_error *error);

#endif
