/* simgraph diff: what differs between two graphs, not between two texts. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "verbs.h"

/* ---- arguments and sections ---- */

/* Blocks, let and nodes are compared as the graphs that they make. */
static void add_value(void *data, const char *part, const char *path, const char *before, const char *after) {
    cli_diff *diff = data;
    bool argument = strcmp(part, "args") == 0;
    if (!argument && (strcmp(part, "blocks") == 0 || strcmp(part, "let") == 0 || strcmp(part, "nodes") == 0))
        return;
    cli_difference_add(argument ? &diff->arguments : &diff->sections,
                       !before  ? CLI_ADDED
                       : !after ? CLI_REMOVED
                                : CLI_CHANGED,
                       path, NULL, before, after, NULL);
}

/* ---- the verb ---- */

static int bind_side(cli_summary *s) {
    int code =
        cli_document_bind(&s->bound, s->d, SG_SYMBOLIC_BATCH, true, sg_train_float_type(s->d->document));
    s->graph = code == SG_OK ? sg_bound_graph(s->bound) : NULL;
    s->batch = cli_document_batch(s->d, 0);
    return code;
}

int cli_diff_make(cli_diff *diff, int depth) {
    sg_error error;
    int code = bind_side(&diff->a);
    if (code == SG_OK) code = bind_side(&diff->b);
    if (code != SG_OK) return code;
    if (sg_document_compare(diff->a.d->document, diff->b.d->document, add_value, diff, &error) != SG_OK)
        return cli_fail_with(&error);
    cli_diff_graphs(&diff->nodes, &diff->a, &diff->b, depth);
    if (diff->arguments.failed || diff->nodes.failed || diff->sections.failed)
        return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    return SG_OK;
}

void cli_diff_finish(cli_diff *diff) {
    cli_differences_finish(&diff->arguments);
    cli_differences_finish(&diff->nodes);
    cli_differences_finish(&diff->sections);
    sg_train_config_destroy(diff->a.config);
    sg_train_config_destroy(diff->b.config);
    sg_bound_destroy(diff->a.bound);
    sg_bound_destroy(diff->b.bound);
}

/* What the totals are made of. */
static int measure_side(cli_summary *s, int threads) {
    sg_error error;
    sg_status status = cli_measure(s, 0, threads, &error);
    cli_document_report(s->d, SG_OK);
    if (status == SG_OK) return SG_OK;
    return sg_diagnostics_errors(s->d->messages) ? (int)status : cli_fail_with(&error);
}

static int compare(cli_diff *diff, const cli_args *args) {
    int threads = (int)cli_int(args, "threads", 0),
        made = cli_diff_make(diff, (int)cli_int(args, "depth", 2));
    if (made == SG_OK) made = measure_side(&diff->a, threads);
    if (made == SG_OK) made = measure_side(&diff->b, threads);
    if (made != SG_OK) return made;
    if (cli_flag(args, "json")) {
        int code = cli_diff_json(diff);
        if (code != SG_OK) return code;
    } else {
        cli_diff_print(diff);
    }
    return cli_diff_same(diff) ? SG_OK : SG_FAILURE;
}

static int run(const cli_args *args) {
    cli_document first = {0}, second = {0};
    cli_diff diff = {.a = {.d = &first}, .b = {.d = &second}};
    int count;
    const char *const *set = cli_texts(args, "set", &count);
    bool two = args->count > 1;
    if (!two && !count) return cli_usage(args->verb, "%s", args->verb->missing);
    int code = cli_document_load_file(&first, args, args->arg[0], set, two ? count : 0);
    if (code == SG_OK) code = cli_document_load_file(&second, args, args->arg[two], set, count);
    if (code == SG_OK) code = compare(&diff, args);
    cli_diff_finish(&diff);
    cli_document_finish(&first);
    cli_document_finish(&second);
    return code;
}

static const cli_option options[] = {
    {.name = "depth",
     .letter = 'd',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 64,
     .doc = "levels to which blocks of other sizes are opened (default 2)"},
    {.name = "set",
     .type = CLI_TEXTS,
     .value = "KEY=VALUE",
     .doc = "change an argument or a key: of both files, or, when only one is\ngiven, of its second look"},
    CLI_INCLUDE,
    CLI_THREADS,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_diff = {
    .name = "diff",
    .doc = "tell what differs between two graphs: arguments, nodes, sections, cost",
    .examples = "simgraph diff graphs/simmim.yaml runs/simmim/graph.yaml\n"
                "simgraph diff graphs/simmim.yaml --set encoder.depth=6",
    .usage = "GRAPH [GRAPH] [options]",
    .more = "Nodes are matched by path: ~ changed, + added, - removed, > built alike under another name.\n"
            "Values are those of one round. Exits with 0 when nothing differs, with 1 when something does.",
    .min_args = 1,
    .max_args = 2,
    .missing = "give two graph files, or one and --set",
    .options = options,
    .run = run,
};
