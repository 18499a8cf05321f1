/* Edges between boxes: which box reads a weight, what runs from box to box, how far a box is from the inputs.
 */
#include "draw/dot_model.h"

#include "base/text.h"
#include "draw/dot_label.h"
#include "draw/dot_style.h"

#include <stdio.h>

/* Is `scope` within a folded round that `owner` is not within? Then every round reads what `owner` holds. */
static bool round_between(const sg_dot *dot, int scope, int owner) {
    for (int s = scope; s >= 0 && !sg_dot_inside(dot, owner, s); s = dot->scope[s].parent)
        if (dot->scope[s].run >= 0) return true;
    return false;
}

static void show_weight(sg_dot *dot, int weight) {
    dot->reader[weight] = -1;
    dot->node_box[weight] = sg_dot_add_box(dot, (sg_dot_box){
                                                    .id = sg_graph_node(dot->graph, weight)->path,
                                                    .parent = dot->node_scope[weight],
                                                    .scope = -1,
                                                    .node = weight,
                                                    .kind = sg_dot_kind_of_node(dot, weight),
                                                    .cost = sg_dot_node_cost(dot, weight),
                                                });
}

/* Counts the weights of open blocks where they are read; one that several boxes read gets a box. */
static void find_readers(sg_dot *dot) {
    for (int i = 0; i < dot->node_count; i++) dot->reader[i] = -1;
    for (int i = 0; i < dot->node_count && !dot->failed; i++) {
        int box = dot->node_box[i];
        if (box < 0 || dot->part[i] != SG_DOT_FORWARD) continue;
        const sg_node *node = sg_graph_node(dot->graph, i);
        for (int k = 0; k < node->in_count; k++) {
            sg_value value;
            int from = sg_dot_source(dot, node, k, &value);
            if (from < 0 || dot->hidden[from] != SG_DOT_WEIGHT || dot->node_box[from] >= 0) continue;
            if (dot->node_drawn[from] != from || sg_dot_is_lent(dot, i, from)) continue;
            bool rounds = round_between(dot, dot->node_scope[i], dot->node_scope[from]);
            if (dot->reader[from] == box && !rounds) continue;
            if (dot->reader[from] >= 0 || rounds)
                show_weight(dot, from);
            else
                dot->reader[from] = box;
        }
    }
    for (int i = 0; i < dot->node_count; i++)
        if (dot->reader[i] >= 0) {
            sg_dot_cost cost = sg_dot_node_cost(dot, i);
            dot->box[dot->reader[i]].cost.parameters += cost.parameters;
            dot->box[dot->reader[i]].cost.nodes++;
        }
}

void sg_dot_add_edge(sg_dot *dot, sg_map *seen, sg_dot_edge edge) {
    sg_text key = {0};
    bool fresh = false;
    sg_text_printf(&key, "%d %d %d%d %s", edge.from, edge.to, edge.loop, edge.shared, edge.label);
    sg_map_value *found = key.failed ? NULL : sg_map_add(seen, sg_text_get(&key), &fresh);
    sg_text_finish(&key);
    if (!found || !sg_array_grow(&dot->edge, &dot->edge_capacity, dot->edge_count + 1, sizeof *dot->edge)) {
        dot->failed = true;
        return;
    }
    if (fresh) {
        found->i = (int64_t)dot->edge_count;
        for (size_t i = 0; i < dot->edge_count; i++)
            edge.parallel += dot->edge[i].from == edge.from && dot->edge[i].to == edge.to;
        dot->edge[dot->edge_count++] = edge;
    } else {
        dot->edge[found->i].count += edge.count;
    }
}

/* Was this value carried from box to box before? */
static bool carried(sg_dot *dot, sg_map *seen, int from, int to, sg_value value) {
    char key[64];
    bool fresh = false;
    snprintf(key, sizeof key, "value %d %d %d", from, to, value);
    if (!sg_map_add(seen, key, &fresh)) dot->failed = true;
    return !fresh;
}

static void connect_input(sg_dot *dot, sg_map *seen, int index, int k, bool *looped) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    sg_value value = SG_NO_VALUE;
    int source = sg_dot_source(dot, node, k, &value), to = dot->node_box[index];
    if (source < 0 || dot->hidden[source] == SG_DOT_CONSTANT || dot->node_box[source] < 0) return;
    if (sg_dot_is_lent(dot, index, source)) return;
    sg_dot_edge edge = {.from = dot->node_box[source], .to = to, .count = 1, .run = -1};
    int run = sg_dot_loop(dot, source, index);
    if (run >= 0) {
        /* Within a closed block the loop is not seen; a weight that rounds share makes none. */
        if (looped[run] || dot->hidden[source] == SG_DOT_WEIGHT) return;
        int scope = dot->box[to].scope;
        if (edge.from == to && scope >= 0 && dot->scope[scope].run != run) return;
        looped[run] = edge.loop = true;
        edge.run = run;
    } else if (edge.from == to) {
        return;
    }
    edge.shared = dot->hidden[source] == SG_DOT_WEIGHT && dot->box[edge.from].scope >= 0;
    /* Rounds that are not drawn add edges where the drawn one has none, but count for nothing. */
    bool drawn = dot->node_drawn[index] == index;
    if (drawn && carried(dot, seen, edge.from, to, node->in[k]) && !edge.loop) return;
    edge.label = edge.shared ? "shared weights" : sg_dot_flow_label(dot, value, node->in[k]);
    edge.name = sg_dot_value_name(dot, value);
    edge.count = drawn || edge.loop;
    if (!edge.label || !edge.name) {
        dot->failed = true;
        return;
    }
    sg_dot_add_edge(dot, seen, edge);
}

void sg_dot_connect(sg_dot *dot) {
    sg_map seen = {0};
    bool *looped = sg_bump_array(dot->memory, dot->run_count, sizeof *looped);
    dot->edge_count = 0;
    if (!looped) {
        dot->failed = true;
        return;
    }
    find_readers(dot);
    for (int i = 0; i < dot->node_count && !dot->failed; i++) {
        if (dot->node_box[i] < 0 || dot->part[i] != SG_DOT_FORWARD) continue;
        for (int k = 0; k < sg_graph_node(dot->graph, i)->in_count; k++)
            connect_input(dot, &seen, i, k, looped);
    }
    sg_map_finish(&seen);
}

/* Marks the longest way from an input, which is drawn as a straight line. */
static void mark_spine(sg_dot *dot) {
    int box = -1;
    for (size_t i = 0; i < dot->box_count; i++)
        if (box < 0 || dot->box[i].level > dot->box[box].level) box = (int)i;
    while (box >= 0 && !dot->box[box].spine) {
        dot->box[box].spine = true;
        int before = -1;
        for (size_t i = 0; i < dot->edge_count; i++) {
            const sg_dot_edge *edge = &dot->edge[i];
            if (edge->to != box || edge->loop || edge->shared) continue;
            if (dot->box[edge->from].level != dot->box[box].level - 1) continue;
            if (before < 0 || dot->box[edge->from].cost.flops > dot->box[before].cost.flops)
                before = edge->from;
        }
        box = before;
    }
}

void sg_dot_levels(sg_dot *dot) {
    for (size_t i = 0; i < dot->box_count; i++) dot->box[i].level = 0, dot->box[i].spine = false;
    /* Edges stand nearly in topological order; where blocks are closed there may even be a cycle. */
    bool changed = true;
    for (int pass = 0; changed && pass < 64; pass++) {
        changed = false;
        for (size_t i = 0; i < dot->edge_count; i++) {
            const sg_dot_edge *edge = &dot->edge[i];
            if (edge->loop || edge->shared) continue;
            int level = dot->box[edge->from].level + 1;
            if (dot->box[edge->to].level >= level || level > (int)dot->box_count) continue;
            dot->box[edge->to].level = level;
            changed = true;
        }
    }
    mark_spine(dot);
}
