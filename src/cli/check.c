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

static void print_ok(const cli_document *d, const sg_graph *graph) {
    char nodes[CLI_NUMBER], parameters[CLI_NUMBER];
    int count = sg_graph_node_count(graph);
    size_t variants = sg_document_chosen(d->document) ? 0 : sg_document_variant_count(d->document);
    printf("%s: ok, %s node%s, %s parameter%s", d->path, cli_thousands(count, nodes), sg_plural(count),
           cli_thousands(cli_parameters(graph), parameters), sg_plural(cli_parameters(graph)));
    if (variants) printf(", %zu variant%s", variants, sg_plural(variants));
    putchar('\n');
}

static int run(const cli_args *args) {
    cli_document d = {.path = args->arg[0]};
    sg_document_options options = {.size = sizeof options};
    sg_error error;
    sg_bound *bound = NULL;
    options.set = cli_texts(args, "set", &options.set_count);
    options.include = cli_texts(args, "include", &options.include_count);
    if (sg_diagnostics_create(&d.messages, &error) != SG_OK) return cli_fail_with(&error);
    sg_status status = sg_check_file(&d.document, d.path, &options, d.messages);
    int code = report(&d, args, status);
    if (code == SG_OK && !cli_flag(args, "json")) {
        code = cli_document_bind(&bound, &d, SG_SYMBOLIC_BATCH, true, sg_train_float_type(d.document));
        if (code == SG_OK) print_ok(&d, sg_bound_graph(bound));
    }
    sg_bound_destroy(bound);
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
    .doc = "report the errors of a graph file together, each with its place",
    .examples = "simgraph check graphs/simmim.yaml\nsimgraph check graphs/simmim.yaml --set encoder.depth=6",
    .usage = "GRAPH [options]",
    .more =
        "Up to 20 errors are told, the first of the file. Behind a mistake of YAML itself nothing is "
        "read.\n\n"
        "The variants of the file are checked as well, or with GRAPH@VARIANT that one alone.\n\n"
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
