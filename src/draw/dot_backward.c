/* Gradients beside what they differentiate, and the updates of a step. One box of gradients stands for all
 * that is computed for one forward box, unless `all` is set; updates are gathered by op. */
#include "draw/dot_model.h"

#include "base/text.h"
#include "draw/dot_label.h"
#include "simgraph/op.h"

#include <string.h>

static const char *joined(sg_dot *dot, const char *head, const char *tail) {
    char *text = sg_bump_alloc(dot->memory, strlen(head) + strlen(tail) + 1);
    if (!text) dot->failed = true;
    return text ? strcat(strcpy(text, head), tail) : NULL;
}

/* The box of a forward node, or of what it is folded into; -1 when nothing is drawn. */
static int forward_box(const sg_dot *dot, int index) {
    while (index >= 0 && dot->node_box[index] < 0) {
        if (dot->reader[dot->node_drawn[index]] >= 0) return dot->reader[dot->node_drawn[index]];
        if (dot->hidden[index] != SG_DOT_VIEW) return -1;
        index = sg_graph_value(dot->graph, sg_graph_node(dot->graph, index)->in[0])->node;
    }
    return index < 0 ? -1 : dot->node_box[index];
}

/* The forward node of a gradient node; sums of gradients that belong to none go with their last part. */
static int gradient_of(const sg_dot *dot, int index) {
    for (;;) {
        const sg_node *node = sg_graph_node(dot->graph, index);
        if (node->forward >= 0) return node->forward;
        int before = -1;
        for (int k = 0; k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE) before = sg_graph_value(dot->graph, node->in[k])->node;
        if (before < 0 || dot->part[before] != SG_DOT_GRADIENT) return -1;
        index = before;
    }
}

/* `last` holds the last box of gradients of each forward box, or -1. */
static void put_gradient(sg_dot *dot, int index, int *last) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    int of = gradient_of(dot, index), forward = forward_box(dot, of);
    if (forward < 0) return;
    bool counts = dot->node_drawn[of] == of;
    int box = dot->options.all ? -1 : dot->box[forward].gradient;
    if (box < 0) {
        box = sg_dot_add_box(
            dot, (sg_dot_box){
                     .id = dot->options.all ? node->path : joined(dot, "grad/", dot->box[forward].id),
                     .parent = dot->box[forward].parent,
                     .scope = dot->box[forward].scope,
                     .node = dot->options.all ? index : -1,
                     .part = SG_DOT_GRADIENT,
                     .kind = SG_DOT_KIND_GRADIENT,
                     .spine = dot->box[forward].spine,
                 });
        if (box < 0) return;
        dot->box[box].forward = forward;
        int *end = &dot->box[forward].gradient;
        if (last[forward] >= 0) end = &dot->box[last[forward]].next;
        *end = last[forward] = box;
    }
    dot->node_box[index] = box;
    if (!counts) return;
    dot->box[box].cost.flops += sg_dot_node_cost(dot, index).flops;
    dot->box[box].cost.nodes++;
}

static void put_update(sg_dot *dot, int index, sg_map *groups) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    const char *op = sg_op_schema(node->op)->name;
    int box = (int)sg_map_get_int(groups, op, -1);
    if (box < 0) {
        box = sg_dot_add_box(dot, (sg_dot_box){
                                      .id = joined(dot, "update/", op),
                                      .parent = -1,
                                      .scope = -1,
                                      .node = index,
                                      .part = SG_DOT_UPDATE,
                                      .kind = SG_DOT_KIND_UPDATE,
                                  });
        if (box < 0) return;
        if (!sg_map_put_int(groups, op, box)) dot->failed = true;
    }
    dot->node_box[index] = box;
    sg_dot_cost *cost = &dot->box[box].cost;
    cost->nodes++;
    cost->flops += sg_dot_node_cost(dot, index).flops;
    if (node->op->flags & SG_OP_UPDATE)
        cost->parameters += (double)sg_shape_elements(&sg_graph_value(dot->graph, node->out[0])->shape);
}

/* Is the edge from one round to another? Those of the forward pass say it already. */
static bool between_rounds(const sg_dot *dot, int from, int to) {
    int a = dot->part[from] == SG_DOT_GRADIENT ? gradient_of(dot, from) : from;
    int b = dot->part[to] == SG_DOT_GRADIENT ? gradient_of(dot, to) : to;
    return a >= 0 && b >= 0 && sg_dot_loop(dot, a, b) >= 0;
}

/* Is the edge left out? What gradients read of the forward pass is drawn only where everything is; that an
 * update reads what it updates is plain. */
static bool leaves_out(const sg_dot *dot, int from, int to) {
    if (dot->part[to] == SG_DOT_UPDATE)
        return dot->part[from] == SG_DOT_GRADIENT ||
               sg_graph_node(dot->graph, from)->op->flags & SG_OP_STORED;
    return dot->part[from] == SG_DOT_FORWARD ? !dot->options.all : between_rounds(dot, from, to);
}

static void add_edge(sg_dot *dot, int from, int to, const char *name, sg_map *seen) {
    if (!name)
        dot->failed = true;
    else
        sg_dot_add_edge(dot, seen,
                        (sg_dot_edge){.from = from, .to = to, .label = "", .name = name, .run = -1});
}

/* *updated becomes the first box of updates that reads gradients. */
static void connect(sg_dot *dot, int index, sg_map *seen, int *updated) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    for (int k = 0; k < node->in_count && !dot->failed; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        int from = sg_graph_value(dot->graph, node->in[k])->node;
        int a = dot->node_box[from], b = dot->node_box[index];
        if (a < 0 || b < 0 || a == b) continue;
        if (dot->part[index] == SG_DOT_UPDATE && dot->part[from] == SG_DOT_GRADIENT && *updated < 0)
            *updated = b;
        if (!leaves_out(dot, from, index)) add_edge(dot, a, b, sg_dot_value_name(dot, node->in[k]), seen);
    }
}

/* Nearly every box of gradients feeds the updates: one edge, from the one that is computed last, stands for
 * all. */
static void connect_updates(sg_dot *dot, sg_map *seen, int updated) {
    int last = -1;
    for (size_t i = 0; i < dot->box_count && updated >= 0; i++) {
        const sg_dot_box *box = &dot->box[i];
        if (box->part != SG_DOT_GRADIENT || box->forward < 0) continue;
        int level = dot->box[box->forward].level;
        if (last < 0 || level < dot->box[dot->box[last].forward].level) last = (int)i;
    }
    if (last >= 0) add_edge(dot, last, updated, "gradients of the weights", seen);
}

void sg_dot_mirror(sg_dot *dot) {
    sg_map groups = {0}, seen = {0};
    int updated = -1;
    int *last = sg_bump_array(dot->memory, dot->box_count, sizeof *last);
    if (!last) {
        dot->failed = true;
        return;
    }
    for (size_t i = 0; i < dot->box_count; i++) last[i] = -1;
    for (int i = 0; i < dot->node_count && !dot->failed; i++) {
        if (dot->part[i] == SG_DOT_GRADIENT) put_gradient(dot, i, last);
        if (dot->part[i] == SG_DOT_UPDATE) put_update(dot, i, &groups);
    }
    for (int i = 0; i < dot->node_count && !dot->failed; i++)
        if (dot->part[i] != SG_DOT_FORWARD) connect(dot, i, &seen, &updated);
    if (!dot->failed) connect_updates(dot, &seen, updated);
    sg_map_finish(&groups);
    sg_map_finish(&seen);
}
