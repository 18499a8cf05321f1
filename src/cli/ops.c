/* simgraph ops: what a graph file can name. */
#include "ops.h"
#include "verbs.h"

#include <string.h>

static const sg_schema *entry_at(size_t i) {
    for (int kind = 0; kind < SG_KIND_COUNT; kind++) {
        size_t count = sg_registry_count((sg_kind)kind);
        if (i < count) return sg_registry_at((sg_kind)kind, i);
        i -= count;
    }
    return NULL;
}

static const char *entry_name(const void *data, size_t i) {
    (void)data;
    const sg_schema *schema = entry_at(i);
    return schema ? schema->name : NULL;
}

/* One name may stand for things of several kinds (the op `constant` and the initialiser): all are shown. */
static int show(const char *name, bool json) {
    int shown = 0, code = SG_OK;
    const sg_schema *schema;
    for (size_t i = 0; code == SG_OK && (schema = entry_at(i)) != NULL; i++) {
        if (strcmp(schema->name, name) != 0) continue;
        if (json)
            code = cli_ops_json(schema);
        else {
            if (shown) putchar('\n');
            cli_ops_entry(schema);
        }
        shown++;
    }
    if (shown) return code;
    const char *near = sg_nearest_name(name, entry_name, NULL);
    if (near) return cli_fail(SG_BAD_USAGE, "nothing is called '%s'; did you mean '%s'?", name, near);
    return cli_fail(SG_BAD_USAGE, "nothing is called '%s'; simgraph ops lists all names", name);
}

static int run(const cli_args *args) {
    if (args->count) return show(args->arg[0], cli_flag(args, "json"));
    if (cli_flag(args, "json")) return cli_ops_json(NULL);
    if (cli_flag(args, "markdown"))
        cli_ops_markdown();
    else
        cli_ops_list();
    return SG_OK;
}

static const cli_option options[] = {
    CLI_JSON,
    {.name = "markdown", .doc = "write everything as docs/ops.md has it"},
    {.name = NULL},
};

const cli_verb cli_verb_ops = {
    .name = "ops",
    .doc = "list ops, initialisers, data sources, ..., or describe one",
    .examples = "simgraph ops\nsimgraph ops layer_norm\nsimgraph ops cosine",
    .usage = "[NAME] [options]",
    .max_args = 1,
    .options = options,
    .run = run,
};
