/* What the verbs import and export begin with. */
#include "weights.h"

#include "path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The texts of the option, and those of the section's key of that name: a text or a list. */
static bool read_patterns(const cli_weights *w, const char *name, const sg_tree *section, const char ***out,
                          int *count) {
    int given;
    const char *const *texts = cli_texts(w->args, name, &given);
    const sg_tree *tree = sg_tree_find(section, name);
    bool list = sg_tree_kind_of(tree) == SG_TREE_LIST;
    int more = !tree ? 0 : list ? (int)sg_tree_count(tree) : 1;
    *out = calloc((size_t)given + (size_t)more + 1, sizeof **out);
    if (!*out) return false;
    for (int i = 0; i < given; i++) (*out)[i] = texts[i];
    for (int i = 0; i < more; i++)
        (*out)[given + i] = sg_tree_text(list ? sg_tree_at(tree, (size_t)i) : tree);
    *count = given + more;
    return true;
}

static bool read_options(cli_weights *w, const sg_tree *section, bool in) {
    sg_weights_options *o = &w->options;
    *o = (sg_weights_options){.size = sizeof *o, .names = w->names};
    if (in) o->resize = cli_text(w->args, "resize");
    if (!in) o->bare = cli_flag(w->args, "bare");
    if (in && !read_patterns(w, "fresh", section, &w->fresh, &o->fresh_count)) return false;
    if (!read_patterns(w, "ignore", section, &w->ignore, &o->ignore_count)) return false;
    o->fresh = w->fresh;
    o->ignore = w->ignore;
    return true;
}

/* Names that the command line gives, else those of the section, else whichever fit. Rules of `take` alone are
 * for weights of another graph. */
static sg_status load_names(cli_weights *w, const sg_tree *section) {
    const char *given = cli_text(w->args, "names");
    const sg_tree *names = sg_tree_find(section, "names"), *take = sg_tree_find(section, "take");
    if (!given && names) return sg_names_load_section(&w->names, names, take, w->d.messages);
    return sg_names_load(&w->names, given ? given : "auto", (sg_mark){0}, 1, w->d.messages);
}

int cli_own_graph(const cli_args *args, char *path, size_t size) {
    sg_error error;
    sg_arrays none = {0};
    const char *model = args->arg[0];
    snprintf(path, size, "%s/graph.yaml", model);
    if (access(path, F_OK) == 0) return SG_OK;
    struct stat info;
    if (stat(model, &info) == 0 && S_ISDIR(info.st_mode))
        return cli_fail(SG_IO_ERROR, "`%s` is no run directory: it has no graph.yaml; -g GRAPH names another",
                        model);
    char file[4096];
    snprintf(file, sizeof file, "%.*s", (int)strcspn(model, "@"), model);
    if (access(file, F_OK) == 0 && (cli_has_ending(file, ".yaml") || cli_has_ending(file, ".yml")))
        return cli_usage(args->verb,
                         "`%s` is a graph file: name its run or its weights, and the graph with -g", model);
    /* Reading says where weights come from. */
    bool there = access(model, F_OK) == 0 || sg_weights_read(&none, model, &error) == SG_OK;
    sg_arrays_finish(&none);
    return there ? cli_usage(args->verb, "give the graph file of these weights: -g GRAPH")
                 : cli_fail_with(&error);
}

/* Returns the exit code after reporting; w is to be finished in any case. */
static int prepare(cli_weights *w, const cli_args *args, bool in) {
    sg_error error;
    const char *graph = cli_text(args, "graph");
    *w = (cli_weights){.args = args, .out_of_graph = !in};
    if (!graph && in) return cli_usage(args->verb, "give a graph file: -g GRAPH");
    int count, code = graph ? SG_OK : cli_own_graph(args, w->own, sizeof w->own);
    if (code != SG_OK) return code;
    if (!graph) graph = w->own;
    const char *const *set = cli_texts(args, "set", &count);
    code = cli_document_load_file(&w->d, args, graph, set, count);
    if (code != SG_OK) return code;
    /* The sections are checked as a run checks them: what `init` says is used. */
    sg_train_config *config;
    sg_status status = sg_train_config_create(&config, w->d.document, w->d.messages);
    if (status != SG_OK) return cli_document_report(&w->d, status);
    sg_train_config_destroy(config);
    /* In f64, for what is computed to be as near to theirs as can be. */
    code = cli_document_bind(&w->bound, &w->d, SG_SYMBOLIC_BATCH, true, SG_F64);
    if (code != SG_OK) return code;
    const sg_tree *section = in ? sg_document_section(w->d.document, "init") : NULL;
    status = load_names(w, section);
    cli_document_report(&w->d, SG_OK);
    if (status != SG_OK) return (int)status;
    if (!read_options(w, section, in)) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    status = sg_weights_read(&w->from, args->arg[0], &error);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}

static void finish(cli_weights *w) {
    sg_weights_report_finish(&w->report);
    sg_arrays_finish(&w->out);
    sg_arrays_finish(&w->from);
    sg_names_destroy(w->names);
    sg_bound_destroy(w->bound);
    cli_document_finish(&w->d);
    free(w->fresh);
    free(w->ignore);
}

static int exchange(cli_weights *w, void (*next)(const cli_weights *w, const char *out)) {
    sg_error error;
    const char *out = cli_text(w->args, "out");
    const sg_graph *graph = sg_bound_graph(w->bound);
    sg_status status = w->out_of_graph
                           ? sg_weights_export(&w->out, &w->report, graph, &w->from, &w->options, &error)
                           : sg_weights_import(&w->out, &w->report, graph, &w->from, &w->options, &error);
    if (status != SG_OK && !w->report.line_count) return cli_fail_with(&error);
    int code = cli_weights_show(w, status != SG_OK);
    if (status == SG_BAD_CHECKPOINT) {
        cli_weights_complain(w, w->args->arg[0]);
        return (int)status;
    }
    if (status == SG_OK && out) status = sg_arrays_save(&w->out, out, &error);
    if (status != SG_OK) return cli_fail_with(&error);
    if (out && !cli_flag(w->args, "json")) next(w, out);
    return code;
}

int cli_weights_run(const cli_args *args, bool in, void (*next)(const cli_weights *w, const char *out)) {
    cli_weights w;
    int code = prepare(&w, args, in);
    if (code == SG_OK) code = exchange(&w, next);
    finish(&w);
    return code;
}
