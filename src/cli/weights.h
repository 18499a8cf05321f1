/* cli/weights.h - what import and export share: the graph, patterns, names, the report. */
#ifndef SG_CLI_WEIGHTS_H
#define SG_CLI_WEIGHTS_H

#include "document.h"
#include "simgraph/train.h"
#include "simgraph/weights.h"

typedef struct cli_weights {
    const cli_args *args;
    bool out_of_graph; /* the way out */
    cli_document d;
    char own[4096]; /* the graph file of the run, where none is given: the document keeps the path */
    sg_bound *bound;
    sg_names *names;
    const char **fresh, **ignore; /* patterns */
    sg_weights_options options;
    sg_arrays from, out;
    sg_weights_report report;
} cli_weights;

/* What the verbs do: reads the graph and the file, calls sg_weights_import or sg_weights_export with what the
 * command line says (and on the way in the graph's section `init`), shows what became of the weights, and
 * writes them. `next` then says what to do with them. Returns the exit code. */
int cli_weights_run(const cli_args *args, bool in, void (*next)(const cli_weights *w, const char *out));

/* The graph of the run directory that the verb's first argument names. Returns the exit code, after a message
 * where it is none. */
int cli_own_graph(const cli_args *args, char *path, size_t size);

/* What became of the weights, as text or as JSON: on standard output, or on standard error where it `failed`.
 * Returns the exit code. */
int cli_weights_show(const cli_weights *w, bool failed);
/* Says on standard error what does not fit, and what would let it pass. */
void cli_weights_complain(const cli_weights *w, const char *file);

/* Options that both have. */
#define CLI_WEIGHTS_GRAPH(about) \
    { .name = "graph", .letter = 'g', .type = CLI_TEXT, .value = "GRAPH", .doc = "the graph file" about }
#define CLI_WEIGHTS_ALL \
    { .name = "all", .letter = 'a', .doc = "list every weight; without it, four of a kind" }

#endif
