/* Gradients beside what they differentiate. One box stands for all that is computed for the gradient of one
 * forward box, unless `all` is set. */
#include "draw/dot_model.h"

#include "base/text.h"
#include "draw/dot_label.h"

#include <stdio.h>
#include <string.h>

const char *sg_dot_joined(sg_dot *dot, const char *head, const char *tail) {
    char *text = sg_bump_alloc(dot->memory, strlen(head) + strlen(tail) + 1);
    if (!text) dot->failed = true;
    return text ? strcat(strcpy(text, head), tail) : NULL;
}

int sg_dot_box_of(const sg_dot *dot, int index) {
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

/* A new box of gradients of `forward`, behind those that it has. */
static int add_gradient_box(sg_dot *dot, int forward, const char *id, int node) {
    sg_dot_box *of = &dot->box[forward];
    int box = sg_dot_add_box(dot, (sg_dot_box){
                                      .id = id,
                                      .parent = of->parent,
                                      .scope = of->scope,
                                      .node = node,
                                      .part = SG_DOT_GRADIENT,
                                      .kind = SG_DOT_KIND_GRADIENT,
                                      .spine = of->spine,
                                  });
    if (box < 0) return -1;
    dot->box[box].forward = forward;
    int *end = &dot->box[forward].gradient;
    if (dot->box[forward].last >= 0) end = &dot->box[dot->box[forward].last].next;
    *end = dot->box[forward].last = box;
    return box;
}

/* The one box of gradients of a forward box. */
static int gradient_box(sg_dot *dot, int forward) {
    int box = dot->box[forward].gradient;
    return box >= 0 ? box
                    : add_gradient_box(dot, forward, sg_dot_joined(dot, "grad/", dot->box[forward].id), -1);
}

static void put_gradient(sg_dot *dot, int index) {
    int of = gradient_of(dot, index), forward = sg_dot_box_of(dot, of);
    if (forward < 0) return;
    int box = dot->options.all ? add_gradient_box(dot, forward, sg_graph_node(dot->graph, index)->path, index)
                               : gradient_box(dot, forward);
    dot->node_box[index] = box;
    if (box < 0 || dot->node_drawn[of] != of) return;
    dot->box[box].cost.flops += sg_dot_node_cost(dot, index).flops;
    dot->box[box].cost.nodes++;
}

static void add_edge(sg_dot *dot, int from, int to, const char *name, sg_map *seen) {
    if (!name)
        dot->failed = true;
    else if (from >= 0 && to >= 0)
        sg_dot_add_edge(dot, seen,
                        (sg_dot_edge){.from = from, .to = to, .label = "", .name = name, .run = -1});
}

/* The step after each box on a shortest way of values from `first` to every other box, or -1: `next` has one
 * entry a box. Edges of the forward pass alone. */
static void search(const sg_dot *dot, int to, size_t edges, int *next, int *queue) {
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < dot->box_count; i++) next[i] = -1;
    for (queue[tail++] = to; head < tail; head++)
        for (size_t i = 0; i < edges; i++) {
            const sg_dot_edge *edge = &dot->edge[i];
            if (edge->to != queue[head] || edge->loop || edge->shared || edge->from == to) continue;
            if (next[edge->from] >= 0) continue;
            next[edge->from] = edge->to;
            queue[tail++] = edge->from;
        }
}

/* Adds an edge from the gradient of forward box `b` to that of `a`. Where values go from a to b through other
 * boxes, these hand the gradient on as it is (a sum does): it is drawn through their gradients. */
static void add_flow(sg_dot *dot, int b, int a, const char *name, size_t edges, sg_map *seen) {
    char key[48];
    bool fresh = false;
    snprintf(key, sizeof key, "flow %d %d", b, a);
    if (!sg_map_add(seen, key, &fresh)) dot->failed = true;
    if (!fresh) return;
    int *next = sg_bump_array(dot->memory, dot->box_count, sizeof *next);
    int *queue = sg_bump_array(dot->memory, dot->box_count, sizeof *queue);
    if (!next || !queue) {
        dot->failed = true;
        return;
    }
    search(dot, b, edges, next, queue);
    if (next[a] < 0) {
        add_edge(dot, dot->box[b].gradient, dot->box[a].gradient, name, seen);
        return;
    }
    for (int from = a; from != b && !dot->failed; from = next[from]) {
        int giver = gradient_box(dot, next[from]), taker = gradient_box(dot, from);
        add_edge(dot, giver, taker, name, seen);
    }
}

/* What a gradient reads of the forward pass is what its forward box reads or gives, which the line between
 * the two says already. (Drawn by itself, it makes Graphviz 2.43 give up on ranks or ways.) */
static void connect_input(sg_dot *dot, int index, int from, sg_value value, size_t edges, sg_map *seen) {
    int a = dot->node_box[from], b = dot->node_box[index];
    if (a < 0 || b < 0 || a == b || dot->part[from] == SG_DOT_FORWARD) return;
    const char *name = sg_dot_value_name(dot, value);
    if (dot->options.all)
        add_edge(dot, a, b, name, seen);
    else if (sg_dot_loop(dot, gradient_of(dot, from), gradient_of(dot, index)) < 0)
        add_flow(dot, dot->box[a].forward, dot->box[b].forward, name, edges, seen);
}

void sg_dot_mirror(sg_dot *dot, sg_map *seen) {
    size_t edges = dot->edge_count;
    for (int i = 0; i < dot->node_count && !dot->failed; i++)
        if (dot->part[i] == SG_DOT_GRADIENT) put_gradient(dot, i);
    for (int i = 0; i < dot->node_count; i++) {
        const sg_node *node = sg_graph_node(dot->graph, i);
        for (int k = 0; k < node->in_count && dot->part[i] == SG_DOT_GRADIENT && !dot->failed; k++)
            if (node->in[k] != SG_NO_VALUE)
                connect_input(dot, i, sg_graph_value(dot->graph, node->in[k])->node, node->in[k], edges,
                              seen);
    }
}
