/* Edges as text. */
#include "draw/dot_write.h"

#include "draw/dot_label.h"
#include "draw/dot_style.h"

static void write_ends(sg_text *text, const sg_dot *dot, int from, int to) {
    sg_text_append(text, "  ");
    sg_dot_put_id(text, "", dot->box[from].id);
    sg_text_append(text, " -> ");
    sg_dot_put_id(text, "", dot->box[to].id);
    sg_text_append(text, " [");
}

static void write_loop(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    const sg_dot_run *run = &dot->run[edge->run];
    write_ends(text, dot, edge->from, edge->to);
    sg_text_printf(text,
                   "label=\" × %d \", tooltip=\"each round feeds the next\", constraint=false, style=dashed, "
                   "penwidth=1.4, "
                   "fontsize=9, fontcolor=\"%s\", color=\"%s\"];\n",
                   run->count, theme->text, theme->dim);
}

static void write_flow(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    const sg_dot_box *from = &dot->box[edge->from], *to = &dot->box[edge->to];
    write_ends(text, dot, edge->from, edge->to);
    sg_text_append(text, "label=\" ");
    if (edge->count > 1) sg_text_printf(text, "%d × ", edge->count);
    sg_dot_put_quoted(text, edge->label);
    sg_text_append(text, " \", tooltip=\"");
    sg_dot_put_quoted(text, edge->name);
    sg_text_append(text, "\", labeltooltip=\"");
    sg_dot_put_quoted(text, edge->name);
    sg_text_append_char(text, '"');
    if (edge->shared)
        sg_text_append(text, ", style=dotted, constraint=false");
    else if (from->spine && to->spine && to->level == from->level + 1)
        sg_text_append(text, ", weight=20");
    sg_text_append(text, "];\n");
}

/* Gradients are laid out in the order of the forward pass, so that each stands beside its box. */
static void write_gradient(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    const sg_dot_box *from = &dot->box[edge->from], *to = &dot->box[edge->to];
    bool backward = from->part == SG_DOT_GRADIENT && to->part == SG_DOT_GRADIENT;
    bool saved = from->part == SG_DOT_FORWARD;
    write_ends(text, dot, backward ? edge->to : edge->from, backward ? edge->from : edge->to);
    if (*edge->label) {
        sg_text_append(text, "label=\" ");
        sg_dot_put_quoted(text, edge->label);
        sg_text_append(text, " \", ");
    }
    sg_text_append(text, "tooltip=\"");
    sg_dot_put_quoted(text, edge->name);
    sg_text_printf(text, "\", color=\"%s\"", saved ? theme->edge : theme->gradient);
    if (backward) sg_text_append(text, ", dir=back");
    if (backward && from->spine && to->spine) sg_text_append(text, ", weight=10");
    if (saved) sg_text_append(text, ", style=dotted, constraint=false");
    if (to->part == SG_DOT_UPDATE && !saved && from->part == SG_DOT_GRADIENT)
        sg_text_append(text, ", penwidth=0.6, constraint=false");
    sg_text_append(text, "];\n");
}

/* A dotted line from a box to the gradient beside it. */
static void write_tie(sg_text *text, const sg_dot *dot, const sg_dot_box *box) {
    const sg_dot_box *gradient = &dot->box[box->gradient];
    sg_text_append(text, "  { rank=same; ");
    sg_dot_put_id(text, "", box->id);
    sg_text_append(text, " -> ");
    sg_dot_put_id(text, "", gradient->id);
    sg_text_printf(text, " [style=dotted, color=\"%s\", arrowhead=none, minlen=2, tooltip=\"\"]; }\n",
                   sg_dot_theme_of(&dot->options)->gradient);
}

void sg_dot_write_edges(sg_text *text, const sg_dot *dot) {
    for (size_t i = 0; i < dot->edge_count; i++) {
        const sg_dot_edge *edge = &dot->edge[i];
        if (edge->loop)
            write_loop(text, dot, edge);
        else if (dot->box[edge->to].part == SG_DOT_FORWARD)
            write_flow(text, dot, edge);
        else
            write_gradient(text, dot, edge);
    }
    for (size_t i = 0; i < dot->box_count; i++)
        if (dot->box[i].part == SG_DOT_FORWARD && dot->box[i].gradient >= 0)
            write_tie(text, dot, &dot->box[i]);
}
