/* What gets no box: weights, views, constants. */
#include "draw/dot_model.h"

#include "simgraph/op.h"

#include <string.h>

bool sg_dot_is_view(const sg_node *node) {
    return node->op->flags & SG_OP_VIEW || strcmp(sg_op_family(node->op), "view") == 0;
}

static sg_dot_hidden hide(const sg_dot *dot, int index, const bool *fixed) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    if (node->op->flags & SG_OP_STORED) return SG_DOT_WEIGHT;
    if (fixed[index]) return SG_DOT_CONSTANT;
    return sg_dot_is_view(node) && node->in_count > 0 && node->in[0] != SG_NO_VALUE ? SG_DOT_VIEW
                                                                                    : SG_DOT_SHOWN;
}

/* Does the node depend on nothing that is fed, drawn at random or stored? */
static bool is_fixed(const sg_dot *dot, int index, const bool *fixed) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    if (node->op->flags & (SG_OP_FED | SG_OP_RANDOM | SG_OP_STORED)) return false;
    for (int k = 0; k < node->in_count; k++)
        if (node->in[k] != SG_NO_VALUE && !fixed[sg_graph_value(dot->graph, node->in[k])->node]) return false;
    return true;
}

/* A block that only moves elements about is one box, so that its name is seen. */
static void close_view_blocks(sg_dot *dot, const int *views) {
    for (int s = 0; s < dot->scope_count; s++) {
        sg_dot_scope *scope = &dot->scope[s];
        if (scope->shown || !views[s]) continue;
        scope->closed = true;
        for (int i = scope->first; i < dot->node_count; i++)
            if (dot->hidden[i] == SG_DOT_VIEW && sg_dot_inside(dot, dot->node_scope[i], s))
                dot->hidden[i] = SG_DOT_SHOWN;
        for (int x = s; x >= 0; x = dot->scope[x].parent) dot->scope[x].shown++;
    }
}

void sg_dot_hide(sg_dot *dot) {
    bool *fixed = sg_bump_array(dot->memory, (size_t)dot->node_count, sizeof *fixed);
    bool *read = sg_bump_array(dot->memory, (size_t)dot->node_count, sizeof *read);
    int *views = sg_bump_array(dot->memory, (size_t)dot->scope_count, sizeof *views);
    if (!fixed || !read || !views) {
        dot->failed = true;
        return;
    }
    for (int i = 0; i < dot->node_count; i++) {
        fixed[i] = is_fixed(dot, i, fixed);
        const sg_node *node = sg_graph_node(dot->graph, i);
        for (int k = 0; k < node->in_count && dot->part[i] == SG_DOT_FORWARD; k++)
            if (node->in[k] != SG_NO_VALUE) read[sg_graph_value(dot->graph, node->in[k])->node] = true;
    }
    for (int i = 0; i < dot->node_count; i++) {
        if (dot->part[i] != SG_DOT_FORWARD) continue;
        dot->hidden[i] = dot->options.all || !read[i] ? SG_DOT_SHOWN : (unsigned char)hide(dot, i, fixed);
        for (int s = dot->node_scope[i]; s >= 0; s = dot->scope[s].parent) {
            dot->scope[s].shown += dot->hidden[i] == SG_DOT_SHOWN;
            views[s] += dot->hidden[i] == SG_DOT_VIEW;
        }
    }
    if (dot->options.all) return;
    close_view_blocks(dot, views);
    for (int s = 0; s < dot->scope_count; s++)
        if (dot->scope[s].shown <= 1) dot->scope[s].closed = true;
}

int sg_dot_source(const sg_dot *dot, const sg_node *node, int k, sg_value *value) {
    if (node->in[k] == SG_NO_VALUE) return -1;
    *value = node->in[k];
    for (;;) {
        int index = sg_graph_value(dot->graph, *value)->node;
        if (dot->hidden[index] != SG_DOT_VIEW || dot->node_box[index] >= 0) return index;
        *value = sg_graph_node(dot->graph, index)->in[0];
    }
}
