/* The graph that a view draws. */
#include "dot.h"

#include <stdlib.h>

#include "simgraph/train.h"
#include "step.h"

/* What is minimised, or `loss`. */
static sg_value find_loss(const cli_document *d, const sg_bound *bound) {
    const sg_tree *train = sg_document_section(d->document, "train");
    const char *name = sg_tree_text(sg_tree_find(train, "minimize"));
    sg_value loss = name ? sg_bound_find(bound, name) : SG_NO_VALUE;
    return loss == SG_NO_VALUE ? sg_bound_find(bound, "loss") : loss;
}

/* The update as well, where there is one. */
static int add_update(const cli_document *d, sg_bound *bound, bool *added) {
    sg_train_config *config = NULL;
    sg_train_nodes nodes;
    sg_status status = sg_train_config_create(&config, d->document, d->messages);
    *added = status == SG_OK && sg_train_config_trains(config);
    if (*added) status = sg_train_extend(config, bound, &nodes, d->messages);
    sg_train_config_destroy(config);
    return status == SG_OK ? SG_OK : cli_document_report(d, status);
}

static int add_gradients(const cli_document *d, sg_bound *bound, cli_dot_view view, const char *asked) {
    bool added = false;
    if (view == CLI_DOT_STEP) {
        int code = add_update(d, bound, &added);
        if (code != SG_OK || added) return code;
    }
    sg_graph *graph = sg_bound_graph(bound);
    sg_value loss = find_loss(d, bound);
    if (loss == SG_NO_VALUE)
        return cli_fail(SG_BAD_GRAPH, "%s: %s needs a training section, or a node named loss", d->path,
                        asked);
    sg_value *gradient = calloc((size_t)sg_graph_node_count(graph) + 1, sizeof *gradient);
    int count;
    sg_error error;
    sg_status status = gradient ? cli_differentiate(graph, loss, gradient, &count, &error)
                                : sg_fail(&error, SG_OUT_OF_MEMORY, "out of memory");
    free(gradient);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}

/* What training needs, without what only evaluations look at. */
static int leave_out(const sg_graph *graph, sg_value loss, sg_graph **part) {
    sg_value *of = calloc((size_t)sg_graph_value_count(graph) + 1, sizeof *of);
    int count = 0;
    if (!of) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    of[count++] = loss;
    for (int v = 0; v < sg_graph_value_count(graph); v++)
        if (sg_graph_node(graph, sg_graph_value(graph, v)->node)->phase == SG_PHASE_UPDATE) of[count++] = v;
    for (int v = 0, updates = count - 1; v < sg_graph_value_count(graph) && !updates; v++)
        if (sg_graph_node(graph, sg_graph_value(graph, v)->node)->forward >= 0) of[count++] = v;
    sg_error error;
    sg_status status = sg_graph_extract(part, graph, count, of, &error);
    free(of);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}

int cli_dot_graph_part(cli_dot_graph *out, const cli_document *d, bool all) {
    const sg_tree *train = sg_document_section(d->document, "train");
    const char *name = sg_tree_text(sg_tree_find(train, "minimize"));
    sg_value loss = name ? sg_bound_find(out->bound, name) : SG_NO_VALUE;
    out->graph = sg_bound_graph(out->bound);
    if (loss == SG_NO_VALUE) return SG_OK;
    sg_graph_value_name(out->graph, loss, out->minimised, sizeof out->minimised);
    int code = all ? SG_OK : leave_out(out->graph, loss, &out->part);
    if (out->part) out->graph = out->part;
    return code;
}

int cli_dot_graph_make(cli_dot_graph *out, const cli_document *d, cli_dot_view view, const char *asked,
                       bool all) {
    *out = (cli_dot_graph){0};
    int code = cli_document_bind(&out->bound, d, SG_SYMBOLIC_BATCH, true, sg_train_float_type(d->document));
    if (code == SG_OK && view != CLI_DOT_FORWARD) code = add_gradients(d, out->bound, view, asked);
    return code == SG_OK ? cli_dot_graph_part(out, d, all) : code;
}

void cli_dot_graph_finish(cli_dot_graph *graph) {
    sg_graph_destroy(graph->part);
    sg_bound_destroy(graph->bound);
    *graph = (cli_dot_graph){0};
}
