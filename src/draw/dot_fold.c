/* Equal rounds of repeats. Two rounds are equal when they hold the same nodes at the same places: ops, types,
 * shapes, whole-number and text attributes, and how they are joined. Values that only change numbers (rates,
 * initialisers) may differ. */
#include "draw/dot_model.h"

#include "base/text.h"
#include "simgraph/op.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_PERIOD = 4 };

static void mix(uint64_t *hash, uint64_t value) {
    *hash = (*hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    *hash ^= *hash >> 29;
}

static void mix_text(uint64_t *hash, const char *text) {
    mix(hash, sg_hash_text(text));
}

static void mix_value(uint64_t *hash, const sg_value_info *info) {
    mix(hash, (uint64_t)info->type);
    mix(hash, (uint64_t)info->shape.rank);
    for (int i = 0; i < info->shape.rank; i++) mix(hash, (uint64_t)info->shape.dim[i]);
}

static void mix_attrs(uint64_t *hash, const sg_node *node) {
    const sg_schema *schema = sg_op_schema(node->op);
    bool average = sg_node_average_of(node); /* its text is the path of a weight, which has its own round */
    for (int k = 0; k < sg_schema_attr_count(schema); k++) {
        const sg_attr *attr = &node->attr[k];
        mix(hash, attr->present);
        if (!attr->present) continue;
        switch (schema->attrs[k].type) {
        case SG_ATTR_INT:
        case SG_ATTR_BOOL:
        case SG_ATTR_DTYPE:
            mix(hash, (uint64_t)attr->i);
            break;
        case SG_ATTR_INTS:
            for (int i = 0; i < attr->n; i++) mix(hash, (uint64_t)attr->ints[i]);
            break;
        case SG_ATTR_TEXT:
            if (!average) mix_text(hash, attr->text ? attr->text : "");
            break;
        default:
            break;
        }
    }
}

/* What the node adds to the signature of every scope around it. */
static void sign_node(sg_dot *dot, int index) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    if (dot->adopter[index] >= 0) return; /* told by its readers */
    uint64_t own = 1;
    mix_text(&own, sg_op_schema(node->op)->name);
    for (int k = 0; k < node->out_count; k++) mix_value(&own, sg_graph_value(dot->graph, node->out[k]));
    mix_attrs(&own, node);
    for (int s = dot->node_scope[index]; s >= 0; s = dot->scope[s].parent) {
        uint64_t *hash = &dot->scope[s].signature;
        size_t skip = strlen(dot->scope[s].scope->path);
        mix(hash, own);
        mix_text(hash, node->path + skip);
        for (int k = 0; k < node->in_count; k++) {
            mix(hash, node->in[k] == SG_NO_VALUE ? 3 : 5);
            if (node->in[k] == SG_NO_VALUE) continue;
            const sg_value_info *info = sg_graph_value(dot->graph, node->in[k]);
            bool within = dot->adopter[info->node] < 0 && sg_dot_inside(dot, dot->node_scope[info->node], s);
            mix(hash, within ? (uint64_t)info->output + 16 : 7);
            if (within)
                mix_text(hash, sg_graph_node(dot->graph, info->node)->path + skip);
            else
                mix_value(hash, info);
        }
    }
}

static void sign_scope(sg_dot *dot, int index) {
    for (int s = index; s >= 0; s = dot->scope[s].parent) {
        mix(&dot->scope[s].signature, dot->scope[index].scope->recompute);
        mix_text(&dot->scope[s].signature, dot->scope[index].scope->block);
        mix_text(&dot->scope[s].signature, dot->scope[index].scope->path + strlen(dot->scope[s].scope->path));
    }
}

/* How often the first `period` of `count` rounds repeat at once. */
static int repeats(const sg_dot *dot, const int *rounds, int count, int period) {
    int same = period;
    while (same < count &&
           dot->scope[rounds[same]].signature == dot->scope[rounds[same - period]].signature &&
           dot->scope[rounds[same]].round == dot->scope[rounds[same - 1]].round + 1)
        same++;
    return same / period;
}

static bool consecutive(const sg_dot *dot, const int *rounds, int count) {
    for (int i = 1; i < count; i++)
        if (dot->scope[rounds[i]].round != dot->scope[rounds[i - 1]].round + 1) return false;
    return true;
}

static void add_run(sg_dot *dot, const int *rounds, int period, int count) {
    int *scopes = sg_bump_copy(dot->memory, rounds, (size_t)period * (size_t)count * sizeof *scopes);
    if (!scopes || !sg_array_grow(&dot->run, &dot->run_capacity, dot->run_count + 1, sizeof *dot->run)) {
        dot->failed = true;
        return;
    }
    for (int i = 0; i < period * count; i++) {
        dot->scope[scopes[i]].run = (int)dot->run_count;
        dot->scope[scopes[i]].turn = i;
    }
    dot->run[dot->run_count++] = (sg_dot_run){dot->scope[scopes[0]].parent, period, count, scopes};
}

/* Finds runs among the rounds of one repeat, in order. */
static void find_runs(sg_dot *dot, const int *rounds, int count) {
    for (int i = 0; i < count;) {
        int best = 0, times = 0;
        for (int period = 1; period <= LONGEST_PERIOD && 2 * period <= count - i; period++) {
            if (!consecutive(dot, rounds + i, period)) break;
            int n = repeats(dot, rounds + i, count - i, period);
            if (n >= 2 && n * period > best * times) best = period, times = n;
        }
        if (best) add_run(dot, rounds + i, best, times);
        i += best ? best * times : 1;
    }
}

/* Orders by parent, then by the name of the repeat: 0 within one repeat. */
static int compare_repeats(const sg_dot_scope *a, const sg_dot_scope *b) {
    if (a->parent != b->parent) return a->parent < b->parent ? -1 : 1;
    int order = strncmp(a->tail, b->tail, (size_t)(a->base < b->base ? a->base : b->base));
    return order ? order : a->base - b->base;
}

typedef struct sg_dot_ordered {
    const sg_dot *dot;
    int scope;
} sg_dot_ordered;

static int by_repeat_and_round(const void *x, const void *y) {
    const sg_dot_ordered *p = x, *q = y;
    const sg_dot_scope *a = &p->dot->scope[p->scope], *b = &q->dot->scope[q->scope];
    int order = compare_repeats(a, b);
    return order ? order : (a->round > b->round) - (a->round < b->round);
}

static void find_all_runs(sg_dot *dot) {
    size_t count = 0;
    sg_dot_ordered *ordered = sg_bump_array(dot->memory, (size_t)dot->scope_count, sizeof *ordered);
    int *rounds = sg_bump_array(dot->memory, (size_t)dot->scope_count, sizeof *rounds);
    if (!ordered || !rounds) {
        dot->failed = true;
        return;
    }
    for (int i = 0; i < dot->scope_count; i++)
        if (dot->scope[i].round >= 0 && dot->scope[i].cost.nodes) ordered[count++] = (sg_dot_ordered){dot, i};
    qsort(ordered, count, sizeof *ordered, by_repeat_and_round);
    for (size_t i = 0; i < count; i++) rounds[i] = ordered[i].scope;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count; to++)
            if (compare_repeats(&dot->scope[rounds[from]], &dot->scope[rounds[to]])) break;
        find_runs(dot, rounds + from, (int)(to - from));
    }
}

static const char *moved_path(sg_dot *dot, const char *path, int from, int to) {
    const char *head = dot->scope[to].scope->path, *rest = path + strlen(dot->scope[from].scope->path);
    char *moved = sg_bump_alloc(dot->memory, strlen(head) + strlen(rest) + 1);
    if (!moved) {
        dot->failed = true;
        return path;
    }
    return strcat(strcpy(moved, head), rest);
}

static int drawn_scope(sg_dot *dot, int index) {
    sg_dot_scope *scope = &dot->scope[index];
    if (scope->parent >= 0) {
        int parent = drawn_scope(dot, scope->parent);
        if (parent != scope->parent) {
            const char *path = moved_path(dot, scope->scope->path, scope->parent, parent);
            const sg_map_value *found = sg_map_find(&dot->scopes_by_path, path);
            return found && (int)found->i != index ? drawn_scope(dot, (int)found->i) : index;
        }
    }
    if (scope->run < 0) return index;
    const sg_dot_run *run = &dot->run[scope->run];
    return run->scope[scope->turn % run->period];
}

/* The stored value that is read where this one is, in the round that is drawn. */
static int drawn_stored(const sg_dot *dot, int index) {
    int reader = dot->adopter[index], drawn = dot->node_drawn[reader];
    const sg_node *from = sg_graph_node(dot->graph, reader), *to = sg_graph_node(dot->graph, drawn);
    for (int k = 0; k < from->in_count; k++)
        if (from->in[k] != SG_NO_VALUE && sg_graph_value(dot->graph, from->in[k])->node == index)
            return sg_graph_value(dot->graph, to->in[k])->node;
    return index;
}

void sg_dot_fold(sg_dot *dot) {
    if (dot->options.all) return;
    for (int i = 0; i < dot->node_count; i++)
        if (dot->part[i] == SG_DOT_FORWARD) sign_node(dot, i);
    for (int i = 0; i < dot->scope_count; i++) sign_scope(dot, i);
    find_all_runs(dot);
    if (dot->failed) return;
    for (int i = 0; i < dot->scope_count; i++) dot->scope[i].drawn = drawn_scope(dot, i);
    for (int i = 0; i < dot->node_count; i++) {
        int s = dot->node_scope[i];
        if (s < 0 || dot->scope[s].drawn == s || dot->adopter[i] >= 0) continue;
        const char *path = moved_path(dot, sg_graph_node(dot->graph, i)->path, s, dot->scope[s].drawn);
        dot->node_drawn[i] = (int)sg_map_get_int(&dot->paths, path, i);
    }
    for (int i = 0; i < dot->node_count; i++)
        if (dot->adopter[i] >= 0) dot->node_drawn[i] = drawn_stored(dot, i);
}

int sg_dot_loop(const sg_dot *dot, int from, int to) {
    for (int a = dot->node_scope[from]; a >= 0; a = dot->scope[a].parent) {
        if (dot->scope[a].run < 0) continue;
        const sg_dot_run *run = &dot->run[dot->scope[a].run];
        for (int b = dot->node_scope[to]; b >= 0; b = dot->scope[b].parent)
            if (dot->scope[b].run == dot->scope[a].run &&
                dot->scope[b].turn / run->period != dot->scope[a].turn / run->period)
                return dot->scope[dot->scope[a].drawn].run;
    }
    return -1;
}
