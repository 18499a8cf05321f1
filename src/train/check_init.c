/* Checking the section `init` against the graph: what can be known of it without the file of weights. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "simgraph/op.h"
#include "train/take.h"
#include "train/trainer.h"

/* A pattern of `fresh` that can match nothing. */
static void check_fresh(const sg_tree *pattern, const sg_graph *graph, sg_diagnostics *diagnostics) {
    for (int n = 0; n < sg_graph_node_count(graph); n++) {
        const sg_node *node = sg_graph_node(graph, n);
        if ((node->op->flags & SG_OP_STORED) && sg_path_match(sg_tree_text(pattern), node->path, NULL))
            return;
    }
    sg_complain_unmatched(diagnostics, graph, sg_tree_mark(pattern), sg_tree_length(pattern),
                          sg_tree_text(pattern));
}

/* `<l>` on their side that ours does not have. */
static void check_captures(const sg_named_tree *take, sg_diagnostics *diagnostics) {
    const char *theirs = sg_tree_text(take->tree);
    for (const char *at = theirs; (at = strchr(at, '<')); at++) {
        const char *end = strchr(at, '>');
        char capture[SG_MESSAGE_MAX];
        if (!end) return;
        snprintf(capture, sizeof capture, "%.*s", (int)(end - at) + 1, at);
        if (strstr(take->name, capture)) continue;
        sg_config_complain(diagnostics, take->tree, NULL, "`%s` does not have the `%s` of `%s`", take->name,
                           capture, theirs);
        return;
    }
}

static void check_take(const sg_named_tree *take, const sg_graph *graph, sg_diagnostics *diagnostics) {
    check_captures(take, diagnostics);
    for (int n = 0; n < sg_graph_node_count(graph); n++) {
        const sg_node *node = sg_graph_node(graph, n);
        if ((node->op->flags & SG_OP_STORED) && sg_take_matches(take->name, node->path)) return;
    }
    sg_complain_unmatched(diagnostics, graph, take->mark, (int)strlen(take->name), take->name);
}

void sg_check_init(const sg_train_config *config, const sg_graph *graph, bool absent,
                   sg_diagnostics *diagnostics) {
    struct stat info;
    for (int i = 0; i < config->fresh_count; i++) check_fresh(config->fresh[i], graph, diagnostics);
    for (int i = 0; i < config->take_count; i++) check_take(&config->take[i], graph, diagnostics);
    if (!absent || !config->from || strchr(config->from, ':') || stat(config->from, &info) == 0) return;
    const sg_tree *from = sg_tree_find(config->init, "from");
    sg_diagnostics_add(diagnostics, SG_SEVERITY_WARNING, sg_tree_mark(from), sg_tree_length(from),
                       "a run directory or a file of weights; --init PATH takes another", "there is no `%s`",
                       config->from);
}
