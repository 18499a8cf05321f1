/* simgraph expand: a graph file with every block opened. */
#include "document.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

static int run(const cli_args *args) {
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    const char *mode = cli_text(args, "mode");
    char *text = NULL;
    sg_status status = sg_document_expand(d.document, !mode || strcmp(mode, "train") == 0, &text, d.messages);
    if (status == SG_OK)
        fputs(text, stdout);
    else
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
    .more = "What is printed is a graph file again: the same weights, under the same names.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to expand",
    .options = options,
    .run = run,
};
