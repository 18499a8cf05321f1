/* What differs between two graphs: nodes are compared by path, with their op, attributes, shapes and what
 * they read; boxes and blocks by the nodes in them. */
#include "draw/dot_model.h"

#include "draw/dot_label.h"

#include <string.h>

/* ---- nodes ---- */

static bool same_attrs(sg_dot *a, int i, const sg_dot *b, int j) {
    sg_text left = {0}, right = {0};
    sg_dot_put_attrs(&left, a, i);
    sg_dot_put_attrs(&right, b, j);
    bool same = strcmp(sg_text_get(&left), sg_text_get(&right)) == 0;
    if (left.failed || right.failed) a->failed = true;
    sg_text_finish(&left);
    sg_text_finish(&right);
    return same;
}

/* Is it the same output of nodes with the same path, as they are or as they are drawn (the last round of a
 * longer repeat is still the last)? */
static bool same_source(const sg_dot *a, sg_value x, const sg_dot *b, sg_value y) {
    if (x == SG_NO_VALUE || y == SG_NO_VALUE) return x == y;
    const sg_value_info *from = sg_graph_value(a->graph, x), *to = sg_graph_value(b->graph, y);
    const char *left = sg_graph_node(a->graph, from->node)->path;
    const char *right = sg_graph_node(b->graph, to->node)->path;
    if (from->output != to->output) return false;
    if (strcmp(left, right) == 0) return true;
    left = sg_graph_node(a->graph, a->node_drawn[from->node])->path;
    right = sg_graph_node(b->graph, b->node_drawn[to->node])->path;
    return strcmp(left, right) == 0;
}

static bool same_node(sg_dot *a, int i, const sg_dot *b, int j) {
    const sg_node *x = sg_graph_node(a->graph, i), *y = sg_graph_node(b->graph, j);
    if (x->op != y->op || x->in_count != y->in_count || x->out_count != y->out_count) return false;
    for (int k = 0; k < x->in_count; k++)
        if (!same_source(a, x->in[k], b, y->in[k])) return false;
    for (int k = 0; k < x->out_count; k++) {
        const sg_value_info *left = sg_graph_value(a->graph, x->out[k]);
        const sg_value_info *right = sg_graph_value(b->graph, y->out[k]);
        if (left->type != right->type || !sg_shape_equal(&left->shape, &right->shape)) return false;
    }
    return same_attrs(a, i, b, j);
}

/* Attributes, shapes and what is read, one a line. */
static void put_lines(sg_text *text, const sg_dot *dot, int index) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    sg_text_printf(text, "\n%s", sg_op_schema(node->op)->name);
    sg_dot_put_attrs(text, dot, index);
    for (int k = 0; k < node->out_count; k++) {
        sg_text_append(text, "\n→ ");
        sg_dot_put_shape(text, dot, sg_graph_value(dot->graph, node->out[k]));
    }
    for (int k = 0; k < node->in_count; k++) {
        char name[1024];
        if (node->in[k] == SG_NO_VALUE) continue;
        sg_text_printf(text, "\nreads %s", sg_graph_value_name(dot->graph, node->in[k], name, sizeof name));
    }
}

/* Is the line among those of the text, each of which begins with '\n'? */
static bool has_line(const char *text, const char *line, size_t length) {
    for (const char *s = text; (s = strchr(s, '\n')); s++)
        if (strncmp(s + 1, line, length) == 0 && (s[1 + length] == '\n' || !s[1 + length])) return true;
    return false;
}

void sg_dot_put_before(sg_text *text, const sg_dot *dot, int index) {
    int old = (int)sg_map_get_int(&dot->other->paths, sg_graph_node(dot->graph, index)->path, -1);
    if (old < 0) return;
    sg_text now = {0}, before = {0};
    put_lines(&now, dot, index);
    put_lines(&before, dot->other, old);
    for (const char *s = sg_text_get(&before); *s == '\n';) {
        size_t length = strcspn(s + 1, "\n");
        if (!has_line(sg_text_get(&now), s + 1, length)) {
            sg_text_append(text, "\nwas ");
            sg_text_append_bytes(text, s + 1, length);
        }
        s += 1 + length;
    }
    if (now.failed || before.failed) text->failed = true;
    sg_text_finish(&now);
    sg_text_finish(&before);
}

/* ---- boxes and blocks ---- */

static void touch_box(sg_dot *dot, int box) {
    if (box >= 0 && !dot->box[box].change) dot->box[box].change = SG_DOT_CHANGED;
}

/* Marks a block, those around it, and the box that one of them is, as changed, where nothing stronger is
 * known. */
static void touch(sg_dot *dot, int scope) {
    for (int s = scope; s >= 0; s = dot->scope[s].parent) {
        touch_box(dot, dot->scope[s].box);
        if (!dot->scope[s].change) dot->scope[s].change = SG_DOT_CHANGED;
    }
}

/* Marks what `dot` has and `other` has not. */
static void mark_own(sg_dot *dot, const sg_dot *other, sg_dot_change change) {
    for (int s = 0; s < dot->scope_count; s++)
        if (!sg_map_find(&other->scopes_by_path, dot->scope[s].scope->path)) dot->scope[s].change = change;
    for (size_t i = 0; i < dot->box_count; i++) {
        sg_dot_box *box = &dot->box[i];
        if (box->part != SG_DOT_FORWARD) continue;
        bool known =
            box->scope >= 0 ? !dot->scope[box->scope].change : sg_map_find(&other->paths, box->id) != NULL;
        if (!known) box->change = change;
    }
}

static void compare_nodes(sg_dot *now, sg_dot *before) {
    for (int i = 0; i < now->node_count; i++) {
        if (now->part[i] != SG_DOT_FORWARD || now->node_drawn[i] != i) continue;
        int j = (int)sg_map_get_int(&before->paths, sg_graph_node(now->graph, i)->path, -1);
        if (j >= 0 && same_node(now, i, before, j)) continue;
        touch_box(now, sg_dot_box_of(now, i));
        touch(now, now->node_scope[i]);
    }
    for (int j = 0; j < before->node_count; j++) {
        const char *path = sg_graph_node(before->graph, j)->path;
        if (before->part[j] != SG_DOT_FORWARD || before->node_drawn[j] != j) continue;
        int around = sg_map_find(&now->paths, path) ? -1 : sg_dot_scope_of(now, path);
        if (around >= 0) touch(now, now->scope[around].drawn);
    }
}

/* A repeat with more or fewer rounds. */
static void compare_rounds(sg_dot *now, const sg_dot *before) {
    for (int s = 0; s < now->scope_count; s++) {
        if (now->scope[s].drawn != s) continue;
        const sg_map_value *found = sg_map_find(&before->scopes_by_path, now->scope[s].scope->path);
        if (!found || before->scope[found->i].drawn != (int)found->i) continue;
        if (sg_dot_times(before, (int)found->i) != sg_dot_times(now, s)) touch(now, s);
    }
}

/* Marks the edges of `dot` that `other` does not have between the same boxes with the same label. */
static void mark_edges(sg_dot *dot, const sg_dot *other, sg_dot_change change) {
    sg_map known = {0};
    for (int turn = 0; turn < 2; turn++) {
        const sg_dot *of = turn ? dot : other;
        for (size_t i = 0; i < of->edge_count && !dot->failed; i++) {
            const sg_dot_edge *edge = &of->edge[i];
            sg_text key = {0};
            sg_text_printf(&key, "%s\n%s\n%s\n%d%d", of->box[edge->from].id, of->box[edge->to].id,
                           edge->label, edge->loop, edge->shared);
            if (key.failed || (!turn && !sg_map_put_int(&known, sg_text_get(&key), 1))) dot->failed = true;
            if (turn && !sg_map_find(&known, sg_text_get(&key))) dot->edge[i].change = change;
            sg_text_finish(&key);
        }
    }
    sg_map_finish(&known);
}

static void mark_gradients(sg_dot *dot) {
    for (size_t i = 0; i < dot->box_count; i++)
        if (dot->box[i].part == SG_DOT_GRADIENT) dot->box[i].change = dot->box[dot->box[i].forward].change;
}

void sg_dot_compare(sg_dot *now, sg_dot *before) {
    now->other = before, before->other = now;
    before->removed = true;
    mark_own(now, before, SG_DOT_ADDED);
    mark_own(before, now, SG_DOT_REMOVED);
    compare_nodes(now, before);
    compare_rounds(now, before);
    mark_edges(now, before, SG_DOT_ADDED);
    mark_edges(before, now, SG_DOT_REMOVED);
    mark_gradients(now);
    mark_gradients(before);
    if (before->failed) now->failed = true;
}
