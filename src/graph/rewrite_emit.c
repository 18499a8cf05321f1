/* Computing compact forms: by rules as far as they go, then by a gather. */
#include <stdio.h>
#include <string.h>

#include "graph/rewrite_parts.h"

const char *sg_rewrite_path(const sg_rewrite *r, const sg_node *node, char path[1024]) {
    int used = snprintf(path, 1000, "%s/%s", node->path, r->suffix);
    if (used > 999) used = 999;
    for (int copy = 2; sg_map_find(&r->graph->by_path, path); copy++)
        snprintf(path + used, (size_t)(1024 - used), ":%d", copy);
    return path;
}

static const sg_compact *find(const sg_rewrite *r, sg_value value, const sg_rows *rows, bool table) {
    for (int i = 0; i < r->compact_count; i++) {
        const sg_compact *c = &r->compact[i];
        if (c->value == value && c->table == table && sg_rows_equal(&c->rows, rows)) return c;
    }
    return NULL;
}

static void keep(sg_rewrite *r, sg_value value, const sg_rows *rows, bool table, sg_value compact) {
    if (r->compact_count == r->compact_room) {
        int room = r->compact_room ? 2 * r->compact_room : 64;
        sg_compact *grown = sg_bump_array(r->memory, (size_t)room, sizeof *grown);
        if (!grown) {
            sg_fail(&r->graph->error, SG_OUT_OF_MEMORY, "out of memory");
            return;
        }
        if (r->compact_count) memcpy(grown, r->compact, sizeof *grown * (size_t)r->compact_count);
        r->compact = grown;
        r->compact_room = room;
    }
    r->compact[r->compact_count++] = (sg_compact){value, compact, *rows, table};
}

/* ---- gathering ---- */

/* The one axis that holds whole cells along it and nothing else, right where a gather works: the places then
 * only move by what stands in front. */
static bool along(const sg_rewrite *r, const sg_rows *rows, int axis) {
    const sg_row_axis *a = &rows->axis[axis];
    return a->cells == sg_grid_coordinates(&r->grid) && a->inner == 1;
}

static sg_value moved_index(sg_rewrite *r, int64_t by) {
    sg_graph *g = r->graph;
    if (!by) return r->index;
    sg_value step =
        sg_emit(g, "constant", NULL, 0, sg_arg_float("value", (double)by), sg_arg_dtype("type", SG_I32));
    return sg_emit(g, "add", SG_IN(r->index, step));
}

/* The part of the value that cells are in. */
static sg_value cut(sg_rewrite *r, sg_value value, const sg_rows *rows, int first) {
    const sg_shape shape = r->graph->values[value].shape;
    int64_t starts[SG_MAX_RANK] = {0}, stops[SG_MAX_RANK];
    bool whole = true;
    for (int d = 0; d < shape.rank; d++) {
        const sg_row_axis *axis = &rows->axis[d];
        starts[d] = d < first ? 0 : axis->lead;
        stops[d] = d < first ? shape.dim[d] : starts[d] + sg_grid_places(&r->grid, axis->cells) * axis->inner;
        whole = whole && !starts[d] && stops[d] == shape.dim[d];
    }
    if (whole) return value;
    return sg_emit(r->graph, "slice", SG_IN(value), sg_arg_ints("starts", shape.rank, starts),
                   sg_arg_ints("stops", shape.rank, stops));
}

/* [samples, places, inner, ...] with inner axes of one entry left out; tables are without samples: `first`
 * axes stand in front of those with cells. */
static sg_value cells_first(sg_rewrite *r, sg_value value, const sg_rows *rows, int first) {
    sg_graph *g = r->graph;
    sg_shape apart = {0}, joined = {0};
    int64_t order[2 * SG_MAX_RANK];
    int at[2] = {-1, -1}, inner[SG_MAX_RANK], inners = 0, count = 0;
    value = cut(r, value, rows, first);
    if (value == SG_NO_VALUE) return value;
    if (first) apart.dim[apart.rank++] = joined.dim[joined.rank++] = r->grid.samples;
    for (int d = first; d < rows->rank; d++) {
        for (int c = 0; c < 2; c++)
            if (rows->axis[d].cells & 1u << c) {
                at[c] = apart.rank;
                apart.dim[apart.rank++] = sg_grid_places(&r->grid, 1u << c);
            }
        if (rows->axis[d].inner == 1) continue;
        inner[inners++] = apart.rank;
        apart.dim[apart.rank++] = rows->axis[d].inner;
    }
    for (int d = 0; d < first; d++) order[count++] = d;
    for (int c = 0; c < 2; c++)
        if (at[c] >= 0) order[count++] = at[c];
    for (int i = 0; i < inners; i++) order[count++] = inner[i];
    joined.dim[joined.rank++] = r->grid.rows * r->grid.columns;
    for (int i = 0; i < inners; i++) joined.dim[joined.rank++] = apart.dim[inner[i]];
    bool still = true;
    for (int d = 0; d < count; d++) still = still && order[d] == d;
    if (!still) {
        value = sg_rows_view(g, value, &apart);
        value = sg_emit(g, "permute", SG_IN(value), sg_arg_ints("axes", count, order));
    }
    return sg_rows_view(g, value, &joined);
}

static sg_value gather(sg_rewrite *r, sg_value value, const sg_rows *rows, bool table) {
    sg_graph *g = r->graph;
    char path[1024];
    int axis = table ? 0 : 1;
    const sg_node *node = g->nodes[g->values[value].node];
    sg_value index = r->index, from = value;
    g->prefix = sg_rewrite_path(r, node, path);
    if (along(r, rows, axis))
        index = moved_index(r, rows->axis[axis].lead);
    else
        from = cells_first(r, value, rows, axis);
    sg_value picked =
        sg_graph_add(g, "gather", path, SG_IN(from, index),
                     (const sg_arg[]){sg_arg_int("axis", axis), sg_arg_bool("rows", !table), {0}});
    sg_shape shape = SG_SHAPE(r->grid.samples, r->grid.chosen);
    for (int d = axis; d < rows->rank; d++) shape.dim[shape.rank++] = rows->axis[d].inner;
    picked = sg_rows_view(g, picked, &shape);
    g->prefix = NULL;
    return picked;
}

/* ---- rules ---- */

static sg_value rows_of_table(sg_rewrite *r, sg_value value, const sg_rows *rows) {
    const sg_compact *made = find(r, value, rows, true);
    if (made) return made->compact;
    sg_value picked = gather(r, value, rows, true);
    keep(r, value, rows, true, picked);
    return picked;
}

static sg_value emit(sg_rewrite *r, const sg_row_rule *rule, const sg_row_step *step) {
    char path[1024];
    sg_row_step named = *step;
    named.path = sg_rewrite_path(r, step->node, path);
    r->graph->prefix = path;
    sg_value compact = rule->emit(&named);
    r->graph->prefix = NULL;
    r->done.nodes++;
    r->done.flops += sg_rewrite_work(r, step->node);
    return compact;
}

static sg_value by_rule(sg_rewrite *r, const sg_row_rule *rule, const sg_node *node, const sg_rows *rows,
                        const sg_need *need) {
    sg_value in[SG_MAX_VARIADIC];
    for (int k = 0; k < node->in_count; k++) {
        in[k] = SG_NO_VALUE;
        if (node->in[k] == SG_NO_VALUE || need[k].kind == SG_NEED_NOTHING) continue;
        in[k] = need[k].kind == SG_NEED_ROWS    ? sg_rewrite_compact(r, node->in[k], &need[k].rows)
                : need[k].kind == SG_NEED_TABLE ? rows_of_table(r, node->in[k], &need[k].rows)
                                                : node->in[k];
        if (in[k] == SG_NO_VALUE) return SG_NO_VALUE;
    }
    return emit(r, rule, &(sg_row_step){r->graph, node, &r->grid, rows, need, in, NULL});
}

sg_value sg_rewrite_compact(sg_rewrite *r, sg_value value, const sg_rows *rows) {
    const sg_compact *made = find(r, value, rows, false);
    if (made) return made->compact;
    if (r->graph->error.status != SG_OK) return SG_NO_VALUE;
    const sg_node *node = r->graph->nodes[r->graph->values[value].node];
    sg_need *need = sg_rewrite_needs(r, node);
    const sg_row_rule *rule = need ? sg_rewrite_rule(r, value, rows, need) : NULL;
    sg_value compact = rule ? by_rule(r, rule, node, rows, need) : gather(r, value, rows, false);
    keep(r, value, rows, false, compact);
    return compact;
}
