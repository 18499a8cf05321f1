/* Which rows of each value are needed, from the losses back to the inputs. */
#include <string.h>

#include "graph/rewrite_parts.h"

static void join(sg_rewrite *r, sg_value value, const sg_need *more) {
    sg_need *need = value == SG_NO_VALUE ? NULL : &r->need[value];
    if (!need || more->kind == SG_NEED_NOTHING) return;
    bool rows = more->kind == SG_NEED_ROWS;
    if (need->kind == SG_NEED_NOTHING && rows)
        *need = *more;
    else if (!rows || need->kind != SG_NEED_ROWS || !sg_rows_equal(&need->rows, &more->rows))
        need->kind = SG_NEED_ALL;
}

bool sg_rewrite_ask(const sg_rewrite *r, const sg_node *node, const sg_rows *rows, sg_need *need) {
    const sg_graph *graph = r->graph;
    sg_row_query q = {graph, node, &r->grid, rows};
    memset(need, 0, sizeof *need * (size_t)node->in_count);
    if (!node->op->rows || !node->op->rows->need(&q, need)) return false;
    for (int k = 0; k < node->in_count; k++) {
        if (need[k].kind == SG_NEED_TABLE && !sg_rows_fit_table(&r->grid, &need[k].rows)) return false;
        if (need[k].kind != SG_NEED_ROWS) continue;
        if (!sg_rows_fit(&r->grid, &need[k].rows, &graph->values[node->in[k]].shape)) return false;
    }
    return true;
}

const sg_row_rule *sg_rewrite_rule(const sg_rewrite *r, sg_value value, const sg_rows *rows, sg_need *need) {
    const sg_value_info *info = &r->graph->values[value];
    const sg_need *has = &r->need[value];
    if (has->kind != SG_NEED_ROWS || !sg_rows_equal(&has->rows, rows) || info->output) return NULL;
    const sg_node *node = r->graph->nodes[info->node];
    return sg_rewrite_ask(r, node, rows, need) ? node->op->rows : NULL;
}

sg_need *sg_rewrite_needs(const sg_rewrite *r, const sg_node *node) {
    return sg_bump_array(r->memory, (size_t)node->in_count + 1, sizeof(sg_need));
}

static const sg_hidden_loss *loss_at(const sg_rewrite *r, int node) {
    for (int i = 0; i < r->loss_count; i++)
        if (r->loss[i].node == node) return &r->loss[i];
    return NULL;
}

static void sweep_node(sg_rewrite *r, int index) {
    const sg_node *node = r->graph->nodes[index];
    const sg_hidden_loss *loss = loss_at(r, index);
    sg_need *need = r->scratch[0], all = {.kind = SG_NEED_ALL};
    bool wanted = node->op->flags & SG_OP_UPDATE, first = true;
    for (int k = 0; k < node->out_count; k++) {
        bool here = r->need[node->out[k]].kind != SG_NEED_NOTHING;
        wanted = wanted || here;
        if (k && here) first = false;
    }
    if (!wanted) return;
    if (loss) {
        join(r, node->in[0], &(sg_need){SG_NEED_ROWS, loss->output});
        join(r, node->in[1], &(sg_need){SG_NEED_ROWS, loss->target});
        return;
    }
    const sg_need *out = node->out_count ? &r->need[node->out[0]] : &all;
    bool rows = first && out->kind == SG_NEED_ROWS && sg_rewrite_ask(r, node, &out->rows, need);
    for (int k = 0; k < node->in_count; k++) join(r, node->in[k], rows ? &need[k] : &all);
}

void sg_rewrite_sweep(sg_rewrite *r, int root_count, const sg_value *roots) {
    const sg_need all = {.kind = SG_NEED_ALL};
    for (int i = 0; i < root_count; i++) join(r, roots[i], &all);
    for (int i = r->nodes - 1; i >= 0; i--)
        if (r->used[i]) sweep_node(r, i);
}

/* ---- what it is worth ---- */

double sg_rewrite_work(const sg_rewrite *r, const sg_node *node) {
    bool symbolic = r->graph->options.batch == SG_SYMBOLIC_BATCH;
    double left_out = 1 - (double)r->grid.chosen / (double)(r->grid.rows * r->grid.columns);
    return left_out * sg_node_flops(r->graph, node, 1) / (symbolic ? 1 : (double)r->grid.samples);
}

/* Elements of a sample in the gathers that the inputs of a node come from. */
static double gathered(const sg_rewrite *r, const sg_node *node, const sg_need *need) {
    sg_need *below = r->scratch[1];
    double elements = 0;
    for (int k = 0; k < node->in_count; k++) {
        if (need[k].kind != SG_NEED_ROWS && need[k].kind != SG_NEED_TABLE) continue;
        if (need[k].kind == SG_NEED_ROWS && sg_rewrite_rule(r, node->in[k], &need[k].rows, below)) continue;
        const sg_shape shape = sg_rows_compact(&r->grid, &need[k].rows);
        elements += (double)sg_shape_elements(&shape);
    }
    return elements / (double)r->grid.samples;
}

double sg_rewrite_gain(const sg_rewrite *r) {
    const sg_graph *graph = r->graph;
    double saved = 0, moved = 0;
    for (int i = 0; i < r->nodes; i++) {
        const sg_node *node = graph->nodes[i];
        const sg_hidden_loss *loss = loss_at(r, i);
        sg_need *need = r->scratch[0];
        if (!r->used[i]) continue;
        if (loss) {
            memset(need, 0, sizeof *need * (size_t)node->in_count);
            need[0] = (sg_need){SG_NEED_ROWS, loss->output};
            need[1] = (sg_need){SG_NEED_ROWS, loss->target};
        } else if (!node->out_count || !sg_rewrite_rule(r, node->out[0], &r->need[node->out[0]].rows, need))
            continue;
        saved += sg_rewrite_work(r, node);
        moved += gathered(r, node, need);
    }
    return saved - SG_GATHER_COST * moved;
}
