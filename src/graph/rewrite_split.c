/* Projections whose result is cut into parts, as queries, keys and values are: where only some rows of a part
 * are needed, the part becomes a projection of its own. */
#include <string.h>

#include "graph/rewrite_parts.h"

enum { X, WEIGHT, BIAS };
enum { STARTS, STOPS, STEPS };
enum { MOST_PARTS = 16 };

/* A slice along the last axis alone. */
typedef struct part {
    const sg_node *node;
    int64_t start, stop;
} part;

static bool read_part(const sg_graph *graph, const sg_node *node, part *p) {
    if (strcmp(node->op->schema.name, "slice") != 0) return false;
    const sg_shape *in = &graph->values[node->in[0]].shape, *out = &graph->values[node->out[0]].shape;
    int last = in->rank - 1;
    const sg_attr *attr = node->attr;
    for (int d = 0; d < last; d++)
        if (in->dim[d] != out->dim[d]) return false;
    for (int d = 0; d < attr[STEPS].n; d++)
        if (attr[STEPS].ints[d] != 1) return false;
    int64_t start = last < attr[STARTS].n ? attr[STARTS].ints[last] : 0;
    if (start < 0) start += in->dim[last];
    *p = (part){node, start, start + out->dim[last]};
    return start >= 0 && p->stop <= in->dim[last];
}

/* The slices that read a value; -1 where something else does, too. */
static int find_parts(const sg_rewrite *r, sg_value value, part *parts) {
    int count = 0;
    for (int i = 0; i < r->nodes; i++) {
        const sg_node *node = r->graph->nodes[i];
        for (int k = 0; r->used[i] && k < node->in_count; k++) {
            if (node->in[k] != value) continue;
            if (count == MOST_PARTS || !read_part(r->graph, node, &parts[count])) return -1;
            count++;
        }
    }
    return count;
}

static sg_value rows_of_weight(sg_graph *g, sg_value weight, int64_t start, int64_t stop) {
    int64_t starts[2] = {start, 0}, stops[2] = {stop, g->values[weight].shape.dim[1]};
    int rank = g->values[weight].shape.rank;
    return sg_emit(g, "slice", SG_IN(weight), sg_arg_ints("starts", rank, starts),
                   sg_arg_ints("stops", rank, stops));
}

/* The outputs start .. stop of the projection. */
static sg_value project(sg_rewrite *r, const sg_node *affine, const char *path, int64_t start, int64_t stop) {
    sg_graph *g = r->graph;
    sg_value in[3] = {affine->in[X], rows_of_weight(g, affine->in[WEIGHT], start, stop), SG_NO_VALUE};
    int count = affine->in_count > BIAS && affine->in[BIAS] != SG_NO_VALUE ? 3 : 2;
    if (count == 3) in[BIAS] = rows_of_weight(g, affine->in[BIAS], start, stop);
    sg_value y = sg_graph_add(g, "affine", path, in, count, NULL);
    if (y != SG_NO_VALUE) g->nodes[g->values[y].node]->mark = affine->mark;
    return y;
}

static void put_in_place(sg_rewrite *r, const part *p, sg_value value) {
    if (value == SG_NO_VALUE || value >= r->value_room) return;
    r->need[value] = r->need[p->node->out[0]];
    sg_graph_replace(r->graph, p->node->out[0], value, &r->graph->error);
}

/* A path next to that of the slice that it replaces. */
static const char *part_path(const sg_rewrite *r, const part *p, char path[1024]) {
    sg_rewrite_path(r, p->node, path);
    char *word = strstr(path, "/hidden");
    if (word) memcpy(word, "/part", sizeof "/part");
    return sg_map_find(&r->graph->by_path, path) ? NULL : path;
}

static void split(sg_rewrite *r, const sg_node *affine, const part *parts, int count, int64_t low,
                  int64_t high) {
    sg_graph *g = r->graph;
    char path[1024];
    g->prefix = affine->path;
    for (int i = 0; i < count; i++)
        if (r->need[parts[i].node->out[0]].kind == SG_NEED_ROWS)
            put_in_place(r, &parts[i],
                         project(r, affine, part_path(r, &parts[i], path), parts[i].start, parts[i].stop));
    sg_value rest = project(r, affine, NULL, low, high);
    for (int i = 0; rest != SG_NO_VALUE && i < count; i++) {
        if (r->need[parts[i].node->out[0]].kind != SG_NEED_ALL) continue;
        const sg_shape shape = g->values[rest].shape;
        int64_t starts[SG_MAX_RANK] = {0}, stops[SG_MAX_RANK];
        memcpy(stops, shape.dim, sizeof stops);
        starts[shape.rank - 1] = parts[i].start - low;
        stops[shape.rank - 1] = parts[i].stop - low;
        put_in_place(r, &parts[i],
                     sg_graph_add(g, "slice", part_path(r, &parts[i], path), SG_IN(rest),
                                  (const sg_arg[]){sg_arg_ints("starts", shape.rank, starts),
                                                   sg_arg_ints("stops", shape.rank, stops),
                                                   {0}}));
    }
    g->prefix = NULL;
}

static void split_node(sg_rewrite *r, const sg_node *node) {
    part parts[MOST_PARTS];
    if (strcmp(node->op->schema.name, "affine") != 0 || r->need[node->out[0]].kind != SG_NEED_ALL) return;
    const sg_shape *shape = &r->graph->values[node->out[0]].shape;
    int64_t all = shape->dim[shape->rank - 1], low = all, high = 0;
    int count = find_parts(r, node->out[0], parts), some = 0;
    for (int i = 0; i < count; i++) {
        const sg_need *need = &r->need[parts[i].node->out[0]];
        some += need->kind == SG_NEED_ROWS;
        if (need->kind != SG_NEED_ALL) continue;
        low = parts[i].start < low ? parts[i].start : low;
        high = parts[i].stop > high ? parts[i].stop : high;
    }
    /* Where what is needed as a whole spans all outputs, nothing is saved. */
    if (some && low < high && high - low < all) split(r, node, parts, count, low, high);
}

void sg_rewrite_split(sg_rewrite *r) {
    for (int i = 0; i < r->nodes && r->graph->error.status == SG_OK; i++)
        if (r->used[i]) split_node(r, r->graph->nodes[i]);
}
