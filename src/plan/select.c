/* Which nodes are needed: those that fetched values and updates depend on. */
#include <stdlib.h>

#include "plan/plan.h"

static void need_value(sg_plan *plan, sg_value value) {
    plan->values[value].needed = true;
    plan->nodes[plan->values[value].writer]->needed = true;
}

bool sg_plan_update_is_asked_for(const sg_program_options *options, const sg_node *node) {
    if (!options->update_count) return !node->replaced;
    for (int i = 0; i < options->update_count; i++)
        for (int k = 0; k < node->out_count; k++)
            if (options->keep_updates[i] == node->out[k]) return true;
    return false;
}

sg_status sg_plan_select(sg_plan *plan, const sg_program_options *options, sg_error *error) {
    for (int i = 0; i < options->fetch_count; i++) {
        sg_value value = options->fetch[i];
        if (value < 0 || value >= plan->value_count)
            return sg_fail(error, SG_BAD_USAGE, "fetched value %d is not in the graph", value);
        plan->values[value].fetched = true;
        need_value(plan, value);
    }
    for (int i = 0; i < plan->node_count; i++) {
        const sg_node *node = plan->nodes[i]->node;
        if (!(node->op->flags & SG_OP_UPDATE) || !sg_plan_update_is_asked_for(options, node)) continue;
        plan->nodes[i]->needed = true;
    }
    /* Graph order is topological, so one sweep backward finds everything. */
    for (int i = plan->node_count - 1; i >= 0; i--) {
        sg_plan_node *node = plan->nodes[i];
        if (!node->needed) continue;
        for (int k = 0; k < node->node->in_count; k++) {
            if (node->in[k] == SG_NO_VALUE) continue;
            /* A fed array may stand for a node that comes after its new reader's place. */
            if (plan->values[node->in[k]].writer > i &&
                !plan->nodes[plan->values[node->in[k]].writer]->needed) {
                int writer = plan->values[node->in[k]].writer;
                need_value(plan, node->in[k]);
                if (plan->nodes[writer]->node->in_count)
                    return sg_fail(error, SG_BAD_GRAPH, "`%s` reads `%s`, which comes after it",
                                   node->node->path, plan->nodes[writer]->node->path);
            }
            need_value(plan, node->in[k]);
            plan->values[node->in[k]].readers++;
        }
    }
    for (int i = 0; i < plan->node_count; i++) {
        sg_plan_node *node = plan->nodes[i];
        if (!node->needed) continue;
        sg_node_signature(plan->graph, node->node, &node->space);
        for (int k = 0; k < node->node->out_count; k++)
            node->space.wanted[k] = plan->values[node->out[k]].needed;
    }
    return SG_OK;
}
