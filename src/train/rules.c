/* Weight groups: what the rules of `train: {weights}` say about a weight. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "simgraph/op.h"
#include "train/extend.h"

static const sg_attr *attr_of(const sg_node *node, const char *name) {
    return &node->attr[sg_schema_attr_index(sg_op_schema(node->op), name)];
}

static double factor(const sg_tree *tree, const sg_captures *captures, sg_diagnostics *diagnostics) {
    double value = 1;
    size_t errors = sg_diagnostics_errors(diagnostics);
    if (!sg_tree_number_with(tree, captures, &value, diagnostics)) {
        if (sg_diagnostics_errors(diagnostics) == errors) sg_config_no_memory(diagnostics);
        return 1;
    }
    if (isfinite(value) && value >= 0) return value;
    sg_config_complain(diagnostics, tree, NULL, "this factor is %g, but must be at least 0", value);
    return 1;
}

/* The weight's own attributes first, then every rule that matches, so that the last one counts. */
sg_weight_group sg_weight_group_of(const sg_train_config *config, const sg_graph *graph,
                                   const sg_node *weight, sg_diagnostics *diagnostics) {
    const sg_attr *decay = attr_of(weight, "decay");
    bool decays = decay->present ? decay->i : sg_graph_value(graph, weight->out[0])->shape.rank > 1;
    sg_weight_group group = {
        .lr = attr_of(weight, "lr")->f,
        .decay = decays ? 1 : 0,
        .frozen = attr_of(weight, "frozen")->i,
    };
    for (int r = 0; r < config->rule_count; r++) {
        const sg_weight_rule *rule = &config->rules[r];
        for (int m = 0; m < rule->match_count; m++) {
            sg_captures captures = {0};
            if (!sg_path_match(sg_tree_text(rule->match[m]), weight->path, &captures)) continue;
            if (rule->lr) group.lr = factor(rule->lr, &captures, diagnostics);
            if (rule->decay) group.decay = factor(rule->decay, &captures, diagnostics);
            if (rule->frozen) group.frozen = sg_tree_bool(rule->frozen);
            break;
        }
    }
    return group;
}

/* Paths of all weights and their segments, for suggestions. */
static void collect_names(const sg_graph *graph, sg_map *names) {
    char segment[SG_MESSAGE_MAX];
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (!sg_node_is_weight(node)) continue;
        sg_map_put_int(names, node->path, 1);
        for (const char *at = node->path; *at;) {
            size_t length = strcspn(at, ".");
            snprintf(segment, sizeof segment, "%.*s", (int)length, at);
            sg_map_put_int(names, segment, 1); /* without memory there is one suggestion less */
            at += length + (at[length] == '.');
        }
    }
}

static const char *name_at(const void *data, size_t index) {
    const sg_map *names = data;
    return index < names->count ? names->entry[index].key : NULL;
}

void sg_complain_unmatched(sg_diagnostics *diagnostics, const sg_graph *graph, sg_mark mark, int length,
                           const char *pattern) {
    sg_map names = {0};
    collect_names(graph, &names);
    const char *near = sg_nearest_name(pattern, name_at, &names);
    char hint[SG_MESSAGE_MAX + 32];
    if (near) snprintf(hint, sizeof hint, "did you mean `%s`?", near);
    sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, mark, length, near ? hint : NULL,
                       "no weight matches `%s`", pattern);
    sg_map_finish(&names);
}

void sg_check_rules(const sg_train_config *config, const sg_graph *graph, sg_diagnostics *diagnostics) {
    for (int r = 0; r < config->rule_count; r++) {
        for (int m = 0; m < config->rules[r].match_count; m++) {
            const sg_tree *match = config->rules[r].match[m];
            bool matched = false;
            for (int i = 0; i < sg_graph_node_count(graph) && !matched; i++) {
                const sg_node *node = sg_graph_node(graph, i);
                matched = sg_node_is_weight(node) && sg_path_match(sg_tree_text(match), node->path, NULL);
            }
            if (!matched)
                sg_complain_unmatched(diagnostics, graph, sg_tree_mark(match), sg_tree_length(match),
                                      sg_tree_text(match));
        }
    }
}
