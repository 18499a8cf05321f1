/* cli/data.h - what can be done with the data of a graph file. */
#ifndef SG_CLI_DATA_H
#define SG_CLI_DATA_H

#include <signal.h>

#include "cli.h"
#include "simgraph/train.h"

/* Each returns the exit code. `stop` is the signal that asked for an end, or 0. */
int cli_data_check(const cli_args *args, const sg_train_config *config, const volatile sig_atomic_t *stop);
int cli_data_show(const cli_args *args, const sg_train_config *config, const volatile sig_atomic_t *stop);
int cli_data_stats(const cli_args *args, const sg_train_config *config, const volatile sig_atomic_t *stop);

#endif
