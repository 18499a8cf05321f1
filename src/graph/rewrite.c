/* The pass: one round for each mask that a loss looks through. */
#include "graph/rewrite_parts.h"

#include <math.h>
#include <string.h>

/* ---- losses ---- */

static bool read_loss(const sg_rewrite *r, const sg_masked *masked, int index, sg_hidden_loss *loss) {
    const sg_graph *graph = r->graph;
    const sg_node *node = graph->nodes[index];
    if (!node->op->weighted || node->in_count < 3 || node->in[2] == SG_NO_VALUE) return false;
    const sg_masked *weight = &masked[node->in[2]];
    if (!weight->known || weight->mask != r->mask || weight->visible != 0 || !(weight->hidden > 0))
        return false;
    sg_signature_space space;
    *loss = (sg_hidden_loss){.node = index, .weight = weight->hidden};
    return sg_rows_fit(&r->grid, &weight->rows, &graph->values[node->in[2]].shape) &&
           node->op->weighted(sg_node_signature(graph, node, &space), &weight->rows, &loss->output,
                              &loss->target) &&
           sg_rows_fit(&r->grid, &loss->output, &graph->values[node->in[0]].shape) &&
           sg_rows_fit(&r->grid, &loss->target, &graph->values[node->in[1]].shape);
}

/* sum(w e) / (sum(w) + eps) / repeats over all cells, where w is `weight` on hidden ones and 0 elsewhere, is
 * the same with w = weight for each of `count` elements of hidden cells and eps * repeats / count. */
static void rewrite_loss(sg_rewrite *r, const sg_hidden_loss *loss) {
    sg_graph *g = r->graph;
    sg_node *node = g->nodes[loss->node];
    char path[1024];
    const sg_shape weight = g->values[node->in[2]].shape;
    double cells = (double)r->grid.chosen / (double)(r->grid.rows * r->grid.columns);
    double weights = cells * (double)sg_shape_elements(&weight);
    sg_value output = sg_rewrite_compact(r, node->in[0], &loss->output);
    sg_value target = sg_rewrite_compact(r, node->in[1], &loss->target);
    g->prefix = sg_rewrite_path(r, node, path);
    sg_value one = sg_emit(g, "constant", NULL, 0, sg_arg_float("value", loss->weight),
                           sg_arg_dtype("type", g->values[node->in[0]].type));
    g->prefix = NULL;
    if (g->error.status != SG_OK) return;
    node->in[0] = output;
    node->in[1] = target;
    node->in[2] = one;
    node->attr[0].f /= weights;
    node->attr[0].set = true;
}

/* ---- one mask ---- */

/* The hidden cells of each sample, in the order of their places. */
static sg_value find_places(sg_rewrite *r) {
    sg_graph *g = r->graph;
    const sg_shape shape = g->values[r->mask].shape;
    int64_t starts[3] = {0}, stops[3], steps[3] = {1, r->cell.down, r->cell.across};
    char path[1024];
    memcpy(stops, shape.dim, sizeof stops);
    if (shape.rank == 2) steps[1] = r->cell.across;
    g->prefix = sg_rewrite_path(r, g->nodes[g->values[r->mask].node], path);
    sg_value mask = r->mask;
    if (r->cell.down > 1 || r->cell.across > 1)
        mask = sg_emit(g, "slice", SG_IN(mask), sg_arg_ints("starts", shape.rank, starts),
                       sg_arg_ints("stops", shape.rank, stops), sg_arg_ints("steps", shape.rank, steps));
    sg_shape flat = SG_SHAPE(r->grid.samples, r->grid.rows * r->grid.columns);
    sg_value top = sg_graph_add(g, "top_k", path, SG_IN(sg_rows_view(g, mask, &flat)),
                                (const sg_arg[]){sg_arg_int("k", r->grid.chosen), {0}});
    g->prefix = NULL;
    return top == SG_NO_VALUE ? top : top + 1;
}

void sg_rewrite_mark_used(sg_rewrite *r, int root_count, const sg_value *roots) {
    const sg_graph *graph = r->graph;
    for (int i = 0; i < root_count; i++)
        if (roots[i] != SG_NO_VALUE) r->used[graph->values[roots[i]].node] = true;
    for (int i = r->nodes - 1; i >= 0; i--) {
        const sg_node *node = graph->nodes[i];
        if (node->op->flags & SG_OP_UPDATE) r->used[i] = true;
        for (int k = 0; r->used[i] && k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE) r->used[graph->values[node->in[k]].node] = true;
    }
}

bool sg_rewrite_allocate(sg_rewrite *r) {
    /* A projection that is split has at most a few new values for each of its slices. */
    r->value_room = r->graph->value_count + 8 * r->graph->node_count;
    r->used = sg_bump_array(r->memory, (size_t)r->nodes + 1, sizeof *r->used);
    r->need = sg_bump_array(r->memory, (size_t)r->value_room + 1, sizeof *r->need);
    r->loss = sg_bump_array(r->memory, (size_t)r->nodes + 1, sizeof *r->loss);
    for (int i = 0; i < 2; i++) r->scratch[i] = sg_bump_array(r->memory, SG_MAX_VARIADIC, sizeof(sg_need));
    return r->used && r->need && r->loss && r->scratch[0] && r->scratch[1];
}

/* Looks at the graph, and changes nothing: what it would be worth to leave out what can be. */
static sg_status look(sg_rewrite *r, sg_graph *graph, sg_value mask, bool fine, int root_count,
                      const sg_value *roots, double *gain, sg_error *error) {
    *r = (sg_rewrite){
        .graph = graph, .mask = mask, .suffix = "hidden", .fine = fine, .nodes = graph->node_count};
    const sg_node *node = graph->nodes[graph->values[mask].node];
    *gain = 0;
    if (!sg_mask_grid_of(graph, node, fine, &r->grid, &r->cell)) return SG_OK;
    if (r->grid.samples < 1 || r->grid.chosen < 1 || r->grid.chosen >= r->grid.rows * r->grid.columns)
        return SG_OK;
    r->memory = sg_bump_create();
    const sg_masked *masked = r->memory ? sg_find_masked(graph, fine, r->memory) : NULL;
    if (!masked || !sg_rewrite_allocate(r)) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_rewrite_mark_used(r, root_count, roots);
    for (int i = 0; i < r->nodes; i++)
        if (r->used[i] && read_loss(r, masked, i, &r->loss[r->loss_count])) r->loss_count++;
    if (!r->loss_count) return SG_OK;
    sg_rewrite_sweep(r, root_count, roots);
    *gain = sg_rewrite_gain(r);
    return SG_OK;
}

static sg_status change(sg_rewrite *r, sg_error *error) {
    sg_rewrite_split(r);
    r->index = find_places(r);
    for (int i = 0; i < r->loss_count; i++) rewrite_loss(r, &r->loss[i]);
    sg_status status = sg_graph_status(r->graph, error);
    return status == SG_OK ? sg_graph_settle(r->graph, r->nodes, error) : status;
}

/* Maps that are coarser than the mask have whole squares of it only; rows of tokens have its entries only. */
static sg_status rewrite_for(sg_graph *graph, sg_value mask, int root_count, const sg_value *roots,
                             sg_rewritten *done, sg_error *error) {
    sg_rewrite r[2] = {{0}};
    double gain[2] = {0};
    sg_status status = SG_OK;
    for (int fine = 0; status == SG_OK && fine < 2; fine++)
        if (!fine || r[0].cell.down > 1 || r[0].cell.across > 1)
            status = look(&r[fine], graph, mask, fine, root_count, roots, &gain[fine], error);
    sg_rewrite *best = gain[1] > gain[0] ? &r[1] : &r[0];
    if (status == SG_OK && fmax(gain[0], gain[1]) > 0) status = change(best, error);
    for (int fine = 0; fine < 2; fine++) sg_bump_destroy(r[fine].memory);
    if (!best->done.nodes) return status;
    done->nodes += best->done.nodes;
    done->flops += best->done.flops;
    done->cells = best->grid.rows * best->grid.columns;
    done->hidden = best->grid.chosen;
    return status;
}

sg_status sg_graph_rewrite(sg_graph *graph, int root_count, const sg_value *roots, sg_rewritten *done,
                           sg_error *error) {
    *done = (sg_rewritten){0};
    sg_status status = sg_graph_status(graph, error);
    int values = graph->value_count;
    for (sg_value v = 0; status == SG_OK && v < values; v++) {
        const sg_value_info *info = &graph->values[v];
        if (info->output == 0 && graph->nodes[info->node]->op->hidden)
            status = rewrite_for(graph, v, root_count, roots, done, error);
        info = &graph->values[v];
        if (status == SG_OK && info->output == 0 && graph->nodes[info->node]->op->hidden)
            status = sg_rewrite_share(graph, v, root_count, roots, done, error);
    }
    return status;
}
