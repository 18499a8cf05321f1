/* Loading and binding graph files, and printing what is wrong with them. */
#include "document.h"

#include <stdlib.h>

int cli_document_load(cli_document *d, const cli_args *args) {
    return cli_document_load_with(d, args, NULL);
}

int cli_document_load_with(cli_document *d, const cli_args *args, const char *set) {
    int count;
    const char *const *given = cli_texts(args, "set", &count);
    const char **all = calloc((size_t)count + 1, sizeof *all);
    if (!all) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < count; i++) all[i] = given[i];
    if (set) all[count++] = set;
    int code = cli_document_load_file(d, args->arg[0], all, count);
    free(all);
    return code;
}

int cli_document_load_file(cli_document *d, const char *path, const char *const *set, int count) {
    sg_error error;
    *d = (cli_document){.path = path};
    sg_document_options options = {.size = sizeof options, .set = set, .set_count = count};
    sg_status status = sg_diagnostics_create(&d->messages, &error);
    if (status == SG_OK) status = sg_document_load(&d->document, d->path, &options, d->messages);
    if (!d->messages) return cli_fail_with(&error);
    if (status == SG_OK) return SG_OK;
    cli_document_report(d, status);
    cli_document_finish(d);
    return (int)status;
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

int64_t cli_parameters(const sg_graph *graph) {
    int64_t sum = 0;
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (sg_node_is_weight(node)) sum += sg_shape_elements(&sg_graph_value(graph, node->out[0])->shape);
    }
    return sum;
}
