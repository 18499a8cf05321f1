/* Rows that are the same for all hidden cells, computed once.
 *
 * Where hidden cells are replaced by one learned token and no position is added, they have the same row until
 * tokens are mixed: the first block's normalisation and projection to queries, keys and values. Such a value
 * is computed for the visible tokens, those in front of the cells, and one hidden cell, and a gather repeats
 * the row of that one. Values are [samples, tokens, ...] here: every token counts as a cell, the hidden ones
 * begin behind `lead` others. */
#include <string.h>

#include "graph/rewrite_parts.h"

typedef struct sharing {
    sg_rewrite r; /* its grid: one row of all tokens; `index`: those that are computed */
    int *lead;    /* per value: tokens in front of the cells, -1 where rows of hidden cells may differ */
    int64_t cells, hidden;
    sg_value restore; /* where the row of each token is among the computed ones */
} sharing;

static const sg_shape *shape_of(const sharing *s, sg_value value) {
    return &s->r.graph->values[value].shape;
}

/* All axes of a value of tokens. */
static sg_rows token_rows(const sg_shape *shape) {
    sg_rows rows = {.rank = shape->rank};
    for (int d = 0; d < shape->rank; d++) rows.axis[d].inner = d ? shape->dim[d] : 1;
    rows.axis[1] = (sg_row_axis){SG_CELL_COLUMN, 0, 1};
    return rows;
}

static bool set_tokens(sharing *s, const sg_shape *shape, int64_t lead) {
    s->r.grid =
        (sg_grid){shape->dim[0], 1, shape->rank > 1 ? shape->dim[1] : 0, lead + s->cells - s->hidden + 1};
    return shape->rank >= 3 && shape->dim[1] == lead + s->cells;
}

/* ---- which values ---- */

/* where(hidden, token, x): the same row wherever the condition holds. */
static bool places_token(const sharing *s, const sg_node *node, const sg_masked *masked) {
    if (strcmp(node->op->schema.name, "where") != 0) return false;
    const sg_masked *test = &masked[node->in[0]];
    if (!test->known || test->mask != s->r.mask || test->visible != 0 || test->hidden == 0) return false;
    int rank = shape_of(s, node->out[0])->rank, skipped = rank - shape_of(s, node->in[1])->rank;
    if (rank < 3 || test->rows.rank != rank || shape_of(s, node->out[0])->dim[1] != s->cells) return false;
    if (test->rows.axis[1].inner != 1 || test->rows.axis[1].cells != sg_rows_coordinates(&test->rows))
        return false;
    return skipped > 1 || shape_of(s, node->in[1])->dim[1 - skipped] == 1;
}

/* Tokens joined along their axis: the cells lie further behind, and last. */
static int lead_of_joined(const sharing *s, const sg_node *node) {
    const sg_shape *shape = shape_of(s, node->out[0]);
    int64_t axis = node->attr[0].i < 0 ? node->attr[0].i + shape->rank : node->attr[0].i;
    sg_value last = node->in[node->in_count - 1];
    if (axis != 1 || s->lead[last] < 0) return -1;
    return (int)(shape->dim[1] - shape_of(s, last)->dim[1]) + s->lead[last];
}

/* Row by row, from values whose hidden rows are the same. Views cost nothing: rows are repeated before them,
 * once for queries, keys and values. */
static int lead_by_rule(sharing *s, const sg_node *node) {
    sg_need *need = s->r.scratch[0];
    int lead = -1;
    for (int k = 0; k < node->in_count; k++)
        if (node->in[k] != SG_NO_VALUE && s->lead[node->in[k]] > lead) lead = s->lead[node->in[k]];
    const sg_shape *shape = shape_of(s, node->out[0]);
    if (lead < 0 || !node->op->rows || node->op->flags & SG_OP_VIEW || !set_tokens(s, shape, lead)) return -1;
    const sg_rows rows = token_rows(shape);
    if (!sg_rows_fit(&s->r.grid, &rows, shape) || !sg_rewrite_ask(&s->r, node, &rows, need)) return -1;
    for (int k = 0; k < node->in_count; k++) {
        if (need[k].kind == SG_NEED_TABLE) return -1;
        if (need[k].kind == SG_NEED_ROWS && s->lead[node->in[k]] != lead) return -1;
    }
    return lead;
}

static int lead_of(sharing *s, const sg_node *node, const sg_masked *masked) {
    if (places_token(s, node, masked)) return 0;
    if (strcmp(node->op->schema.name, "concat") == 0) return lead_of_joined(s, node);
    return lead_by_rule(s, node);
}

/* ---- what is worth it ---- */

/* How many nodes that are needed read a value, and whether one of them mixes tokens. */
static int readers(const sharing *s, sg_value value, bool *mixed) {
    int count = 0;
    for (int i = 0; i < s->r.nodes; i++) {
        const sg_node *node = s->r.graph->nodes[i];
        bool reads = false;
        for (int k = 0; s->r.used[i] && k < node->in_count; k++) reads = reads || node->in[k] == value;
        count += reads;
        if (reads && s->lead[node->out[0]] < 0) *mixed = true;
    }
    return count;
}

static bool by_rule(const sharing *s, sg_value value) {
    const sg_node *node = s->r.graph->nodes[s->r.graph->values[value].node];
    return s->r.graph->values[value].output == 0 && node->op->rows &&
           strcmp(node->op->schema.name, "where") != 0 && strcmp(node->op->schema.name, "concat") != 0;
}

/* Notes for the nodes above `value` that nobody else reads that rows of them will do. */
static void need_rows(sharing *s, sg_value value) {
    const sg_node *node = s->r.graph->nodes[s->r.graph->values[value].node];
    sg_need *need = sg_rewrite_needs(&s->r, node);
    bool mixed;
    s->r.need[value] = (sg_need){SG_NEED_ROWS, token_rows(shape_of(s, value))};
    if (!need || !sg_rewrite_ask(&s->r, node, &s->r.need[value].rows, need)) return;
    for (int k = 0; k < node->in_count; k++)
        if (need[k].kind == SG_NEED_ROWS && by_rule(s, node->in[k]) && readers(s, node->in[k], &mixed) == 1)
            need_rows(s, node->in[k]);
}

/* ---- what is computed ---- */

/* `lead` numbers in front of those of the cells, which follow on. */
static sg_value behind_lead(sharing *s, sg_value places, int64_t lead) {
    sg_graph *g = s->r.graph;
    sg_shape shape = SG_SHAPE(s->r.grid.samples, lead);
    if (!lead || places == SG_NO_VALUE) return places;
    sg_value first = sg_emit(g, "iota", NULL, 0, sg_arg_shape("shape", &shape), sg_arg_int("axis", 1));
    sg_value step =
        sg_emit(g, "constant", NULL, 0, sg_arg_float("value", (double)lead), sg_arg_dtype("type", SG_I32));
    return sg_emit(g, "concat", SG_IN(first, sg_emit(g, "add", SG_IN(places, step))), sg_arg_int("axis", 1));
}

/* The visible cells and then one hidden; and for each cell which of these has its row. */
static void find_places(sharing *s, int64_t lead) {
    sg_graph *g = s->r.graph;
    int64_t samples = s->r.grid.samples, visible = s->cells - s->hidden;
    sg_shape flat = SG_SHAPE(samples, s->cells);
    char path[1024];
    g->prefix = sg_rewrite_path(&s->r, g->nodes[g->values[s->r.mask].node], path);
    sg_value order = sg_emit(g, "argsort", SG_IN(sg_rows_view(g, s->r.mask, &flat)));
    sg_value rank = sg_emit(g, "argsort", SG_IN(order));
    sg_value last =
        sg_emit(g, "constant", NULL, 0, sg_arg_float("value", (double)visible), sg_arg_dtype("type", SG_I32));
    s->r.index = behind_lead(s,
                             sg_emit(g, "slice", SG_IN(order), sg_arg_ints("starts", 2, (int64_t[]){0, 0}),
                                     sg_arg_ints("stops", 2, (int64_t[]){samples, visible + 1})),
                             lead);
    s->restore = behind_lead(s, sg_emit(g, "minimum", SG_IN(rank, last)), lead);
    g->prefix = NULL;
}

static void share(sharing *s, sg_value value) {
    sg_graph *g = s->r.graph;
    char path[1024];
    const sg_shape shape = *shape_of(s, value);
    sg_shape compact = shape;
    find_places(s, s->lead[value]);
    s->r.compact_count = 0;
    sg_value rows = sg_rewrite_compact(&s->r, value, &s->r.need[value].rows);
    compact.dim[1] = s->r.grid.chosen;
    g->prefix = sg_rewrite_path(&s->r, g->nodes[g->values[value].node], path);
    sg_value all = sg_graph_add(g, "gather", path, SG_IN(sg_rows_view(g, rows, &compact), s->restore),
                                (const sg_arg[]){sg_arg_int("axis", 1), sg_arg_bool("rows", true), {0}});
    g->prefix = NULL;
    if (all != SG_NO_VALUE) sg_graph_replace(g, value, all, &g->error);
}

/* The values at which tokens begin to be mixed. */
static void share_all(sharing *s) {
    sg_graph *g = s->r.graph;
    for (int i = 0; i < s->r.nodes && g->error.status == SG_OK; i++) {
        const sg_node *node = g->nodes[i];
        bool mixed = false;
        if (!s->r.used[i] || !node->out_count || s->lead[node->out[0]] < 0 || !by_rule(s, node->out[0]))
            continue;
        readers(s, node->out[0], &mixed);
        if (!mixed) continue;
        memset(s->r.need, 0, sizeof *s->r.need * (size_t)s->r.value_room);
        set_tokens(s, shape_of(s, node->out[0]), s->lead[node->out[0]]);
        need_rows(s, node->out[0]);
        const sg_shape *shape = shape_of(s, node->out[0]);
        double restored = (double)sg_shape_elements(shape) / (double)shape->dim[0];
        if (sg_rewrite_gain(&s->r) > SG_GATHER_COST * restored) share(s, node->out[0]);
    }
}

sg_status sg_rewrite_share(sg_graph *graph, sg_value mask, int root_count, const sg_value *roots,
                           sg_rewritten *done, sg_error *error) {
    sharing s = {.r = {.graph = graph, .mask = mask, .suffix = "shared", .nodes = graph->node_count}};
    const sg_node *node = graph->nodes[graph->values[mask].node];
    if (!sg_mask_grid_of(graph, node, true, &s.r.grid, &s.r.cell)) return SG_OK;
    s.cells = s.r.grid.rows * s.r.grid.columns;
    s.hidden = s.r.grid.chosen;
    if (s.r.grid.samples < 1 || s.hidden < 2) return SG_OK;
    s.r.memory = sg_bump_create();
    const sg_masked *masked = s.r.memory ? sg_find_masked(graph, true, s.r.memory) : NULL;
    if (masked) s.lead = sg_bump_array(s.r.memory, (size_t)graph->value_count + 1, sizeof *s.lead);
    sg_status status = SG_OK;
    if (!s.lead || !sg_rewrite_allocate(&s.r)) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int v = 0; status == SG_OK && v < graph->value_count; v++) s.lead[v] = -1;
    for (int i = 0; status == SG_OK && i < s.r.nodes; i++)
        if (graph->nodes[i]->in_count && graph->nodes[i]->out_count)
            s.lead[graph->nodes[i]->out[0]] = lead_of(&s, graph->nodes[i], masked);
    if (status == SG_OK) {
        sg_rewrite_mark_used(&s.r, root_count, roots);
        share_all(&s);
        status = sg_graph_status(graph, error);
    }
    if (status == SG_OK && s.r.done.nodes) status = sg_graph_settle(graph, s.r.nodes, error);
    sg_bump_destroy(s.r.memory);
    if (!s.r.done.nodes) return status;
    done->shared += s.r.done.nodes;
    done->flops += s.r.done.flops;
    if (!done->cells) {
        done->cells = s.cells;
        done->hidden = s.hidden;
    }
    return status;
}
