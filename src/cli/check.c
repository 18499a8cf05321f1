/* simgraph check: everything that is wrong with a graph file, before anything runs. */
#include "document.h"
#include "verbs.h"

#include "simgraph/train.h"

/* The run sections against themselves and against the graphs of training and evaluation. */
static int check(const cli_document *d) {
    sg_train_config *config = NULL;
    sg_bound *bound = NULL;
    sg_status status = sg_train_config_create(&config, d->document, d->messages);
    if (status == SG_OK) status = sg_train_config_check(config, d->messages);
    sg_train_config_destroy(config);
    if (status != SG_OK) return cli_document_report(d, status);
    int code = cli_document_bind(&bound, d, SG_SYMBOLIC_BATCH, true, SG_F32);
    if (code != SG_OK) return code;
    cli_document_report(d, SG_OK); /* warnings */
    const sg_graph *graph = sg_bound_graph(bound);
    char nodes[CLI_NUMBER], parameters[CLI_NUMBER];
    printf("%s: ok, %s nodes, %s parameters\n", d->path, cli_thousands(sg_graph_node_count(graph), nodes),
           cli_count((double)cli_parameters(graph), parameters));
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
    .examples = "simgraph check graphs/simmim.yaml\nsimgraph check graphs/simmim.yaml --set encoder.depth=6",
    .usage = "GRAPH [options]",
    .more = "Samples are not read; headers of data files are, to compare fields with the inputs that they\n"
            "feed. A data set that is missing is a warning.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to check",
    .options = options,
    .run = run,
};
