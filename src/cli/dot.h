/* cli/dot.h - parts of `dot`: the graph of each view, and what is measured or planned for it. */
#ifndef SG_CLI_DOT_H
#define SG_CLI_DOT_H

#include "document.h"
#include "simgraph/draw.h"

typedef enum cli_dot_view {
    CLI_DOT_FORWARD = 0,
    CLI_DOT_BACKWARD,
    CLI_DOT_STEP,
    CLI_DOT_MEMORY,
    CLI_DOT_PROFILE
} cli_dot_view;

/* The title: the name of the graph file; of a comparison, of both where they differ, and the settings. */
void cli_dot_title(char *title, size_t size, const cli_args *args);
/* The line below the title of a comparison. */
void cli_dot_note(char *note, size_t size, const char *before, const char *now);
/* What goes before the names of graph files in links: from the picture's directory back to this one. */
void cli_dot_links(char *links, size_t size, const char *path);

/* A graph to draw; zero-initialised is empty. */
typedef struct cli_dot_graph {
    sg_bound *bound;
    sg_graph *part;        /* what training needs of it, or NULL */
    const sg_graph *graph; /* of one of them */
    char minimised[1024];  /* the name of the value that training minimises, or "" */
} cli_dot_graph;

/* With a symbolic batch. `all` keeps what only evaluations look at; messages call the option that asked for
 * the view `asked`. Returns the exit code. */
int cli_dot_graph_make(cli_dot_graph *out, const cli_document *d, cli_dot_view view, const char *asked,
                       bool all);
/* Chooses what is drawn of a graph that is in place. */
int cli_dot_graph_part(cli_dot_graph *out, const cli_document *d, bool all);
void cli_dot_graph_finish(cli_dot_graph *graph);

typedef struct cli_dot_measure {
    int64_t batch; /* 0: that of the training section, or 1 */
    int threads, steps;
    bool all;
    bool page; /* sg_draw_page instead of sg_draw_dot */
} cli_dot_measure;

/* Runs some steps and draws with the time of every node; *text is to be freed. Return the exit code. */
int cli_dot_profile(char **text, const cli_document *d, const sg_dot_options *options,
                    const cli_dot_measure *measure);
/* One of sg_draw_memory and its like. */
typedef sg_status cli_dot_chart(char **text, const sg_graph *graph, const sg_program_options *program,
                                const sg_dot_options *options, sg_error *error);
int cli_dot_memory(char **text, const cli_document *d, const sg_dot_options *options, int64_t batch,
                   cli_dot_chart *chart);

#endif
