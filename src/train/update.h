/* train/update.h - one update: the gradients of its micro-batches, and what the optimiser makes of them. */
#ifndef SG_TRAIN_UPDATE_H
#define SG_TRAIN_UPDATE_H

#include "train/trainer.h"

/* What one update gave. */
typedef struct sg_outcome {
    double loss, norm, rate;
    double report[SG_TRAIN_MAX_VALUES];
    bool ok;
    const sg_binding *binding; /* that made it; NULL: an earlier process did */
    double share;              /* of each of its micro-batches */
} sg_outcome;

/* Update `progress.step`, which is not counted yet. What comes next is being loaded when it returns. */
sg_status sg_trainer_update(sg_trainer *trainer, sg_outcome *out, sg_error *error);

#endif
