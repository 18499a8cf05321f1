/* The part of a diagram that was asked for: what is near a node, or what matches a pattern. */
#include "draw/dot_model.h"

#include "simgraph/language.h"

#include <string.h>

/* ---- leaving boxes out ---- */

/* Boxes that are kept move to the front; `place` says where each went, or -1. */
static void move_boxes(sg_dot *dot, const bool *kept, int *place) {
    size_t count = 0;
    for (size_t i = 0; i < dot->box_count; i++) {
        place[i] = kept[i] ? (int)count : -1;
        if (kept[i]) dot->box[count++] = dot->box[i];
    }
    dot->box_count = count;
    for (int i = 0; i < dot->node_count; i++) {
        if (dot->node_box[i] >= 0) dot->node_box[i] = place[dot->node_box[i]];
        if (dot->reader[i] >= 0) dot->reader[i] = place[dot->reader[i]];
    }
    for (int s = 0; s < dot->scope_count; s++)
        if (dot->scope[s].box >= 0) dot->scope[s].box = place[dot->scope[s].box];
}

/* Gradients go with what they belong to, so that the chain of a box is kept as a whole or not at all. */
static void move_links(sg_dot *dot, const int *place) {
    for (size_t i = 0; i < dot->box_count; i++) {
        int *link[] = {&dot->box[i].forward, &dot->box[i].gradient, &dot->box[i].last, &dot->box[i].next};
        for (size_t k = 0; k < sizeof link / sizeof link[0]; k++)
            if (*link[k] >= 0) *link[k] = place[*link[k]];
    }
}

static void move_edges(sg_dot *dot, const int *place) {
    size_t count = 0;
    for (size_t i = 0; i < dot->edge_count; i++) {
        sg_dot_edge edge = dot->edge[i];
        edge.from = place[edge.from], edge.to = place[edge.to];
        if (edge.from >= 0 && edge.to >= 0) dot->edge[count++] = edge;
    }
    dot->edge_count = count;
}

static void close_empty_frames(sg_dot *dot) {
    for (int s = 0; s < dot->scope_count; s++) {
        bool any = false;
        for (size_t i = 0; i < dot->box_count && !any; i++) any = sg_dot_inside(dot, dot->box[i].parent, s);
        if (!any) dot->scope[s].open = false;
    }
}

static void keep(sg_dot *dot, bool *kept, int *place) {
    for (size_t i = 0; i < dot->box_count; i++)
        if (dot->box[i].part == SG_DOT_GRADIENT) kept[i] = kept[dot->box[i].forward];
    move_boxes(dot, kept, place);
    move_links(dot, place);
    move_edges(dot, place);
    close_empty_frames(dot);
}

/* ---- ways through what is left out ---- */

/* Edges that stand for ways from `box` to kept boxes through boxes that are not. */
static void reach(sg_dot *dot, sg_map *seen, int box, size_t edges, const bool *kept, int *queue, bool *met) {
    size_t head = 0, tail = 0;
    memset(met, 0, dot->box_count * sizeof *met);
    for (queue[tail++] = box; head < tail; head++)
        for (size_t i = 0; i < edges; i++) {
            const sg_dot_edge *edge = &dot->edge[i];
            int to = edge->to;
            if (edge->from != queue[head] || edge->loop || met[to] || to == box) continue;
            if (queue[head] == box && kept[to]) continue; /* an edge of its own */
            met[to] = true;
            if (!kept[to])
                queue[tail++] = to;
            else
                sg_dot_add_edge(dot, seen,
                                (sg_dot_edge){.from = box,
                                              .to = to,
                                              .label = "…",
                                              .name = "through nodes that are not drawn",
                                              .count = 1,
                                              .indirect = true,
                                              .run = -1});
        }
}

/* For every kept box; `queue` has room for one a box. */
static void join(sg_dot *dot, const bool *kept, int *queue) {
    bool *met = sg_bump_array(dot->memory, dot->box_count, sizeof *met);
    sg_map seen = {0};
    size_t edges = dot->edge_count, boxes = dot->box_count;
    if (!met) dot->failed = true;
    for (size_t i = 0; i < boxes && !dot->failed; i++)
        if (kept[i]) reach(dot, &seen, (int)i, edges, kept, queue, met);
    sg_map_finish(&seen);
}

/* ---- near a node ---- */

static const char *known_name(const void *data, size_t i) {
    const sg_dot *dot = data;
    if (i < dot->paths.count) return dot->paths.entry[i].key;
    i -= dot->paths.count;
    return i < dot->scopes_by_path.count ? dot->scopes_by_path.entry[i].key : NULL;
}

/* Marks the boxes that show a node or what is in a block. False after a message. */
static bool find_focus(const sg_dot *dot, int *distance, sg_error *error) {
    const char *name = dot->options.focus;
    const sg_map_value *node = sg_map_find(&dot->paths, name);
    const sg_map_value *scope = sg_map_find(&dot->scopes_by_path, name);
    bool any = false;
    if (!node && !scope) {
        const char *nearest = sg_nearest_name(name, known_name, dot);
        sg_fail(error, SG_BAD_USAGE, "no node or block is named `%s`%s%s%s", name,
                nearest ? "; did you mean `" : "", nearest ? nearest : "", nearest ? "`?" : "");
        return false;
    }
    for (int i = 0; i < dot->node_count; i++) {
        bool within = scope ? sg_dot_inside(dot, dot->node_scope[i], (int)scope->i) : i == (int)node->i;
        int box = within ? sg_dot_box_of(dot, i) : -1;
        if (box < 0) continue;
        distance[box] = 0;
        any = true;
    }
    if (!any)
        sg_fail(error, SG_BAD_USAGE, "`%s` has no box: constants are only drawn with everything else", name);
    return any;
}

/* Boxes at most `radius` edges away, along or against the arrows, and those one edge further. */
static void spread(sg_dot *dot, int *distance) {
    for (int d = 0; d <= dot->options.radius; d++)
        for (size_t i = 0; i < dot->edge_count; i++) {
            int from = dot->edge[i].from, to = dot->edge[i].to;
            if (dot->box[from].part != SG_DOT_FORWARD || dot->box[to].part != SG_DOT_FORWARD) continue;
            if (distance[from] == d && distance[to] < 0) distance[to] = d + 1;
            if (distance[to] == d && distance[from] < 0) distance[from] = d + 1;
        }
}

/* Counts, for every box that is kept, what lies behind it: `met` has room for one a box. */
static void count_cut(sg_dot *dot, const bool *kept, int *met) {
    for (size_t i = 0; i < dot->box_count; i++) met[i] = -1;
    for (size_t i = 0; i < dot->box_count; i++)
        for (size_t k = 0; kept[i] && k < dot->edge_count; k++) {
            const sg_dot_edge *edge = &dot->edge[k];
            int other = edge->from == (int)i ? edge->to : edge->to == (int)i ? edge->from : -1;
            if (other < 0 || kept[other] || met[other] == (int)i || dot->box[other].part != SG_DOT_FORWARD)
                continue;
            met[other] = (int)i;
            dot->box[i].cut++;
        }
}

static sg_status focus(sg_dot *dot, bool *kept, int *distance, sg_error *error) {
    for (size_t i = 0; i < dot->box_count; i++) distance[i] = -1;
    if (!find_focus(dot, distance, error)) return SG_BAD_USAGE;
    spread(dot, distance);
    for (size_t i = 0; i < dot->box_count; i++) {
        kept[i] = distance[i] >= 0;
        dot->box[i].aim = distance[i] == 0;
    }
    count_cut(dot, kept, distance);
    return SG_OK;
}

/* ---- what matches a pattern ---- */

static sg_status match(const sg_dot *dot, bool *kept, sg_error *error) {
    bool any = false;
    for (size_t i = 0; i < dot->box_count; i++) {
        const sg_dot_box *box = &dot->box[i];
        kept[i] = box->part == SG_DOT_FORWARD && sg_path_match(dot->options.only, box->id, NULL);
        any = any || kept[i];
    }
    if (!any) return sg_fail(error, SG_BAD_USAGE, "no node that is drawn matches `%s`", dot->options.only);
    return SG_OK;
}

sg_status sg_dot_narrow(sg_dot *dot, sg_error *error) {
    if (!dot->options.focus && !dot->options.only) return SG_OK;
    bool *kept = sg_bump_array(dot->memory, dot->box_count, sizeof *kept);
    int *place = sg_bump_array(dot->memory, dot->box_count, sizeof *place);
    if (!kept || !place) {
        dot->failed = true;
        return SG_OK;
    }
    sg_status status = dot->options.focus ? focus(dot, kept, place, error) : match(dot, kept, error);
    if (status == SG_OK) join(dot, kept, place);
    if (status == SG_OK && !dot->failed) keep(dot, kept, place);
    return status;
}
