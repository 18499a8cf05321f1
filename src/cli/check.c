/* simgraph check: everything that is wrong with a graph file, before anything runs. */
#include "document.h"
#include "verbs.h"

/* Reports warnings as well as errors; the graph of training has the most nodes. */
static int check(const cli_document *d) {
    sg_bound *bound = NULL;
    int code = SG_OK;
    for (int training = 0; code == SG_OK && training <= 1; training++) {
        sg_bound_destroy(bound);
        bound = NULL;
        code = cli_document_bind(&bound, d, SG_SYMBOLIC_BATCH, training, SG_F32);
    }
    if (code == SG_OK) {
        cli_document_report(d, SG_OK);
        const sg_graph *graph = sg_bound_graph(bound);
        char nodes[CLI_NUMBER], parameters[CLI_NUMBER];
        printf("%s: ok, %s nodes, %s parameters\n", d->path, cli_thousands(sg_graph_node_count(graph), nodes),
               cli_count((double)cli_parameters(graph), parameters));
    }
    sg_bound_destroy(bound);
    return code;
}

static int run(const cli_args *args) {
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    code = check(&d);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    CLI_SET,
    {.name = NULL},
};

const cli_verb cli_verb_check = {
    .name = "check",
    .doc = "report every error of a graph file at once, each with its place",
    .examples = "simgraph check graphs/simmim.yaml",
    .usage = "GRAPH [options]",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to check",
    .options = options,
    .run = run,
};
