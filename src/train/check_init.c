/* Checking the section `init` against the graph: what can be known of it without the file of weights. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "simgraph/op.h"
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

/* A rule of `take` that can match nothing. */
static void check_take(const sg_tree *take, size_t rule, const sg_graph *graph, sg_diagnostics *diagnostics) {
    const char *ours = sg_tree_key(take, rule);
    for (int n = 0; n < sg_graph_node_count(graph); n++) {
        const sg_node *node = sg_graph_node(graph, n);
        if ((node->op->flags & SG_OP_STORED) && sg_path_match_front(ours, node->path, NULL, NULL)) return;
    }
    sg_complain_unmatched(diagnostics, graph, sg_tree_key_mark(take, rule), (int)strlen(ours), ours);
}

static void check_names(const sg_train_config *config, const sg_graph *graph, sg_diagnostics *diagnostics) {
    for (int i = 0; i < config->fresh_count; i++) check_fresh(config->fresh[i], graph, diagnostics);
    const sg_tree *take = sg_tree_find(config->init, "take");
    if (take && sg_tree_kind_of(take) != SG_TREE_MAP) take = NULL; /* told already */
    for (size_t i = 0; i < sg_tree_count(take); i++) check_take(take, i, graph, diagnostics);
}

void sg_check_init(const sg_train_config *config, const sg_bound *bound, bool absent,
                   sg_diagnostics *diagnostics) {
    struct stat info;
    /* Weights that seem not to be there may be those of a node that is wrong. */
    if (!sg_bound_broken(bound, NULL)) check_names(config, sg_bound_graph(bound), diagnostics);
    if (!absent || !config->from || strchr(config->from, ':') || stat(config->from, &info) == 0) return;
    const sg_tree *from = sg_tree_find(config->init, "from");
    sg_diagnostics_add(diagnostics, SG_SEVERITY_WARNING, sg_tree_mark(from), sg_tree_length(from),
                       "a run directory or a file of weights; --init PATH takes another", "there is no `%s`",
                       config->from);
}
