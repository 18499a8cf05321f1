/* cli/screen.h - how a run stands, as a few lines that are written over and over in the same place. */
#ifndef SG_CLI_SCREEN_H
#define SG_CLI_SCREEN_H

#include <stdio.h>

#include "simgraph/train.h"
#include "spark.h"

enum { CLI_SCREEN_LINES = 4, CLI_SCREEN_NAME = 40, CLI_SCREEN_VALUES = 8 };

typedef struct cli_screen {
    bool colour, utf8;
    bool open;           /* the lines stand there, with the cursor at the beginning of the first */
    bool begun;          /* there is something to show */
    double when;         /* it was drawn, in seconds of the run */
    sg_train_event last; /* the last step; its pointers are not used */
    int report_count, value_count;
    char reported[CLI_SCREEN_VALUES][CLI_SCREEN_NAME]; /* "error 0.123" */
    char held_out[CLI_SCREEN_VALUES][CLI_SCREEN_NAME];
    int64_t evaluated_step, evaluated,
        to_evaluate; /* while it is being evaluated: so many samples of so many */
    cli_spark loss;
} cli_screen;

void cli_screen_init(cli_screen *screen);
/* What happened; shows it where the last time is long enough ago. */
void cli_screen_event(cli_screen *screen, const sg_train_event *event);
/* Takes the lines away, so that something can be written in their place. */
void cli_screen_clear(cli_screen *screen);
void cli_screen_draw(cli_screen *screen);
/* Draws it for the last time; what follows comes below. */
void cli_screen_finish(cli_screen *screen);

/* Whether the environment asks for UTF-8: LC_ALL, LC_CTYPE or LANG. */
bool cli_utf8(void);

#endif
