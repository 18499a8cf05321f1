/* Which box each node of the forward pass is in. */
#include "draw/dot_model.h"

#include "draw/dot_style.h"

int sg_dot_add_box(sg_dot *dot, sg_dot_box box) {
    if (!box.id || !sg_array_grow(&dot->box, &dot->box_capacity, dot->box_count + 1, sizeof *dot->box)) {
        dot->failed = true;
        return -1;
    }
    box.forward = box.gradient = box.last = box.next = -1;
    dot->box[dot->box_count] = box;
    return (int)dot->box_count++;
}

/* The outermost scope around `scope` that is not open, or -1. */
static int closed_scope(const sg_dot *dot, int scope) {
    int closed = -1;
    for (int s = scope; s >= 0; s = dot->scope[s].parent)
        if (!dot->scope[s].open) closed = s;
    return closed;
}

static int scope_box(sg_dot *dot, int index, int node) {
    sg_dot_scope *scope = &dot->scope[index];
    if (scope->box < 0 && scope->shown)
        scope->box = sg_dot_add_box(dot, (sg_dot_box){
                                             .id = scope->scope->path,
                                             .parent = scope->parent,
                                             .scope = index,
                                             .node = node,
                                             .kind = sg_dot_kind_of_scope(dot, index),
                                             .cost = scope->cost,
                                         });
    return scope->box;
}

static int node_box(sg_dot *dot, int index) {
    return sg_dot_add_box(dot, (sg_dot_box){
                                   .id = sg_graph_node(dot->graph, index)->path,
                                   .parent = dot->node_scope[index],
                                   .scope = -1,
                                   .node = index,
                                   .kind = sg_dot_kind_of_node(dot, index),
                                   .cost = sg_dot_node_cost(dot, index),
                               });
}

static void place(sg_dot *dot) {
    dot->box_count = 0;
    for (int s = 0; s < dot->scope_count; s++) {
        sg_dot_scope *scope = &dot->scope[s];
        scope->box = -1;
        scope->open = scope->wanted && !scope->closed && scope->drawn == s && scope->shown &&
                      (scope->parent < 0 || dot->scope[scope->parent].open);
    }
    /* The drawn round comes before the others that are drawn in its place, but its parts may be interleaved
     * with theirs: first the drawn nodes, then the rest. */
    for (int i = 0; i < dot->node_count; i++) {
        dot->node_box[i] = -1;
        if (dot->part[i] != SG_DOT_FORWARD || dot->node_drawn[i] != i || dot->adopter[i] >= 0) continue;
        int closed = closed_scope(dot, dot->node_scope[i]);
        if (closed >= 0)
            dot->node_box[i] = scope_box(dot, closed, i);
        else if (dot->hidden[i] == SG_DOT_SHOWN)
            dot->node_box[i] = node_box(dot, i);
    }
    for (int i = 0; i < dot->node_count; i++) {
        int closed = dot->adopter[i] >= 0 ? closed_scope(dot, dot->node_scope[i]) : -1;
        if (closed >= 0) dot->node_box[i] = dot->scope[closed].box;
    }
    for (int i = 0; i < dot->node_count; i++)
        if (dot->node_drawn[i] != i) dot->node_box[i] = dot->node_box[dot->node_drawn[i]];
}

void sg_dot_build(sg_dot *dot) {
    place(dot);
    if (!dot->failed) sg_dot_connect(dot);
    if (!dot->failed) sg_dot_levels(dot);
}
