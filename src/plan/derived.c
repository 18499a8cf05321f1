#include "plan/derived.h"

#include <stdlib.h>
#include <string.h>

sg_graph *sg_derived_begin(const sg_graph *graph, sg_error *error) {
    sg_graph *copy;
    if (sg_graph_create(&copy, &graph->options, error) != SG_OK) return NULL;
    size_t bytes = sizeof *copy->values * (size_t)(graph->value_count + 1);
    copy->values = malloc(bytes);
    copy->nodes = malloc(sizeof *copy->nodes * (size_t)(graph->node_count + 1));
    if (copy->values && copy->nodes) {
        if (graph->value_count)
            memcpy(copy->values, graph->values, sizeof *copy->values * (size_t)graph->value_count);
        copy->value_count = graph->value_count;
        copy->value_room = graph->value_count + 1;
        copy->node_room = graph->node_count + 1;
        return copy;
    }
    sg_graph_destroy(copy);
    sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    return NULL;
}

sg_status sg_derived_keep(sg_graph *copy, sg_node *node, sg_error *error) {
    if (copy->node_count == copy->node_room) {
        int room = copy->node_room * 2;
        sg_node **grown = realloc(copy->nodes, sizeof *grown * (size_t)room);
        if (!grown) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        copy->nodes = grown;
        copy->node_room = room;
    }
    if (!sg_map_put_int(&copy->by_path, node->path, copy->node_count))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int k = 0; k < node->out_count; k++) copy->values[node->out[k]].node = copy->node_count;
    copy->nodes[copy->node_count++] = node;
    return SG_OK;
}

sg_status sg_derived_end(sg_plan *plan, sg_graph *next, sg_status status, sg_error *error) {
    if (status == SG_OK) status = sg_graph_status(next, error);
    if (status != SG_OK) {
        sg_graph_destroy(next);
        return status;
    }
    plan->derived[plan->derived_count++] = next; /* nodes of the ones before are shared */
    plan->graph = next;
    return SG_OK;
}

sg_status sg_derived_needed(const sg_graph *graph, const sg_program_options *options, bool *needed,
                            sg_error *error) {
    for (int i = 0; i < options->fetch_count; i++) {
        sg_value value = options->fetch[i];
        if (value < 0 || value >= graph->value_count)
            return sg_fail(error, SG_BAD_USAGE, "fetched value %d is not in the graph", value);
        needed[graph->values[value].node] = true;
    }
    for (int i = 0; i < graph->node_count; i++) {
        const sg_node *node = graph->nodes[i];
        if (node->op->flags & SG_OP_UPDATE && sg_plan_update_is_asked_for(options, node)) needed[i] = true;
    }
    sg_graph_need_inputs(graph, needed);
    return SG_OK;
}
