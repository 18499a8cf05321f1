/* cli/progress.h - telling how training goes, on standard error. */
#ifndef SG_CLI_PROGRESS_H
#define SG_CLI_PROGRESS_H

#include "simgraph/train.h"

typedef struct cli_progress {
    bool quiet;   /* only warnings */
    bool animate; /* one line that is written over and over; else a new line every ten seconds */
    bool open;    /* such a line stands there, without its line end */
    double told;  /* the same of an evaluation */
    double shown; /* when the last one was written, in seconds of the run; below 0: never */
} cli_progress;

void cli_progress_init(cli_progress *progress, bool quiet);
/* An sg_train_event_function; `data` is the cli_progress. */
void cli_progress_event(void *data, const sg_train_event *event);
/* Ends the line that stands there. */
void cli_progress_finish(cli_progress *progress);

#endif
