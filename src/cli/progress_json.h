/* cli/progress_json.h - `run --json`: what happens in a run, one JSON object a line on standard output. */
#ifndef SG_CLI_PROGRESS_JSON_H
#define SG_CLI_PROGRESS_JSON_H

#include "simgraph/train.h"

/* An event of the trainer. Of steps at most ten a second are written, and the last: `*shown` is when. */
void cli_json_event(const sg_train_event *event, double *shown);
/* The last line: what came out, or why it failed. */
void cli_json_finished(const sg_train_result *result, const char *directory);
void cli_json_error(sg_status status, const char *message);

#endif
