/* Loading and binding graph files, and printing what is wrong with them. */
#include "document.h"

#include <stdlib.h>

#include "simgraph/train.h"

int cli_document_load(cli_document *d, const cli_args *args) {
    return cli_document_load_with(d, args, NULL);
}

static sg_status read_file(cli_document *d, const cli_args *args, const char *path, const char *const *set,
                           int count) {
    sg_error error;
    *d = (cli_document){.path = path};
    int directories;
    const char *const *include = cli_texts(args, "include", &directories);
    sg_document_options options = {.size = sizeof options,
                                   .set = set,
                                   .set_count = count,
                                   .include = include,
                                   .include_count = directories};
    sg_status status = sg_diagnostics_create(&d->messages, &error);
    if (status == SG_OK) status = sg_document_load(&d->document, path, &options, d->messages);
    if (!d->messages) cli_fail_with(&error);
    return status;
}

/* What could not be loaded is printed. */
static int finish_load(cli_document *d, sg_status status) {
    if (status == SG_OK || !d->messages) return (int)status;
    cli_document_report(d, status);
    cli_document_finish(d);
    return (int)status;
}

sg_status cli_document_read(cli_document *d, const cli_args *args, const char *set) {
    int count;
    const char *const *given = cli_texts(args, "set", &count);
    const char **all = calloc((size_t)count + 1, sizeof *all);
    *d = (cli_document){.path = args->arg[0]};
    if (!all) return (sg_status)cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < count; i++) all[i] = given[i];
    if (set) all[count++] = set;
    sg_status status = read_file(d, args, args->arg[0], all, count);
    free(all);
    return status;
}

int cli_document_load_with(cli_document *d, const cli_args *args, const char *set) {
    return finish_load(d, cli_document_read(d, args, set));
}

int cli_document_load_file(cli_document *d, const cli_args *args, const char *path, const char *const *set,
                           int count) {
    return finish_load(d, read_file(d, args, path, set, count));
}

void cli_document_finish(cli_document *d) {
    sg_document_destroy(d->document);
    sg_diagnostics_destroy(d->messages);
    *d = (cli_document){0};
}

int cli_document_report(const cli_document *d, sg_status status) {
    char *text = sg_diagnostics_text(d->messages, cli_colour(stderr));
    if (!text) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    fflush(stdout);
    fputs(text, stderr);
    if (!*text && status != SG_OK) cli_fail(status, "%s cannot be used", d->path);
    free(text);
    return (int)status;
}

int cli_document_bind(sg_bound **out, const cli_document *d, int64_t batch, bool training, sg_type type) {
    sg_bind_options options = {
        .size = sizeof options, .batch = batch, .training = training, .float_type = type};
    sg_status status = sg_document_bind(out, d->document, &options, d->messages);
    return status == SG_OK ? SG_OK : cli_document_report(d, status);
}

/* Sections that are wrong are told elsewhere, where they are used. */
int64_t cli_document_batch(const cli_document *d, int64_t asked) {
    sg_error error;
    sg_diagnostics *aside = NULL;
    sg_train_config *config = NULL;
    if (asked) return asked;
    if (sg_diagnostics_create(&aside, &error) == SG_OK &&
        sg_train_config_create(&config, d->document, aside) == SG_OK && sg_train_config_trains(config))
        asked = sg_train_config_batch(config);
    sg_train_config_destroy(config);
    sg_diagnostics_destroy(aside);
    return asked ? asked : 1;
}

int64_t cli_parameters(const sg_graph *graph) {
    int64_t sum = 0;
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (sg_node_is_weight(node)) sum += sg_shape_elements(&sg_graph_value(graph, node->out[0])->shape);
    }
    return sum;
}
