/* train/record.h - what is told of a run while it goes on, and what its directory keeps of it. */
#ifndef SG_TRAIN_RECORD_H
#define SG_TRAIN_RECORD_H

#include "train/update.h"

/* Of the update that was just counted. */
void sg_trainer_tell_step(const sg_trainer *trainer, const sg_outcome *out);
/* What helps against what it shows; each once a run. */
void sg_trainer_advise(sg_trainer *trainer, const sg_outcome *out);
/* Of the evaluation that was just made. */
void sg_trainer_tell_evaluation(const sg_trainer *trainer);

/* A line of metrics, of the updates since the last; TensorBoard gets its scalars. */
sg_status sg_trainer_record(sg_trainer *trainer, const sg_outcome *out, bool evaluated, sg_error *error);
/* What TensorBoard shows of the pictures that were just drawn, and of weights and gradients. */
sg_status sg_trainer_show_pictures(sg_trainer *trainer, sg_error *error);
sg_status sg_trainer_show_histograms(sg_trainer *trainer, const sg_outcome *out, sg_error *error);

/* What the run, or an evaluation alone, came to. */
void sg_trainer_fill_result(const sg_trainer *trainer, sg_train_result *out);

#endif
