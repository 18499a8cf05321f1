/* Boxes and the frames of blocks. A frame's title is a node beside its first box: edges then go around it,
 * and it costs no height. */
#include "draw/dot_write.h"

#include "draw/dot_frame.h"
#include "draw/dot_label.h"
#include "draw/dot_style.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void indent(sg_text *text, int level) {
    for (int i = 0; i <= level; i++) sg_text_append(text, "  ");
}

/* To the line of the graph file, or nothing. */
static void put_link(sg_text *text, const sg_dot *dot, sg_mark mark) {
    if (!dot->options.links || !mark.file || mark.line <= 0) return;
    sg_text_append(text, ", URL=\"");
    sg_dot_put_quoted(text, dot->options.links);
    sg_dot_put_quoted(text, mark.file);
    sg_text_printf(text, "#L%d\"", mark.line);
}

static void write_box(sg_text *text, const sg_dot *dot, const sg_dot_box *box, int level) {
    if (dot->removed && box->change != SG_DOT_REMOVED) return;
    sg_dot_style look = sg_dot_look(dot, box);
    sg_text tooltip = {0};
    sg_dot_box_tooltip(&tooltip, dot, box);
    indent(text, level);
    sg_dot_put_id(text, "", box->id);
    sg_text_append(text, " [id=");
    sg_dot_put_id(text, "", box->id);
    sg_text_printf(text, ", class=\"%s\", shape=%s, style=\"%s%s\", color=\"%s\", fillcolor=\"", look.name,
                   look.shape, look.style, look.extra, look.line);
    if (strcmp(look.style, "striped") == 0) /* a bar at either end */
        sg_text_printf(text, "%s;0.03:%s:%s;0.03\"", look.line, look.fill, look.line);
    else
        sg_text_printf(text, "%s\"", look.fill);
    if (strstr(look.extra, "bold")) sg_text_append(text, ", penwidth=2.4"); /* that of all nodes would win */
    put_link(text, dot, sg_dot_mark_of(dot, box));
    if (sg_dot_holds_several(dot, box)) sg_text_append(text, ", peripheries=2");
    if (box->kind == SG_DOT_KIND_LOSS)
        sg_text_append(text, ", margin=\"0,0.03\""); /* corners keep enough room */
    sg_text_append(text, ", label=<");
    sg_dot_box_label(text, dot, box);
    sg_text_append(text, ">, tooltip=\"");
    sg_dot_put_quoted(text, sg_text_get(&tooltip));
    sg_text_append(text, "\"];\n");
    if (tooltip.failed) text->failed = true;
    sg_text_finish(&tooltip);
}

static void write_box_and_gradients(sg_text *text, const sg_dot *dot, const sg_dot_box *box, int level) {
    write_box(text, dot, box, level);
    for (int i = box->gradient; i >= 0; i = dot->box[i].next) write_box(text, dot, &dot->box[i], level);
}

/* The box in or under the frame that comes first. */
static const sg_dot_box *first_box(const sg_dot *dot, int scope) {
    const sg_dot_box *first = NULL;
    for (size_t i = 0; i < dot->box_count; i++) {
        const sg_dot_box *box = &dot->box[i];
        if (box->part != SG_DOT_FORWARD || !sg_dot_inside(dot, box->parent, scope)) continue;
        bool nearer = first && box->level == first->level && box->parent == scope && first->parent != scope;
        if (!first || box->level < first->level || nearer) first = box;
    }
    return first;
}

static void write_inside(sg_text *text, const sg_dot *dot, int scope, int level);

/* The newer graph has drawn this frame: more goes into it. */
static void reopen_frame(sg_text *text, const sg_dot *dot, int index, int level) {
    indent(text, level);
    sg_text_append(text, "subgraph ");
    sg_dot_put_id(text, "cluster ", dot->scope[index].scope->path);
    sg_text_append(text, " {\n");
    write_inside(text, dot, index, level + 1);
    indent(text, level);
    sg_text_append(text, "}\n");
}

static void write_scope(sg_text *text, const sg_dot *dot, int index, int level) {
    const char *path = dot->scope[index].scope->path;
    const sg_dot_scope *scope = &dot->scope[index];
    sg_text tooltip = {0}, title = {0};
    if (dot->removed && scope->change != SG_DOT_REMOVED) {
        reopen_frame(text, dot, index, level);
        return;
    }
    static const char *const styles[] = {"", ",bold", ",bold,dashed", ",bold"};
    const char *line = scope->change ? sg_dot_theme_of(&dot->options)->change[scope->change] : NULL;
    sg_dot_scope_tooltip(&tooltip, dot, index);
    sg_dot_open_frame(text, dot, "cluster ", path, sg_text_get(&tooltip), level + 1, styles[scope->change],
                      line);
    sg_dot_frame_title(&title, dot, index);
    sg_dot_write_title(text, dot, "", path, sg_text_get(&title), first_box(dot, index), level + 1);
    write_inside(text, dot, index, level + 1);
    indent(text, level);
    sg_text_append(text, "}\n");
    if (tooltip.failed || title.failed) text->failed = true;
    sg_text_finish(&tooltip);
    sg_text_finish(&title);
}

/* Does a frame hold a box? */
static bool is_filled(const sg_dot *dot, int index) {
    for (size_t i = 0; i < dot->box_count; i++)
        if (sg_dot_inside(dot, dot->box[i].parent, index)) return true;
    return false;
}

static void write_scope_or_box(sg_text *text, const sg_dot *dot, int index, int level) {
    const sg_dot_scope *scope = &dot->scope[index];
    if (scope->open && !dot->removed && !is_filled(dot, index)) return;
    if (scope->open)
        write_scope(text, dot, index, level);
    else if (scope->box >= 0)
        write_box_and_gradients(text, dot, &dot->box[scope->box], level);
}

/* Rounds that repeat in groups: a dashed frame around one group. */
static void write_group(sg_text *text, const sg_dot *dot, const sg_dot_run *run, int level) {
    const sg_dot_scope *head = &dot->scope[run->scope[0]];
    const sg_dot_scope *last = &dot->scope[run->scope[run->period * run->count - 1]];
    sg_text title = {0};
    sg_text_printf(&title, "%.*s.%" PRId64 "–%" PRId64 ": %d rounds × %d", head->base, head->tail,
                   head->round, last->round, run->period, run->count);
    sg_dot_open_frame(text, dot, "cluster rounds ", head->scope->path, sg_text_get(&title), level + 1,
                      ",dashed", NULL);
    sg_text label = {0};
    sg_text_printf(&label, "<FONT COLOR=\"%s\"><B>", sg_dot_theme_of(&dot->options)->text);
    sg_dot_put_html(&label, sg_text_get(&title));
    sg_text_append(&label, "</B></FONT>");
    const sg_dot_box *first = head->box >= 0 ? &dot->box[head->box] : first_box(dot, run->scope[0]);
    sg_dot_write_title(text, dot, "rounds ", head->scope->path, sg_text_get(&label), first, level + 1);
    for (int i = 0; i < run->period; i++) write_scope_or_box(text, dot, run->scope[i], level + 1);
    sg_dot_write_labels(text, dot, run->parent, head->run, level + 1);
    indent(text, level);
    sg_text_append(text, "}\n");
    if (title.failed || label.failed) text->failed = true;
    sg_text_finish(&title);
    sg_text_finish(&label);
}

static void write_item(sg_text *text, const sg_dot *dot, int index, int level) {
    const sg_dot_scope *scope = &dot->scope[index];
    const sg_dot_run *run = scope->run >= 0 ? &dot->run[scope->run] : NULL;
    if (!run || run->period == 1 || dot->removed)
        write_scope_or_box(text, dot, index, level);
    else if (scope->turn == 0) {
        bool any = false;
        for (int i = 0; i < run->period; i++)
            any = any || dot->scope[run->scope[i]].box >= 0 || is_filled(dot, run->scope[i]);
        if (any) write_group(text, dot, run, level);
    }
}

/* Everything directly inside a scope (-1: the diagram). */
static void write_inside(sg_text *text, const sg_dot *dot, int parent, int level) {
    for (size_t i = 0; i < dot->box_count; i++) {
        const sg_dot_box *box = &dot->box[i];
        if (box->parent == parent && box->part == SG_DOT_FORWARD && box->scope < 0)
            write_box_and_gradients(text, dot, box, level);
    }
    for (int s = 0; s < dot->scope_count; s++)
        if (dot->scope[s].parent == parent && dot->scope[s].drawn == s) write_item(text, dot, s, level);
    sg_dot_write_labels(text, dot, parent, -1, level);
}

static void write_updates(sg_text *text, const sg_dot *dot) {
    bool any = false;
    for (size_t i = 0; i < dot->box_count && !any; i++) any = dot->box[i].part == SG_DOT_UPDATE;
    if (!any) return;
    sg_dot_open_frame(text, dot, "cluster ", "update/", "once a step, after the gradients", 1, "", NULL);
    for (size_t i = 0; i < dot->box_count; i++)
        if (dot->box[i].part == SG_DOT_UPDATE) write_box(text, dot, &dot->box[i], 1);
    const sg_dot_edge *edge = sg_dot_into_update(dot);
    sg_text label = {0};
    sg_text_printf(&label,
                   "<FONT COLOR=\"%s\"><B>update</B></FONT><BR ALIGN=\"LEFT\"/><FONT POINT-SIZE=\"8\" "
                   "COLOR=\"%s\">once a step%s%s</FONT><BR ALIGN=\"LEFT\"/>",
                   sg_dot_theme_of(&dot->options)->text, sg_dot_theme_of(&dot->options)->dim,
                   edge ? ", with " : "", edge ? edge->label : "");
    /* Where ranks are rows, the title stands in the first: the update has a column of its own. */
    bool turned = strcmp(dot->options.rankdir, "LR") == 0;
    sg_dot_write_title(text, dot, "", "update/", sg_text_get(&label),
                       edge && turned ? &dot->box[edge->to] : NULL, 1);
    if (label.failed) text->failed = true;
    sg_text_finish(&label);
    sg_text_append(text, "  }\n");
}

void sg_dot_write(sg_text *text, const sg_dot *dot) {
    sg_dot_write_head(text, dot);
    write_inside(text, dot, -1, 0);
    write_updates(text, dot);
    sg_dot_write_edges(text, dot);
    if (dot->other) {
        write_inside(text, dot->other, -1, 0);
        sg_dot_write_edges(text, dot->other);
    }
    sg_text_append(text, "}\n");
}
