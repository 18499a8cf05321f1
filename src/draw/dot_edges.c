/* Edges as text. What an edge carries is written in its middle. An invisible node there, as wide as the words
 * and without height, keeps room for them: Graphviz then keeps straight lines straight, never lets words run
 * into a box, a frame or another line, and a picture of many ranks stays low. The words themselves are the
 * label of the second half's tail, on a ground of the colour of the frame. */
#include "draw/dot_write.h"

#include "draw/dot_label.h"
#include "draw/dot_style.h"

#include <string.h>

enum {
    LABEL_SIZE = 8, /* points */
    STRAIGHT = 1000 /* outweighs everything else that is near */
};

static void put_box_id(sg_text *text, const sg_dot *dot, int box) {
    sg_dot_put_id(text, "", dot->box[box].id);
}

/* "from > to", and a number from the second edge between the same boxes on. */
static void put_label_id(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    sg_text id = {0};
    sg_text_append_char(text, '"');
    if (edge->change == SG_DOT_REMOVED) sg_text_append(text, "- ");
    sg_dot_put_id(&id, "", dot->box[edge->from].id);
    sg_text_append_bytes(text, sg_text_get(&id) + 1, id.length > 2 ? id.length - 2 : 0);
    sg_text_append(text, " > ");
    sg_text_clear(&id);
    sg_dot_put_id(&id, "", dot->box[edge->to].id);
    sg_text_append_bytes(text, sg_text_get(&id) + 1, id.length > 2 ? id.length - 2 : 0);
    if (edge->parallel) sg_text_printf(text, " %d", edge->parallel + 1);
    sg_text_append_char(text, '"');
    if (id.failed) text->failed = true;
    sg_text_finish(&id);
}

static bool is_left_out(const sg_dot *dot, const sg_dot_edge *edge) {
    return dot->removed && edge->change != SG_DOT_REMOVED;
}

static bool carries_value(const sg_dot *dot, const sg_dot_edge *edge) {
    if (edge->loop || edge->indirect || dot->box[edge->to].part != SG_DOT_FORWARD) return false;
    return edge->shared || dot->box[edge->from].kind != SG_DOT_KIND_STORED;
}

static bool says_the_same(const sg_dot_edge *a, const sg_dot_edge *b) {
    return a->count == b->count && a->change == b->change && a->shared == b->shared &&
           strcmp(a->label, b->label) == 0;
}

/* Where every line from a box would say the same, one says it: the straight one, or else the first. */
static bool has_words(const sg_dot *dot, const sg_dot_edge *edge) {
    if (!carries_value(dot, edge)) return false;
    const sg_dot_edge *teller = NULL;
    for (size_t i = 0; i < dot->edge_count; i++) {
        const sg_dot_edge *other = &dot->edge[i];
        if (other->from != edge->from || is_left_out(dot, other) || !carries_value(dot, other)) continue;
        if (!says_the_same(edge, other)) return true;
        if (!teller || (sg_dot_on_spine(dot, other) && !sg_dot_on_spine(dot, teller))) teller = other;
    }
    return teller == edge;
}

/* Attributes of an edge that only one of two graphs has. */
static void put_change(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    if (edge->change)
        sg_text_printf(text, ", color=\"%s\", penwidth=1.8%s",
                       sg_dot_theme_of(&dot->options)->change[edge->change],
                       edge->change == SG_DOT_REMOVED ? ", style=dashed" : "");
}

/* Do the two belong to boxes that follow each other on the spine? */
static bool forward_neighbours(const sg_dot *dot, const sg_dot_box *from, const sg_dot_box *to) {
    if (!from->spine || !to->spine || from->forward < 0 || to->forward < 0) return false;
    return dot->box[from->forward].level == dot->box[to->forward].level + 1;
}

bool sg_dot_on_spine(const sg_dot *dot, const sg_dot_edge *edge) {
    const sg_dot_box *from = &dot->box[edge->from], *to = &dot->box[edge->to];
    if (dot->removed) return false; /* the newer graph has the straight line */
    if (from->part == SG_DOT_GRADIENT) return forward_neighbours(dot, from, to);
    return from->spine && to->spine && to->level == from->level + 1 && !edge->shared;
}

/* How many frames are around both ends. */
static int depth_of_edge(const sg_dot *dot, const sg_dot_edge *edge) {
    int depth = 0;
    for (int s = dot->box[edge->from].parent; s >= 0; s = dot->scope[s].parent)
        depth += sg_dot_inside(dot, dot->box[edge->to].parent, s);
    return depth;
}

/* The scope directly inside `scope` that holds the box, or -1. */
static int child_with(const sg_dot *dot, const sg_dot_box *box, int scope) {
    int child = box->scope >= 0 ? box->scope : box->parent;
    while (child >= 0 && dot->scope[child].parent != scope) child = dot->scope[child].parent;
    return child;
}

/* The innermost scope around both ends; *group is the group of rounds around both, or -1. */
static int scope_of_edge(const sg_dot *dot, const sg_dot_edge *edge, int *group) {
    const sg_dot_box *from = &dot->box[edge->from], *to = &dot->box[edge->to];
    int scope = from->parent;
    while (!sg_dot_inside(dot, to->parent, scope)) scope = dot->scope[scope].parent;
    int a = child_with(dot, from, scope), b = child_with(dot, to, scope);
    *group = a >= 0 && b >= 0 && dot->scope[a].run == dot->scope[b].run ? dot->scope[a].run : -1;
    return scope;
}

static bool turned(const sg_dot *dot) {
    return strcmp(dot->options.rankdir, "LR") == 0;
}

static void put_words(sg_text *words, const sg_dot_edge *edge) {
    if (edge->count > 1) sg_text_printf(words, "%d × ", edge->count);
    sg_text_append(words, edge->label);
}

/* Room for the words; where ranks are columns, for their height as well. */
static void write_label(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    sg_text words = {0};
    put_words(&words, edge);
    put_label_id(text, dot, edge);
    int width = sg_dot_words_width(sg_text_get(&words), LABEL_SIZE) + 4; /* in points */
    sg_text_printf(text, " [width=%d.%02d", width / 72, width % 72 * 100 / 72);
    sg_text_append(text, turned(dot) ? ", height=0.15];\n" : "];\n");
    if (words.failed) text->failed = true;
    sg_text_finish(&words);
}

/* The colour of what a label lies on: frames alternate with their depth, groups of rounds count. */
static const char *ground_of(const sg_dot *dot, const sg_dot_edge *edge) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    int group, depth = 0;
    int scope = scope_of_edge(dot, edge, &group);
    if (group >= 0 && dot->run[group].period > 1) depth++;
    for (; scope >= 0; scope = dot->scope[scope].parent) {
        int run = dot->scope[scope].run;
        depth += 1 + (run >= 0 && dot->run[run].period > 1);
    }
    return depth ? theme->frame[depth % 2] : theme->paper;
}

/* The words, as the label of the tail; a little before the middle, to leave room for the arrow's head. */
static void put_label(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    sg_text words = {0};
    put_words(&words, edge);
    sg_text_printf(text,
                   ", tailclip=false, labelangle=180, labeldistance=%s, taillabel=<<TABLE BORDER=\"0\" "
                   "CELLSPACING=\"0\" CELLPADDING=\"0\" BGCOLOR=\"%s\"><TR><TD><FONT COLOR=\"%s\">",
                   turned(dot) ? "0" : "0.3", ground_of(dot, edge), sg_dot_theme_of(&dot->options)->dim);
    sg_dot_put_html(text, sg_text_get(&words));
    sg_text_append(text, "</FONT></TD></TR></TABLE>>, tailtooltip=\"");
    sg_dot_put_quoted(text, edge->name);
    sg_text_append_char(text, '"');
    if (words.failed) text->failed = true;
    sg_text_finish(&words);
}

static void indent(sg_text *text, int level) {
    for (int i = 0; i <= level; i++) sg_text_append(text, "  ");
}

void sg_dot_write_labels(sg_text *text, const sg_dot *dot, int scope, int group, int level) {
    bool any = false;
    for (size_t i = 0; i < dot->edge_count; i++) {
        int its_group;
        const sg_dot_edge *edge = &dot->edge[i];
        if (is_left_out(dot, edge) || scope_of_edge(dot, edge, &its_group) != scope || its_group != group ||
            !has_words(dot, edge)) /* last, since it looks at all edges */
            continue;
        if (!any) {
            indent(text, level);
            sg_text_append(text, "{ node [style=invis, label=\"\", fixedsize=true, height=0.01];\n");
            any = true;
        }
        indent(text, level + 1);
        write_label(text, dot, edge);
    }
    if (any) {
        indent(text, level);
        sg_text_append(text, "}\n");
    }
}

static void begin_line(sg_text *text, const sg_dot *dot, int from, int to, const char *tooltip) {
    sg_text_append(text, "  ");
    put_box_id(text, dot, from);
    sg_text_append(text, " -> ");
    put_box_id(text, dot, to);
    sg_text_append(text, " [tooltip=\"");
    sg_dot_put_quoted(text, tooltip);
}

static void write_loop(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    begin_line(text, dot, edge->from, edge->to, "each round feeds the next");
    sg_text_printf(text, "\", constraint=false, style=%s, penwidth=1.6, color=\"%s\"",
                   edge->from == edge->to ? "solid" : "dashed", sg_dot_theme_of(&dot->options)->dim);
    put_change(text, dot, edge);
    sg_text_append(text, "];\n");
}

/* How strongly Graphviz keeps an edge, or half of one, short and straight. What is inside a frame is pulled
 * together more than what leads into it, so that frames stay small. Shared weights do not order the boxes. */
static void put_pull(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge, bool begin) {
    if (edge->shared)
        sg_text_append(text, begin ? ", style=dotted" : ", style=dotted, constraint=false");
    else
        sg_text_printf(text, ", weight=%d",
                       sg_dot_on_spine(dot, edge) ? STRAIGHT
                                                  : (begin ? 2 : 1) * (1 + 2 * depth_of_edge(dot, edge)));
}

static void write_flow(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    /* The label stands near where the value comes from. */
    sg_text attributes[2] = {{0}, {0}};
    sg_text_append(&attributes[0], ", arrowhead=none");
    for (int half = 0; half < 2; half++) put_pull(&attributes[half], dot, edge, !half);
    for (int half = 0; half < 2; half++) {
        sg_text_append(text, half ? "; " : "  ");
        if (half)
            put_label_id(text, dot, edge);
        else
            put_box_id(text, dot, edge->from);
        sg_text_append(text, " -> ");
        if (half)
            put_box_id(text, dot, edge->to);
        else
            put_label_id(text, dot, edge);
        sg_text_append(text, " [tooltip=\"");
        sg_dot_put_quoted(text, edge->name);
        sg_text_printf(text, "\"%s", sg_text_get(&attributes[half]));
        if (half)
            put_label(text, dot, edge);
        else
            sg_text_append(text, ", headclip=false");
        put_change(text, dot, edge);
        sg_text_append_char(text, ']');
        if (attributes[half].failed) text->failed = true;
        sg_text_finish(&attributes[half]);
    }
    sg_text_append(text, ";\n");
}

/* A line whose value another one tells: as many ranks as with words. */
static void write_silent(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    begin_line(text, dot, edge->from, edge->to, edge->name);
    sg_text_append(text, "\", minlen=2");
    put_pull(text, dot, edge, false);
    put_change(text, dot, edge);
    sg_text_append(text, "];\n");
}

/* A weight's shape stands in its box; without a label on the way, the box stays inside the frame of its
 * reader. Ways through boxes that are not drawn have no label either. */
static void write_read(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    begin_line(text, dot, edge->from, edge->to, edge->name);
    sg_text_append(text, edge->indirect ? "\", style=dashed, weight=2, minlen=2" : "\"");
    put_change(text, dot, edge);
    sg_text_append(text, "];\n");
}

/* Gradients are laid out in the order of the forward pass, so that each stands beside its box, and drawn
 * against it: they flow upwards. */
static void write_gradient(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    begin_line(text, dot, edge->to, edge->from, edge->name);
    sg_text_printf(text, "\", color=\"%s\", dir=back", sg_dot_theme_of(&dot->options)->gradient);
    if (forward_neighbours(dot, &dot->box[edge->from], &dot->box[edge->to]))
        sg_text_append(text, ", weight=500");
    sg_text_append(text, "];\n");
}

/* It stands for the gradients of all weights, and leaves the outermost frame. */
static void put_bundle(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    int scope = dot->box[edge->from].parent;
    sg_text_append(text, ", penwidth=3, arrowsize=0.8");
    if (scope < 0) return;
    while (dot->scope[scope].parent >= 0) scope = dot->scope[scope].parent;
    sg_text_append(text, ", ltail=");
    sg_dot_put_id(text, "cluster ", dot->scope[scope].scope->path);
}

/* The update stands beside what it comes after, and flows with the forward pass again. */
static void write_update(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    begin_line(text, dot, edge->from, edge->to, edge->name);
    sg_text_printf(text, "\", color=\"%s\"", sg_dot_theme_of(&dot->options)->gradient);
    if (dot->box[edge->from].part == SG_DOT_GRADIENT) put_bundle(text, dot, edge);
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
        if (is_left_out(dot, edge)) continue;
        if (edge->loop)
            write_loop(text, dot, edge);
        else if (has_words(dot, edge))
            write_flow(text, dot, edge);
        else if (carries_value(dot, edge))
            write_silent(text, dot, edge);
        else if (dot->box[edge->to].part == SG_DOT_FORWARD)
            write_read(text, dot, edge);
        else if (dot->box[edge->to].part == SG_DOT_UPDATE && dot->box[edge->from].part != SG_DOT_FORWARD)
            write_update(text, dot, edge);
        else
            write_gradient(text, dot, edge);
    }
    for (size_t i = 0; i < dot->box_count; i++)
        if (dot->box[i].part == SG_DOT_FORWARD && dot->box[i].gradient >= 0 &&
            (!dot->removed || dot->box[i].change == SG_DOT_REMOVED))
            write_tie(text, dot, &dot->box[i]);
}
