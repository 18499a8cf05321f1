/* cli/progress.h - telling how training goes: on a terminal as lines that change in their place, elsewhere as
 * lines one after the other, or as JSON. */
#ifndef SG_CLI_PROGRESS_H
#define SG_CLI_PROGRESS_H

#include "screen.h"
#include "simgraph/train.h"

typedef enum cli_progress_kind {
    CLI_PROGRESS_PLAIN = 0, /* a line every ten seconds, on standard error */
    CLI_PROGRESS_SCREEN,    /* lines that change, on standard error */
    CLI_PROGRESS_QUIET,     /* only warnings */
    CLI_PROGRESS_JSON,      /* on standard output, and nothing else */
} cli_progress_kind;

typedef struct cli_progress {
    cli_progress_kind kind;
    double shown; /* when a step was told last, in seconds of the run; below 0: never */
    double told;  /* the same of an evaluation that goes on */
    cli_screen screen;
} cli_progress;

void cli_progress_init(cli_progress *progress, bool quiet, bool json);
/* An sg_train_event_function; `data` is the cli_progress. */
void cli_progress_event(void *data, const sg_train_event *event);
/* Ends the lines that stand there. */
void cli_progress_finish(cli_progress *progress);

#endif
