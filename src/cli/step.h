/* cli/step.h - what `bench` and `dot` run or plan: a graph file's training step, or its loss and gradients,
 * or its forward pass. */
#ifndef SG_CLI_STEP_H
#define SG_CLI_STEP_H

#include "document.h"
#include "simgraph/train.h"

typedef struct cli_step {
    const char *what; /* "training step", "loss and gradients" or "forward pass" */
    int64_t batch;
    sg_bound *bound;
    sg_graph *graph; /* of `bound` */
    sg_value *fetch; /* what a program has to compute, beyond the updates */
    int fetch_count;
    sg_train_nodes nodes; /* SG_NO_VALUE without training */
    sg_store *store;      /* NULL before cli_step_reserve */
    sg_arena *arena;
} cli_step;

/* Adds the gradients of `loss` to every weight; `gradient` has room for one a node, *count are written. */
sg_status cli_differentiate(sg_graph *graph, sg_value loss, sg_value *gradient, int *count, sg_error *error);

/* `batch` 0: that of the training section, or 1. cli_step_finish may follow a failure. */
sg_status cli_step_build(cli_step *step, const cli_document *d, int64_t batch, sg_error *error);
/* Store and arena, with initial weights. */
sg_status cli_step_reserve(cli_step *step, sg_context *context, sg_error *error);
/* Random pixels; zeros and ones for integers; a learning rate of 0, so that every step is the same work. */
void cli_step_fill(const cli_step *step, sg_program *program);
sg_status cli_step_run(sg_program *program, int64_t batch, int number, sg_error *error);
void cli_step_finish(cli_step *step);

#endif
