/* cli/run_show.h - what a run came to. */
#ifndef SG_CLI_RUN_SHOW_H
#define SG_CLI_RUN_SHOW_H

#include "simgraph/train.h"

/* Prints the last numbers, and the files in the run's directory (NULL: there is none). */
void cli_run_print(const char *directory, const sg_train_result *result);

#endif
