/* Weights that several blocks use: where they are drawn, and the words that tell whose they are. Lines from
 * block to block would cross everything between; words stand where they are looked for. */
#include "draw/dot_model.h"

#include "base/text.h"
#include "draw/dot_label.h"
#include "simgraph/op.h"

static bool is_stored(const sg_dot *dot, int index) {
    return sg_graph_node(dot->graph, index)->op->flags & SG_OP_STORED && dot->part[index] == SG_DOT_FORWARD;
}

/* The node that gives input `k`, where that is a stored value; else -1. */
static int stored_input(const sg_dot *dot, const sg_node *node, int k) {
    if (node->in[k] == SG_NO_VALUE) return -1;
    int from = sg_graph_value(dot->graph, node->in[k])->node;
    return is_stored(dot, from) ? from : -1;
}

void sg_dot_settle(sg_dot *dot) {
    bool *settled = sg_bump_array(dot->memory, (size_t)dot->node_count, sizeof *settled);
    if (!settled) {
        dot->failed = true;
        return;
    }
    for (int i = 0; i < dot->node_count; i++) {
        const sg_node *node = sg_graph_node(dot->graph, i);
        for (int k = 0; k < node->in_count && dot->part[i] == SG_DOT_FORWARD; k++) {
            int from = stored_input(dot, node, k);
            if (from < 0) continue;
            if (sg_dot_inside(dot, dot->node_scope[i], dot->node_scope[from])) settled[from] = true;
            if (dot->adopter[from] < 0) dot->adopter[from] = i;
        }
    }
    for (int i = 0; i < dot->node_count; i++) {
        if (settled[i]) dot->adopter[i] = -1;
        if (dot->adopter[i] >= 0) dot->node_scope[i] = dot->node_scope[dot->adopter[i]];
    }
}

/* The outermost scope around `inner` that is not around `other` as well, or -1. */
static int own_branch(const sg_dot *dot, int inner, int other) {
    int branch = -1;
    for (int s = inner; s >= 0 && !sg_dot_inside(dot, other, s); s = dot->scope[s].parent) branch = s;
    return branch;
}

bool sg_dot_is_lent(const sg_dot *dot, int reader, int stored) {
    if (dot->hidden[stored] != SG_DOT_WEIGHT) return false;
    int to = own_branch(dot, dot->node_scope[reader], dot->node_scope[stored]);
    int from = own_branch(dot, dot->node_scope[stored], dot->node_scope[reader]);
    return to >= 0 && from >= 0 && dot->scope[to].drawn != dot->scope[from].drawn;
}

/* "weights of codes", once, at the block that is in `inner` and beside the one around `other`. */
static void note(sg_dot *dot, sg_map *seen, const char *what, int inner, int other) {
    int to = own_branch(dot, inner, other), from = own_branch(dot, other, inner);
    if (to < 0 || from < 0 || dot->scope[to].drawn == dot->scope[from].drawn) return;
    from = dot->scope[from].drawn;
    sg_text words = {0};
    bool fresh = false;
    sg_text_printf(&words, "%d %s %d", to, what, from);
    if (!sg_map_add(seen, sg_text_get(&words), &fresh)) dot->failed = true;
    if (fresh) {
        const char *before = dot->scope[to].note;
        sg_text_clear(&words);
        sg_text_printf(&words, "%s%s%s of ", before ? before : "", before ? ", " : "", what);
        sg_dot_scope_name(&words, dot, from);
        dot->scope[to].note = sg_bump_text(dot->memory, sg_text_get(&words));
    }
    if (words.failed || (fresh && !dot->scope[to].note)) dot->failed = true;
    sg_text_finish(&words);
}

void sg_dot_share(sg_dot *dot) {
    sg_map seen = {0};
    for (int s = 0; s < dot->scope_count; s++)
        if (dot->scope[s].scope->recompute) dot->scope[s].note = "recomputed";
    for (int i = 0; i < dot->node_count && !dot->failed; i++) {
        const sg_node *node = sg_graph_node(dot->graph, i);
        for (int k = 0; k < node->in_count && dot->part[i] == SG_DOT_FORWARD && !dot->failed; k++) {
            int from = stored_input(dot, node, k);
            if (from < 0) continue;
            note(dot, &seen, "weights", dot->node_scope[i], dot->node_scope[from]);
            const char *of = sg_node_average_of(sg_graph_node(dot->graph, from));
            int followed = of ? (int)sg_map_get_int(&dot->paths, of, -1) : -1;
            if (followed >= 0) note(dot, &seen, "averages", dot->node_scope[from], dot->node_scope[followed]);
        }
    }
    sg_map_finish(&seen);
}
