/* train/weights.h - weights from elsewhere. */
#ifndef SG_TRAIN_WEIGHTS_H
#define SG_TRAIN_WEIGHTS_H

#include "train/config.h"

/* Weights as a run would start with them: by the section `init`. `asked`, if not NULL, replaces init.from; it
 * may also be a run's own, and then has our names already. Whether weights came from a file is stored in
 * `loaded`, which may be NULL. */
sg_status sg_weights_start(sg_store *store, const sg_graph *graph, const sg_document *document,
                           const char *asked, sg_diagnostics *diagnostics, bool *loaded, sg_error *error);

#endif
