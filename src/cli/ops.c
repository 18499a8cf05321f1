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

static const char *known_name(const void *data, size_t i) {
    const cli_library *library = data;
    size_t count = 0;
    for (int kind = 0; kind < SG_KIND_COUNT; kind++) count += sg_registry_count((sg_kind)kind);
    if (i < count) return entry_at(i)->name;
    const sg_block_info *block = cli_library_at(library, i - count);
    return block ? block->name : NULL;
}

static int unknown(const cli_library *library, const char *name) {
    const char *near = sg_nearest_name(name, known_name, library), *elsewhere = sg_foreign_op(name);
    if (elsewhere) return cli_fail(SG_BAD_USAGE, "nothing is called `%s` here: %s", name, elsewhere);
    if (near) return cli_fail(SG_BAD_USAGE, "nothing is called `%s`; did you mean `%s`?", name, near);
    return cli_fail(SG_BAD_USAGE, "nothing is called `%s`; simgraph ops lists all names", name);
}

/* One name may stand for things of several kinds (the op `constant` and the initialiser): all are shown. */
static void show(const cli_library *library, const char *name) {
    int shown = 0;
    const sg_schema *schema;
    for (size_t i = 0; (schema = entry_at(i)) != NULL; i++) {
        if (strcmp(schema->name, name) != 0) continue;
        if (shown++) putchar('\n');
        cli_ops_entry(schema);
    }
    const sg_block_info *block = cli_library_find(library, name);
    if (block && shown) putchar('\n');
    if (block) cli_block_entry(block);
}

static bool is_known(const cli_library *library, const char *name) {
    const char *known;
    for (size_t i = 0; (known = known_name(library, i)) != NULL; i++)
        if (strcmp(known, name) == 0) return true;
    return false;
}

static int run(const cli_args *args) {
    cli_library library;
    const char *name = args->count ? args->arg[0] : NULL;
    int code = cli_library_open(&library);
    if (code != SG_OK) return code;
    if (cli_given(args, "search"))
        code = cli_ops_search(&library, cli_text(args, "search"), cli_flag(args, "json"));
    else if (name && !is_known(&library, name))
        code = unknown(&library, name);
    else if (cli_flag(args, "json"))
        code = cli_ops_json(&library, name);
    else if (name)
        show(&library, name);
    else if (cli_flag(args, "markdown"))
        cli_ops_markdown(&library);
    else {
        cli_ops_list();
        cli_block_list(&library);
    }
    cli_library_close(&library);
    return code;
}

static const cli_option options[] = {
    {.name = "search",
     .letter = 's',
     .type = CLI_TEXT,
     .value = "WORDS",
     .doc = "list what speaks of all these words, the best matches first"},
    CLI_JSON,
    {.name = "markdown", .doc = "write everything as docs/ops.md has it"},
    {.name = NULL},
};

const cli_verb cli_verb_ops = {
    .name = "ops",
    .doc = "list ops, blocks, initialisers, data sources, ..., or describe one",
    .examples = "simgraph ops\nsimgraph ops layer_norm\nsimgraph ops vit_encoder\n"
                "simgraph ops --search \"random mask\"",
    .usage = "[NAME] [options]",
    .max_args = 1,
    .options = options,
    .run = run,
};
