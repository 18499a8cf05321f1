/* The updates of a step: a frame of their own, with one box an op. */
#include "draw/dot_model.h"

#include "base/text.h"
#include "draw/dot_label.h"
#include "simgraph/op.h"

/* Stored values and constants are not drawn; what the host feeds has a box of its own. */
static bool is_drawn(const sg_node *node) {
    return !(node->op->flags & SG_OP_STORED) && (node->in_count || node->op->flags & SG_OP_FED);
}

static void put_update(sg_dot *dot, int index, sg_map *groups) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    if (!is_drawn(node)) return;
    const char *name = node->op->flags & SG_OP_FED ? node->path : sg_op_schema(node->op)->name;
    int box = (int)sg_map_get_int(groups, name, -1);
    if (box < 0) {
        box = sg_dot_add_box(dot,
                             (sg_dot_box){
                                 .id = sg_dot_joined(dot, "update/", name),
                                 .parent = -1,
                                 .scope = -1,
                                 .node = index,
                                 .part = SG_DOT_UPDATE,
                                 .kind = node->op->flags & SG_OP_FED ? SG_DOT_KIND_INPUT : SG_DOT_KIND_UPDATE,
                             });
        if (box < 0) return;
        if (!sg_map_put_int(groups, name, box)) dot->failed = true;
    }
    dot->node_box[index] = box;
    sg_dot_cost *cost = &dot->box[box].cost;
    cost->nodes++;
    cost->flops += sg_dot_node_cost(dot, index).flops;
    if (node->op->flags & SG_OP_UPDATE)
        cost->parameters += (double)sg_shape_elements(&sg_graph_value(dot->graph, node->out[0])->shape);
}

static void add_edge(sg_dot *dot, int from, int to, const char *name, sg_map *seen) {
    if (!name)
        dot->failed = true;
    else
        sg_dot_add_edge(dot, seen,
                        (sg_dot_edge){.from = from, .to = to, .label = "", .name = name, .run = -1});
}

/* Nearly every box of gradients feeds the updates: one edge, from the one that is computed last, stands for
 * all, and says so. */
static void connect_gradients(sg_dot *dot, sg_map *seen, int reader, int count) {
    int last = -1;
    for (size_t i = 0; i < dot->box_count && reader >= 0; i++) {
        const sg_dot_box *box = &dot->box[i];
        if (box->part != SG_DOT_GRADIENT) continue;
        if (last < 0 || dot->box[box->forward].level < dot->box[dot->box[last].forward].level) last = (int)i;
    }
    sg_text words = {0};
    sg_text_printf(&words, count > 1 ? "all %d gradients of weights" : "the gradient of the weight", count);
    const char *label = sg_bump_text(dot->memory, sg_text_get(&words));
    if (words.failed || !label) dot->failed = true;
    sg_text_finish(&words);
    if (last >= 0 && label)
        sg_dot_add_edge(
            dot, seen,
            (sg_dot_edge){.from = last, .to = reader, .label = label, .name = label, .count = 1, .run = -1});
}

void sg_dot_update(sg_dot *dot, sg_map *seen) {
    sg_map groups = {0};
    int reader = -1; /* the first box that reads gradients */
    int count = 0;   /* of gradients that are read */
    bool *met = sg_bump_array(dot->memory, (size_t)sg_graph_value_count(dot->graph), sizeof *met);
    if (!met) dot->failed = true;
    for (int i = 0; i < dot->node_count && !dot->failed; i++)
        if (dot->part[i] == SG_DOT_UPDATE) put_update(dot, i, &groups);
    sg_map_finish(&groups);
    for (int i = 0; i < dot->node_count && !dot->failed; i++) {
        const sg_node *node = sg_graph_node(dot->graph, i);
        int to = dot->node_box[i];
        for (int k = 0; k < node->in_count && dot->part[i] == SG_DOT_UPDATE && to >= 0 && !dot->failed; k++) {
            if (node->in[k] == SG_NO_VALUE) continue;
            int source = sg_graph_value(dot->graph, node->in[k])->node, from = dot->node_box[source];
            if (dot->part[source] == SG_DOT_GRADIENT) {
                if (reader < 0) reader = to;
                count += !met[node->in[k]];
                met[node->in[k]] = true;
            }
            if (dot->part[source] == SG_DOT_UPDATE && from >= 0 && from != to)
                add_edge(dot, from, to, sg_dot_value_name(dot, node->in[k]), seen);
        }
    }
    if (!dot->failed) connect_gradients(dot, seen, reader, count);
}

const sg_dot_edge *sg_dot_into_update(const sg_dot *dot) {
    for (size_t i = 0; i < dot->edge_count; i++)
        if (dot->box[dot->edge[i].from].part == SG_DOT_GRADIENT &&
            dot->box[dot->edge[i].to].part == SG_DOT_UPDATE)
            return &dot->edge[i];
    return NULL;
}
