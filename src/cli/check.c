/* simgraph check: everything that is wrong with a graph file, before anything runs. */
#include "diagnostics_json.h"
#include "document.h"
#include "json.h"
#include "verbs.h"

#include "simgraph/train.h"

/* Prints what was found; with --strict, warnings fail as well. Returns the exit code. */
static int report(const cli_document *d, const cli_args *args, sg_status status) {
    bool found = sg_diagnostics_count(d->messages) > 0;
    if (status == SG_OK && found && cli_flag(args, "strict")) status = SG_BAD_GRAPH;
    if (!cli_flag(args, "json")) return cli_document_report(d, status);
    int code = cli_json_print(cli_diagnostics_json(d->messages));
    return code == SG_OK ? (int)status : code;
}

/* The run sections against themselves and against the graphs of training and evaluation. */
static int check(const cli_document *d, const cli_args *args) {
    sg_train_config *config = NULL;
    sg_bound *bound = NULL;
    sg_status status = sg_train_config_create(&config, d->document, d->messages);
    if (status == SG_OK) status = sg_train_config_check(config, d->messages);
    sg_train_config_destroy(config);
    sg_bind_options options = {.size = sizeof options,
                               .batch = SG_SYMBOLIC_BATCH,
                               .training = true,
                               .float_type = sg_train_float_type(d->document)};
    /* Whatever is wrong with the run, the graph is looked at as well. */
    sg_status graphs = sg_document_bind(&bound, d->document, &options, d->messages);
    if (status == SG_OK) status = graphs;
    int code = report(d, args, status);
    if (code != SG_OK || cli_flag(args, "json")) {
        sg_bound_destroy(bound);
        return code;
    }
    const sg_graph *graph = sg_bound_graph(bound);
    char nodes[CLI_NUMBER], parameters[CLI_NUMBER];
    int count = sg_graph_node_count(graph);
    printf("%s: ok, %s node%s, %s parameters\n", d->path, cli_thousands(count, nodes), count == 1 ? "" : "s",
           cli_thousands(cli_parameters(graph), parameters));
    sg_bound_destroy(bound);
    return code;
}

static int run(const cli_args *args) {
    cli_document d;
    sg_status status = cli_document_read(&d, args, NULL);
    if (!d.messages) return (int)status;
    int code = status == SG_OK ? check(&d, args) : report(&d, args, status);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    CLI_SET,
    {.name = "json", .doc = "print the messages as JSON, for editors"},
    {.name = "strict", .doc = "let warnings fail as well, with exit status 3"},
    {.name = NULL},
};

const cli_verb cli_verb_check = {
    .name = "check",
    .doc = "report every error of a graph file at once, each with its place",
    .examples = "simgraph check graphs/simmim.yaml\nsimgraph check graphs/simmim.yaml --set encoder.depth=6",
    .usage = "GRAPH [options]",
    .more =
        "Samples are not read; headers of data files are, to compare fields with the inputs that they\n"
        "feed. A data set that is missing is a warning.\n\n"
        "With --json the output is a list of {file, line, column, length, severity, message, hint, chain}.\n"
        "Lines and columns count from 1, in characters; line 0 is a message about the file as a whole.\n"
        "`hint` may be null. `chain` tells how the place was reached, innermost first, as a list of\n"
        "{text, file, line, column}.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to check",
    .options = options,
    .run = run,
};
