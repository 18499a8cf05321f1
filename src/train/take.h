/* train/take.h - weights from elsewhere, and the names that they have there. */
#ifndef SG_TRAIN_TAKE_H
#define SG_TRAIN_TAKE_H

#include "train/config.h"

/* Writes the name under which a file holds our weight `name`: the entry of `init: {take}` with most segments
 * whose left side matches the beginning of the name puts its right side there. In it `<l>` stands for the
 * number that the left side captured. Without an entry the name stays. config may be NULL. */
void sg_take_name(const sg_train_config *config, const char *name, char theirs[SG_MESSAGE_MAX]);
/* Whether the left side of an entry matches the beginning of our weight's name. */
bool sg_take_matches(const char *ours, const char *name);

/* Weights as a run would start with them: by the section `init`. `asked`, if not NULL, replaces init.from; it
 * may also be a run's own, and then has our names already. Whether weights came from a file is stored in
 * `loaded`, which may be NULL. */
sg_status sg_weights_start(sg_store *store, const sg_graph *graph, const sg_document *document,
                           const char *asked, sg_diagnostics *diagnostics, bool *loaded, sg_error *error);

#endif
