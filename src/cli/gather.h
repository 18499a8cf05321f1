/* cli/gather.h - the features of all images that are looked at. */
#ifndef SG_CLI_GATHER_H
#define SG_CLI_GATHER_H

#include "use.h"

typedef struct cli_features {
    int64_t count;      /* images */
    sg_tensor features; /* f32 [count, size] or [count, tokens, size] */
    sg_tensor labels;   /* i32 [count] */
    int64_t *sample;    /* their numbers */
    bool labelled;
} cli_features;

/* What else is done with each batch, whose first image is number `first`. */
typedef sg_status (*cli_batch_function)(void *data, const sg_use_batch *batch, int64_t first,
                                        sg_error *error);

/* Finish it in any case. `each` may be NULL. */
sg_status cli_gather(cli_features *f, cli_use *u, cli_batch_function each, void *data, sg_error *error);
void cli_features_finish(cli_features *f);

#endif
