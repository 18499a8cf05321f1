/* cli/profile.h - `run --profile`: where the time of a few steps goes, as a trace and as tables. */
#ifndef SG_CLI_PROFILE_H
#define SG_CLI_PROFILE_H

#include "progress.h"
#include "simgraph/train.h"

enum { CLI_PROFILE_WARM_UP = 3, CLI_PROFILE_STEPS = 10, CLI_PROFILE_SPANS = 20000 };

typedef struct cli_profile {
    bool on;
    int64_t steps;           /* to profile at most */
    cli_progress *progress;  /* gets the events, too */
    sg_trainer *trainer;     /* whose program is traced */
    int64_t accumulate;      /* most runs that a step takes */
    int64_t first;           /* the step that the run began at; below 0: it has not begun */
    int64_t begun, profiled; /* the step that the trace began at (below 0: not yet), and how many it has */
    bool ended;
    int span_count;
    sg_train_span *spans;
    sg_status status; /* of beginning the trace */
    sg_error error;
} cli_profile;

/* To be given to the trainer, with the profile as data. */
void cli_profile_event(void *data, const sg_train_event *event);
void cli_profile_span(void *data, const sg_train_span *span);

/* Prints the tables, and writes the trace. `engine` made `threads` workers: a large product is timed with it,
 * of operands rounded to bf16 where those of the run's are. Returns the exit code. */
int cli_profile_show(const cli_profile *profile, const char *path, const sg_context_options *engine,
                     int threads, bool rounded);
void cli_profile_finish(cli_profile *profile);

/* The trace as JSON that chrome://tracing and Perfetto read. */
sg_status cli_profile_write(const cli_profile *profile, const char *path, int threads, sg_error *error);

#endif
