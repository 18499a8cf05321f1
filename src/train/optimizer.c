/* What optimisers share. */
#include "train/optimizer.h"

#include <stdio.h>

sg_value sg_optimizer_state(const sg_weight_update *update, const char *kind) {
    const sg_value_info info = *sg_graph_value(update->graph, update->weight);
    char path[SG_MESSAGE_MAX];
    snprintf(path, sizeof path, "%s/%s", kind, sg_graph_node(update->graph, info.node)->path);
    return sg_graph_add(
        update->graph, "state", path, NULL, 0,
        (const sg_arg[]){sg_arg_shape("shape", &info.shape), sg_arg_dtype("type", info.type), {0}});
}
