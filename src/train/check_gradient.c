/* What is learned, and given where no gradient comes back. */
#include <stdlib.h>
#include <string.h>

#include "simgraph/op.h"
#include "train/trainer.h"

static bool hands_back(const sg_node *node, int input) {
    const sg_port *port = sg_op_in_port(node->op, input);
    return !(node->op->flags & SG_OP_NONDIFF) && !(port && port->flags & SG_PORT_NO_GRADIENT);
}

/* Which values a gradient would come to that goes on to a weight that is learned. NULL without memory. */
static bool *learned_values(const sg_train_config *config, const sg_graph *graph,
                            sg_diagnostics *diagnostics) {
    bool *learned = calloc((size_t)sg_graph_value_count(graph) + 1, sizeof *learned);
    for (int n = 0; learned && n < sg_graph_node_count(graph); n++) {
        const sg_node *node = sg_graph_node(graph, n);
        bool any = sg_node_is_weight(node) && !sg_weight_group_of(config, graph, node, diagnostics).frozen;
        for (int k = 0; k < node->in_count; k++)
            any = any || (node->in[k] != SG_NO_VALUE && learned[node->in[k]] && hands_back(node, k));
        for (int k = 0; any && k < node->out_count; k++)
            learned[node->out[k]] = sg_type_is_float(sg_graph_value(graph, node->out[k])->type);
    }
    return learned;
}

void sg_check_gradients(const sg_train_config *config, const sg_graph *graph, sg_value loss,
                        sg_diagnostics *diagnostics) {
    bool *needed = sg_needed_nodes(graph, 1, &loss, false);
    bool *learned = learned_values(config, graph, diagnostics);
    for (int n = 0; needed && learned && n < sg_graph_node_count(graph); n++) {
        const sg_node *node = sg_graph_node(graph, n);
        sg_mark mark = sg_graph_place(graph, node);
        for (int k = 0; needed[n] && k < node->in_count; k++) {
            const sg_port *port = sg_op_in_port(node->op, k);
            bool weight = port && strcmp(port->name, "weight") == 0 && port->flags & SG_PORT_NO_GRADIENT;
            if (!weight || node->in[k] == SG_NO_VALUE || !learned[node->in[k]]) continue;
            if (sg_told_at(diagnostics, mark)) continue; /* rounds of one node */
            sg_diagnostics_add(
                diagnostics, SG_SEVERITY_WARNING, mark, 1,
                "stop_gradient(...) around it says that this is meant",
                "`weight` of `%s` is computed from what is learned, but hands no gradient back",
                node->op->schema.name);
        }
    }
    free(needed);
    free(learned);
}
