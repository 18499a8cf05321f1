/* cli/run_graph.h - graph.svg of a run: its graph, drawn by Graphviz while training goes on. */
#ifndef SG_CLI_RUN_GRAPH_H
#define SG_CLI_RUN_GRAPH_H

#include <pthread.h>

#include "document.h"

/* Zero-initialised: nothing is being drawn. */
typedef struct cli_run_graph {
    bool begun;
    pthread_t thread;
    char *text, *path; /* for Graphviz; of the picture */
    sg_status status;
    sg_error error;
} cli_run_graph;

/* Gets ready, where Graphviz is there. What goes wrong is told at the end, and is no failure of the run. */
void cli_run_graph_init(cli_run_graph *picture, const cli_document *d, const char *directory);
/* Begins to draw, unless that has been done: once there is a run that stays. */
void cli_run_graph_begin(cli_run_graph *picture);
/* Waits for the picture; a run that `failed` is not worth one, nor word of it. */
void cli_run_graph_end(cli_run_graph *picture, bool failed);

#endif
