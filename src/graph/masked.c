/* Follows masks through views and arithmetic with constants: enough for the weights of losses. */
#include "graph/masked.h"

#include <string.h>

/* Tokens in a row are a grid where a reshape makes [samples, rows, columns] of the mask. */
static void unfold(const sg_graph *graph, const sg_node *mask, sg_grid *grid) {
    for (int i = graph->values[mask->out[0]].node; i < graph->node_count; i++) {
        const sg_node *node = graph->nodes[i];
        if (strcmp(node->op->schema.name, "reshape") != 0 || node->in[0] != mask->out[0]) continue;
        const sg_shape *shape = &graph->values[node->out[0]].shape;
        if (shape->rank != 3 || shape->dim[0] != grid->samples) continue;
        grid->rows = shape->dim[1];
        grid->columns = shape->dim[2];
        return;
    }
}

bool sg_mask_grid_of(const sg_graph *graph, const sg_node *node, bool fine, sg_grid *grid,
                     sg_hidden *hidden) {
    sg_signature_space space;
    if (!node->op->hidden) return false;
    if (!node->op->hidden(sg_node_signature(graph, node, &space), hidden)) return false;
    const sg_shape *shape = &graph->values[node->out[0]].shape;
    bool flat = shape->rank == 2;
    if (fine) *hidden = (sg_hidden){1, 1, hidden->count * hidden->down * hidden->across};
    *grid = (sg_grid){
        .samples = shape->dim[0],
        .rows = flat ? 1 : shape->dim[1] / hidden->down,
        .columns = shape->dim[flat ? 1 : 2] / hidden->across,
        .chosen = hidden->count,
    };
    if (flat && hidden->across == 1) unfold(graph, node, grid);
    return true;
}

static void start(const sg_graph *graph, const sg_node *node, bool fine, sg_masked *out) {
    sg_grid grid;
    sg_hidden hidden;
    if (!sg_mask_grid_of(graph, node, fine, &grid, &hidden) || grid.rows * grid.columns < 2) return;
    unsigned cells = sg_grid_coordinates(&grid);
    int rank = graph->values[node->out[0]].shape.rank;
    *out = (sg_masked){.known = true, .mask = node->out[0], .hidden = 1, .rows = {.rank = rank}};
    out->rows.axis[0].inner = 1;
    if (rank == 3) out->rows.axis[1] = (sg_row_axis){cells & SG_CELL_ROW, 0, hidden.down};
    out->rows.axis[rank - 1] = (sg_row_axis){rank == 2 ? cells : cells & SG_CELL_COLUMN, 0, hidden.across};
}

/* ---- arithmetic ---- */

static bool calculate(const char *op, int count, const double *x, double *y) {
    double b = count > 1 ? x[1] : 0;
    if (strcmp(op, "add") == 0) return *y = x[0] + b, true;
    if (strcmp(op, "sub") == 0) return *y = x[0] - b, true;
    if (strcmp(op, "mul") == 0) return *y = x[0] * b, true;
    if (strcmp(op, "div") == 0 && b != 0) return *y = x[0] / b, true;
    if (strcmp(op, "neg") == 0) return *y = -x[0], true;
    if (strcmp(op, "where") == 0) return *y = x[0] != 0 ? b : x[2], true;
    if (strcmp(op, "maximum") == 0) return *y = x[0] > b ? x[0] : b, true;
    if (strcmp(op, "minimum") == 0) return *y = x[0] < b ? x[0] : b, true;
    if (strcmp(op, "logical_not") == 0) return *y = x[0] == 0, true;
    if (strcmp(op, "equal") == 0) return *y = x[0] == b, true;
    if (strcmp(op, "not_equal") == 0) return *y = x[0] != b, true;
    if (strcmp(op, "greater") == 0) return *y = x[0] > b, true;
    if (strcmp(op, "less") == 0) return *y = x[0] < b, true;
    return false;
}

/* Rows of an output that `from` broadcasts to: axes without cells may grow. */
static bool broadcast_rows(const sg_rows *from, const sg_shape *shape, sg_rows *rows) {
    if (from->rank != shape->rank) return false;
    *rows = *from;
    for (int d = 1; d < shape->rank; d++)
        if (!from->axis[d].cells) rows->axis[d].inner = shape->dim[d];
    return true;
}

/* Elementwise ops on values that one mask decides. */
static void combine(const sg_graph *graph, const sg_node *node, const sg_masked *all, sg_masked *out) {
    double hidden[SG_MAX_IN], visible[SG_MAX_IN];
    const sg_shape *shape = &graph->values[node->out[0]].shape;
    sg_masked y = {.known = true, .mask = SG_NO_VALUE};
    if (node->in_count > SG_MAX_IN) return;
    for (int k = 0; k < node->in_count; k++) {
        const sg_masked *x = node->in[k] == SG_NO_VALUE ? NULL : &all[node->in[k]];
        sg_rows rows;
        if (!x || !x->known) return;
        hidden[k] = x->hidden;
        visible[k] = x->mask == SG_NO_VALUE ? x->hidden : x->visible;
        if (x->mask == SG_NO_VALUE) continue;
        if (!broadcast_rows(&x->rows, shape, &rows)) return;
        if (y.mask != SG_NO_VALUE && (y.mask != x->mask || !sg_rows_equal(&rows, &y.rows))) return;
        y.mask = x->mask;
        y.rows = rows;
    }
    const char *op = node->op->schema.name;
    if (calculate(op, node->in_count, hidden, &y.hidden) &&
        calculate(op, node->in_count, visible, &y.visible))
        *out = y;
}

/* ---- views ---- */

static bool move(const sg_graph *graph, const sg_node *node, bool fine, const sg_masked *x, sg_masked *y) {
    const char *op = node->op->schema.name;
    const sg_shape *shape = &graph->values[node->out[0]].shape;
    bool same = strcmp(op, "copy") == 0 || strcmp(op, "stop_gradient") == 0;
    bool reshape = strcmp(op, "reshape") == 0, broadcast = strcmp(op, "broadcast_to") == 0;
    /* The numbers of masks are small and whole: no type of numbers changes them. */
    if (strcmp(op, "cast") == 0) same = x->hidden == (int)x->hidden && x->visible == (int)x->visible;
    if (!same && !reshape && !broadcast) return false;
    *y = *x;
    if (same || x->mask == SG_NO_VALUE) return true;
    if (broadcast) return broadcast_rows(&x->rows, shape, &y->rows);
    sg_grid grid;
    sg_hidden hidden;
    return sg_mask_grid_of(graph, graph->nodes[graph->values[x->mask].node], fine, &grid, &hidden) &&
           sg_rows_reshape(&grid, &x->rows, shape, &y->rows);
}

static void follow(const sg_graph *graph, const sg_node *node, bool fine, sg_masked *all) {
    sg_masked *out = &all[node->out[0]];
    if (node->op->hidden) {
        start(graph, node, fine, out);
    } else if (strcmp(node->op->schema.name, "constant") == 0) {
        double value = node->attr[sg_schema_attr_index(&node->op->schema, "value")].f;
        *out = (sg_masked){.known = true, .mask = SG_NO_VALUE, .hidden = value, .visible = value};
    } else if (node->in_count && strcmp(node->op->family, "elementwise") == 0 &&
               strcmp(node->op->schema.name, "cast") != 0 && strcmp(node->op->schema.name, "copy") != 0) {
        combine(graph, node, all, out);
    } else if (node->in_count && node->in[0] != SG_NO_VALUE && all[node->in[0]].known) {
        sg_masked y;
        if (move(graph, node, fine, &all[node->in[0]], &y)) *out = y;
    }
}

const sg_masked *sg_find_masked(const sg_graph *graph, bool fine, sg_bump *memory) {
    sg_masked *all = sg_bump_array(memory, (size_t)graph->value_count + 1, sizeof *all);
    for (int i = 0; all && i < graph->node_count; i++)
        if (graph->nodes[i]->out_count) follow(graph, graph->nodes[i], fine, all);
    return all;
}
