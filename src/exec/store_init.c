/* Filling the store with what a graph's stored nodes start from. */
#include <string.h>

#include "base/text.h"
#include "exec/init.h"
#include "graph/graph.h"
#include "simgraph/program.h"

static void fill(sg_tensor *tensor, const sg_call *call, uint64_t seed, const char *name) {
    const sg_init *init = (const sg_init *)call->schema;
    sg_init_stream from = {call->attr, &tensor->shape, seed, sg_hash_text(name)};
    int64_t elements = sg_tensor_elements(tensor);
    for (int64_t i = 0; i < elements; i++) {
        double x = init->element(&from, (uint64_t)i);
        if (tensor->type == SG_F32)
            ((float *)tensor->data)[i] = (float)x;
        else
            sg_tensor_set(tensor, i, x);
    }
}

sg_status sg_store_follow(sg_store *store, const sg_node *average, sg_error *error) {
    if (!*sg_node_average_of(average)) return SG_OK;
    const sg_tensor *weight = sg_store_find(store, sg_node_average_of(average));
    if (!weight)
        return sg_fail(error, SG_BAD_GRAPH, "`%s` is the average of `%s`, which is not in the store",
                       average->path, sg_node_average_of(average));
    return sg_tensor_copy(sg_store_find(store, average->path), weight, error);
}

sg_status sg_store_initialise(sg_store *store, const sg_graph *graph, uint64_t seed, sg_error *error) {
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (!(node->op->flags & SG_OP_STORED)) continue;
        bool fresh = !sg_store_find(store, node->path);
        const sg_value_info *info = sg_graph_value(graph, node->out[0]);
        sg_tensor *tensor;
        sg_status status = sg_store_add(store, node->path, info->type, info->shape, &tensor, error);
        if (status != SG_OK) return status;
        int init = sg_schema_attr_index(&node->op->schema, "init");
        if (fresh && init >= 0 && node->attr[init].call)
            fill(tensor, node->attr[init].call, seed, node->path);
        if (fresh && sg_node_average_of(node)) status = sg_store_follow(store, node, error);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}
