/* simgraph diff: what differs between two graphs, not between two texts. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "verbs.h"

/* ---- arguments and sections ---- */

/* The same text, or two ways to write one number. */
static bool same_value(const char *a, const char *b) {
    char *x, *y;
    if (strcmp(a, b) == 0) return true;
    double first = strtod(a, &x), second = strtod(b, &y);
    return x > a && y > b && !*x && !*y && first == second;
}

static void add_value(cli_differences *out, const char *path, const char *before, const char *after) {
    if (before && after && same_value(before, after)) return;
    cli_difference_add(out,
                       !before  ? CLI_ADDED
                       : !after ? CLI_REMOVED
                                : CLI_CHANGED,
                       path, NULL, before, after, NULL);
}

static const sg_argument *argument(const sg_document *document, const char *name) {
    for (size_t i = 0; i < sg_document_argument_count(document); i++)
        if (strcmp(sg_document_argument(document, i)->name, name) == 0)
            return sg_document_argument(document, i);
    return NULL;
}

static void diff_arguments(cli_differences *out, const sg_document *a, const sg_document *b) {
    for (size_t i = 0; i < sg_document_argument_count(a); i++) {
        const sg_argument *x = sg_document_argument(a, i), *y = argument(b, x->name);
        add_value(out, x->name, x->value, y ? y->value : NULL);
    }
    for (size_t i = 0; i < sg_document_argument_count(b); i++)
        if (!argument(a, sg_document_argument(b, i)->name))
            add_value(out, sg_document_argument(b, i)->name, NULL, sg_document_argument(b, i)->value);
}

static void add_tree(cli_differences *out, const char *path, const sg_tree *a, const sg_tree *b) {
    cli_string before = {0}, after = {0};
    if (a) cli_tree_words(&before, a);
    if (b) cli_tree_words(&after, b);
    out->failed = out->failed || before.failed || after.failed;
    if (!out->failed) add_value(out, path, before.text, after.text);
    free(before.text);
    free(after.text);
}

/* Mappings key by key; a list is one value. */
static void diff_trees(cli_differences *out, const char *path, const sg_tree *a, const sg_tree *b) {
    bool maps = a && b && sg_tree_kind_of(a) == SG_TREE_MAP && sg_tree_kind_of(b) == SG_TREE_MAP;
    if (!maps) {
        if (a || b) add_tree(out, path, a, b);
        return;
    }
    for (int side = 0; side < 2; side++) {
        const sg_tree *of = side ? b : a;
        for (size_t i = 0; i < sg_tree_count(of); i++) {
            const char *key = sg_tree_key(of, i);
            cli_string inner = {0};
            if (side && sg_tree_find(a, key)) continue;
            cli_string_add(&inner, "%s.%s", path, key);
            out->failed = out->failed || inner.failed;
            if (!inner.failed) diff_trees(out, inner.text, sg_tree_find(a, key), sg_tree_find(b, key));
            free(inner.text);
        }
    }
}

static void diff_sections(cli_differences *out, const sg_document *a, const sg_document *b) {
    static const char *const names[] = {"data", "init", "train", "evaluate", "save"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        diff_trees(out, names[i], sg_document_section(a, names[i]), sg_document_section(b, names[i]));
}

/* ---- the verb ---- */

static int open_side(cli_summary *s, cli_document *d, const cli_args *args, const char *path,
                     const char *const *set, int count) {
    sg_error error;
    int code = cli_document_load_file(d, args, path, set, count);
    s->d = d;
    if (code == SG_OK) code = cli_document_bind(&s->bound, d, SG_SYMBOLIC_BATCH, true, SG_F32);
    if (code != SG_OK) return code;
    sg_status status = cli_measure(s, 0, (int)cli_int(args, "threads", 0), &error);
    cli_document_report(d, SG_OK);
    if (status == SG_OK) return SG_OK;
    return sg_diagnostics_errors(d->messages) ? (int)status : cli_fail_with(&error);
}

static int compare(cli_diff *diff, const cli_args *args) {
    const sg_document *a = diff->a.d->document, *b = diff->b.d->document;
    diff_arguments(&diff->arguments, a, b);
    cli_diff_graphs(&diff->nodes, diff->a.bound, diff->b.bound, (int)cli_int(args, "depth", 2));
    diff_sections(&diff->sections, a, b);
    if (diff->arguments.failed || diff->nodes.failed || diff->sections.failed)
        return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
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
    int code = open_side(&diff.a, &first, args, args->arg[0], set, two ? count : 0);
    if (code == SG_OK) code = open_side(&diff.b, &second, args, args->arg[two], set, count);
    if (code == SG_OK) code = compare(&diff, args);
    cli_differences_finish(&diff.arguments);
    cli_differences_finish(&diff.nodes);
    cli_differences_finish(&diff.sections);
    sg_bound_destroy(diff.a.bound);
    sg_bound_destroy(diff.b.bound);
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
