/* simgraph compare: several runs side by side. */
#include "compare.h"

#include <stdlib.h>

#include "diff.h"
#include "verbs.h"

enum { DEPTH = 2 }; /* of `diff` as well */

/* ---- what differs ---- */

static void set_parameters(int64_t *parameters, const cli_summary *s) {
    if (!*parameters && s->graph) *parameters = cli_parameters(s->graph);
}

static json_t *compare_pair(cli_comparison *c, int i) {
    cli_diff diff = {.a = {.d = &c->run[0].d}, .b = {.d = &c->run[i].d}};
    json_t *pair = NULL;
    if (diff.a.d->document && diff.b.d->document) {
        if (cli_diff_make(&diff, DEPTH) == SG_OK) pair = cli_diff_object(&diff);
        set_parameters(&c->parameters[0], &diff.a);
        set_parameters(&c->parameters[i], &diff.b);
        cli_diff_finish(&diff);
    }
    if (!pair) pair = json_pack("{s:s}", "note", "One of the two has no graph.yaml without errors.");
    json_object_set(pair, "name", json_object_get(c->run[i].json, "name"));
    return pair;
}

static int open_runs(cli_comparison *c, const cli_args *args) {
    int code = SG_OK;
    for (int i = 0; code == SG_OK && i < args->count; i++) {
        c->count = i + 1;
        code = cli_run_open(&c->run[i], args->arg[i], false);
        if (code == SG_OK && c->run[i].run) c->parameters[i] = c->run[i].run->parameters;
    }
    for (int i = 1; code == SG_OK && i < c->count; i++)
        json_array_append_new(c->differences, compare_pair(c, i));
    return code;
}

/* What else is wrong with it was told when it was loaded. */
static void open_text(cli_comparison *c) {
    sg_diagnostics *aside = NULL;
    if (!c->run[0].d.document || sg_diagnostics_create(&aside, NULL) != SG_OK) return;
    sg_document_load_plain(&c->text, c->run[0].path, NULL, 0, aside);
    sg_diagnostics_destroy(aside);
}

/* ---- the page ---- */

static int write_page(cli_comparison *c, const json_t *table, const char *path) {
    int code = SG_OK;
    json_t *runs = json_array();
    for (int i = 0; code == SG_OK && i < c->count; i++) {
        code = cli_run_read_pictures(&c->run[i], false);
        json_array_append(runs, c->run[i].json);
    }
    json_t *data = json_pack("{s:o, s:O, s:O}", "runs", runs, "table", table, "differences", c->differences);
    if (code == SG_OK) return cli_page_write(data, (sg_report_options){.compare = true}, path);
    json_decref(data);
    return code;
}

/* ---- the verb ---- */

static int show(cli_comparison *c, const cli_args *args) {
    json_t *table = cli_compare_table(c);
    int code = SG_OK;
    if (cli_text(args, "out")) code = write_page(c, table, cli_text(args, "out"));
    if (code == SG_OK && cli_flag(args, "json"))
        code = cli_compare_json(c);
    else if (code == SG_OK)
        cli_compare_print(c, table);
    if (code == SG_OK && cli_text(args, "out") && !cli_flag(args, "json"))
        printf("\n%s\n", cli_text(args, "out"));
    json_decref(table);
    return code;
}

static int run(const cli_args *args) {
    size_t count = (size_t)args->count;
    if (cli_report_check(args) != SG_OK) return SG_BAD_USAGE;
    cli_comparison c = {.run = calloc(count, sizeof *c.run),
                        .parameters = calloc(count, sizeof *c.parameters),
                        .differences = json_array()};
    int code = c.run && c.parameters && c.differences ? open_runs(&c, args)
                                                      : cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    if (code == SG_OK) {
        open_text(&c);
        code = show(&c, args);
    }
    sg_document_destroy(c.text);
    for (int i = 0; i < c.count; i++) cli_run_finish(&c.run[i]);
    json_decref(c.differences);
    free(c.parameters);
    free(c.run);
    return code;
}

static const cli_option options[] = {
    CLI_OUT("FILE", "write a page as well: curves, pictures, values and differences side\nby side"),
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_compare = {
    .name = "compare",
    .doc = "put runs side by side: what they came to, and what differs",
    .examples = "simgraph compare runs/simmim runs/simmim-2\n"
                "simgraph compare runs/simmim* -o compare.html",
    .usage = "RUN RUN [RUN ...] [options]",
    .more = "Losses and held-out values are the last ones, and the best of all evaluations. Below them stand "
            "the\n"
            "arguments and keys of the graph files that differ; the page tells the nodes as well.",
    .min_args = 2,
    .max_args = 64,
    .missing = "give the directories of two runs or more",
    .options = options,
    .run = run,
};
