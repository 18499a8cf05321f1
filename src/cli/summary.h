/* cli/summary.h - what `summary` found, and its two forms. */
#ifndef SG_CLI_SUMMARY_H
#define SG_CLI_SUMMARY_H

#include "document.h"
#include "outline.h"
#include "simgraph/train.h"

typedef struct cli_summary {
    cli_document *d;
    sg_bound *bound; /* for training, with the symbolic batch */
    const sg_graph *graph;
    cli_outline outline;
    int64_t parameters, frozen;
    double
        flops; /* of a batch forward, divided by its samples: of what training needs, as diagrams count it */
    double all_flops; /* with what only evaluations look at */
    sg_train_config *config;
    bool trains;
    int64_t batch;     /* for which work and memory were measured */
    double step_flops; /* of a training step of that batch; 0 without training */
    sg_memory memory;
    sg_train_measure training; /* all 0 without training */
} cli_summary;

/* Fills all but the outline of a summary whose `d` and `bound` are given; its `config` is to be destroyed.
 * `batch` 0: that of the file's training, or 1; threads 0: one for each CPU. */
sg_status cli_measure(cli_summary *summary, int64_t batch, int threads, sg_error *error);

void cli_summary_print(const cli_summary *summary, bool params);
int cli_summary_json(const cli_summary *summary, bool params); /* returns the exit code */

#endif
