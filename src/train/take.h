/* train/take.h - the names that our weights have elsewhere. */
#ifndef SG_TRAIN_TAKE_H
#define SG_TRAIN_TAKE_H

#include "train/config.h"

/* Writes the name under which a file holds our weight `name`: the entry of `init: {take}` with most segments
 * whose left side matches the beginning of the name puts its right side there. In it `<l>` stands for the
 * number that the left side captured. Without an entry the name stays. config may be NULL. */
void sg_take_name(const sg_train_config *config, const char *name, char theirs[SG_MESSAGE_MAX]);
/* Whether the left side of an entry matches the beginning of our weight's name. */
bool sg_take_matches(const char *ours, const char *name);

#endif
