/* simgraph expand: a graph file with every block opened. */
#include "document.h"
#include "simgraph/train.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

/* A comment with the nodes whose paths end in `suffix`: those that training computes in part. */
static void print_partial(const sg_graph *graph, const char *suffix, const char *what) {
    size_t length = strlen(suffix);
    bool any = false;
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        size_t end = strlen(node->path);
        if (node->forward >= 0 || end <= length || strcmp(node->path + end - length, suffix) != 0) continue;
        if (strcmp(sg_op_schema(node->op)->name, "gather") == 0) continue;
        if (strcmp(sg_op_schema(node->op)->name, "top_k") == 0) continue;
        if (!any) printf("# Training computes %s:\n", what);
        any = true;
        printf("#   %.*s\n", (int)(end - length), node->path);
    }
}

/* What training leaves out, for a file that trains and is good. */
static void print_left_out(const cli_document *d) {
    sg_diagnostics *aside = NULL;
    sg_train_config *config = NULL;
    sg_bound *bound = NULL;
    sg_train_nodes nodes;
    sg_bind_options options = {sizeof options, SG_SYMBOLIC_BATCH, true, sg_train_float_type(d->document)};
    sg_status status = sg_diagnostics_create(&aside, NULL);
    if (status == SG_OK) status = sg_train_config_create(&config, d->document, aside);
    if (status == SG_OK && sg_train_config_trains(config)) {
        status = sg_document_bind(&bound, d->document, &options, aside);
        if (status == SG_OK) status = sg_train_extend(config, bound, &nodes, aside);
        if (status == SG_OK) {
            print_partial(sg_bound_graph(bound), "/hidden", "for hidden cells alone");
            print_partial(sg_bound_graph(bound), "/shared", "once for all hidden cells of a sample");
        }
    }
    sg_bound_destroy(bound);
    sg_train_config_destroy(config);
    sg_diagnostics_destroy(aside);
}

static int run(const cli_args *args) {
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    const char *mode = cli_text(args, "mode");
    char *text = NULL;
    bool training = !mode || strcmp(mode, "train") == 0;
    sg_status status = sg_document_expand(d.document, training, &text, d.messages);
    if (status == SG_OK) {
        fputs(text, stdout);
        if (training) print_left_out(&d);
    } else
        code = cli_document_report(&d, status);
    free(text);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    CLI_SET,
    {.name = "mode",
     .type = CLI_TEXT,
     .value = "MODE",
     .one_of = "train eval",
     .doc = "which of its two graphs: train (the default) or eval"},
    {.name = NULL},
};

const cli_verb cli_verb_expand = {
    .name = "expand",
    .doc = "print a graph file with every block opened and every repeat unrolled",
    .examples = "simgraph expand graphs/simmim.yaml",
    .usage = "GRAPH [options]",
    .more = "What is printed is a graph file again: the same weights, under the same names. Comments at its "
            "end say\nwhat training computes for hidden cells alone.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to expand",
    .options = options,
    .run = run,
};
