/* Blocks as a tree, each node in its block; what blocks cost. */
#include "draw/dot_model.h"

#include "simgraph/op.h"

#include <stdlib.h>
#include <string.h>

static int by_path(const void *a, const void *b) {
    return strcmp((*(const sg_scope *const *)a)->path, (*(const sg_scope *const *)b)->path);
}

int sg_dot_scope_of(sg_dot *dot, const char *path) {
    char *prefix = sg_bump_text(dot->memory, path);
    if (!prefix) {
        dot->failed = true;
        return -1;
    }
    for (char *dots; (dots = strrchr(prefix, '.'));) {
        *dots = 0;
        const sg_map_value *found = sg_map_find(&dot->scopes_by_path, prefix);
        if (found) return (int)found->i;
    }
    return -1;
}

bool sg_dot_inside(const sg_dot *dot, int inner, int outer) {
    if (outer < 0) return true;
    while (inner >= 0 && inner != outer) inner = dot->scope[inner].parent;
    return inner == outer;
}

/* A tail that ends in ".3" is round 3 of a repeat. */
static void read_round(sg_dot_scope *scope) {
    const char *dots = strrchr(scope->tail, '.');
    scope->round = -1;
    scope->base = (int)strlen(scope->tail);
    if (!dots || !dots[1] || dots == scope->tail) return;
    size_t digits = strspn(dots + 1, "0123456789");
    if (dots[1 + digits] || digits > 9) return;
    scope->round = strtol(dots + 1, NULL, 10);
    scope->base = (int)(dots - scope->tail);
}

static void build_scopes(sg_dot *dot) {
    int count = sg_graph_scope_count(dot->graph);
    const sg_scope **sorted = sg_bump_array(dot->memory, (size_t)count, sizeof *sorted);
    dot->scope = sg_bump_array(dot->memory, (size_t)count, sizeof *dot->scope);
    if (!sorted || !dot->scope) {
        dot->failed = true;
        return;
    }
    for (int i = 0; i < count; i++) sorted[i] = sg_graph_scope(dot->graph, i);
    qsort(sorted, (size_t)count, sizeof *sorted, by_path);
    for (int i = 0; i < count; i++) {
        if (i && strcmp(sorted[i]->path, sorted[i - 1]->path) == 0) continue;
        int index = dot->scope_count++;
        int parent = sg_dot_scope_of(dot, sorted[i]->path);
        sg_dot_scope *scope = &dot->scope[index];
        scope->scope = sorted[i];
        scope->parent = parent;
        scope->level = parent < 0 ? 1 : dot->scope[parent].level + 1;
        scope->tail = sorted[i]->path + (parent < 0 ? 0 : strlen(dot->scope[parent].scope->path) + 1);
        scope->run = scope->box = -1;
        scope->drawn = index;
        scope->first = dot->node_count;
        read_round(scope);
        if (!sg_map_put_int(&dot->scopes_by_path, sorted[i]->path, index)) dot->failed = true;
    }
}

sg_dot_part sg_dot_part_of(const sg_node *node) {
    if (node->phase == SG_PHASE_UPDATE || node->op->flags & SG_OP_UPDATE) return SG_DOT_UPDATE;
    if (node->forward >= 0 || strncmp(node->path, "grad/", 5) == 0) return SG_DOT_GRADIENT;
    return SG_DOT_FORWARD;
}

/* Which part each node belongs to. What only gradients and updates read, such as sums over micro-batches and
 * the learning rate, belongs to the updates. */
static void find_parts(sg_dot *dot) {
    enum { FORWARD = 1, OTHER = 2 };
    unsigned char *readers = sg_bump_array(dot->memory, (size_t)dot->node_count, 1);
    if (!readers) {
        dot->failed = true;
        return;
    }
    for (int i = 0; i < dot->node_count; i++) {
        const sg_node *node = sg_graph_node(dot->graph, i);
        dot->part[i] = (unsigned char)sg_dot_part_of(node);
        for (int k = 0; k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE)
                readers[sg_graph_value(dot->graph, node->in[k])->node] |=
                    dot->part[i] == SG_DOT_FORWARD ? FORWARD : OTHER;
    }
    for (int i = 0; i < dot->node_count; i++)
        if (readers[i] == OTHER && dot->part[i] == SG_DOT_FORWARD && !sg_graph_node(dot->graph, i)->in_count)
            dot->part[i] = SG_DOT_UPDATE;
}

static void add_cost(sg_dot_cost *sum, const sg_dot_cost *cost) {
    sum->parameters += cost->parameters;
    sum->flops += cost->flops;
    sum->bytes += cost->bytes;
    sum->nodes += cost->nodes;
}

/* The batch for which work is counted. */
static int64_t real_batch(const sg_dot *dot) {
    int64_t batch = sg_graph_batch(dot->graph);
    if (batch != SG_SYMBOLIC_BATCH) return batch;
    return dot->options.batch ? dot->options.batch : 1;
}

sg_dot_cost sg_dot_node_cost(const sg_dot *dot, int index) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    sg_dot_cost cost = {0, sg_node_flops(dot->graph, node, dot->batch),
                        sg_node_bytes(dot->graph, node, dot->batch), 1};
    if (dot->part[index] != SG_DOT_UPDATE) {
        cost.flops /= (double)dot->batch;
        cost.bytes /= (double)dot->batch;
    }
    if (sg_node_is_weight(node))
        cost.parameters = (double)sg_shape_elements(&sg_graph_value(dot->graph, node->out[0])->shape);
    return cost;
}

static void place_node(sg_dot *dot, int index) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    dot->node_drawn[index] = index;
    dot->node_box[index] = dot->reader[index] = dot->node_scope[index] = dot->adopter[index] = -1;
    dot->varies[index] = (node->op->flags & (SG_OP_FED | SG_OP_RANDOM)) != 0;
    for (int k = 0; k < node->in_count; k++)
        if (node->in[k] != SG_NO_VALUE && dot->varies[sg_graph_value(dot->graph, node->in[k])->node])
            dot->varies[index] = true;
    if (!sg_map_put_int(&dot->paths, node->path, index)) dot->failed = true;
    if (dot->part[index] == SG_DOT_FORWARD) dot->node_scope[index] = sg_dot_scope_of(dot, node->path);
}

static void count_node(sg_dot *dot, int index) {
    sg_dot_cost cost = sg_dot_node_cost(dot, index);
    add_cost(&dot->total[dot->part[index]], &cost);
    for (int s = dot->node_scope[index]; s >= 0; s = dot->scope[s].parent) {
        add_cost(&dot->scope[s].cost, &cost);
        if (dot->scope[s].first > index && dot->adopter[index] < 0) dot->scope[s].first = index;
    }
}

void sg_dot_tree(sg_dot *dot) {
    size_t count = (size_t)dot->node_count;
    dot->node_scope = sg_bump_array(dot->memory, count, sizeof(int));
    dot->node_drawn = sg_bump_array(dot->memory, count, sizeof(int));
    dot->adopter = sg_bump_array(dot->memory, count, sizeof(int));
    dot->node_box = sg_bump_array(dot->memory, count, sizeof(int));
    dot->reader = sg_bump_array(dot->memory, count, sizeof(int));
    dot->hidden = sg_bump_array(dot->memory, count, 1);
    dot->part = sg_bump_array(dot->memory, count, 1);
    dot->varies = sg_bump_array(dot->memory, count, sizeof(bool));
    if (!dot->node_scope || !dot->node_drawn || !dot->adopter || !dot->node_box || !dot->reader ||
        !dot->hidden || !dot->part || !dot->varies) {
        dot->failed = true;
        return;
    }
    dot->batch = real_batch(dot);
    find_parts(dot);
    if (!dot->failed) build_scopes(dot);
    for (int i = 0; i < dot->node_count && !dot->failed; i++) place_node(dot, i);
    if (!dot->options.all && !dot->failed) sg_dot_settle(dot);
    for (int i = 0; i < dot->node_count && !dot->failed; i++) count_node(dot, i);
}
