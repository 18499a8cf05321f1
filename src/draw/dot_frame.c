/* The frames of blocks and their titles. */
#include "draw/dot_frame.h"

#include "draw/dot_label.h"
#include "draw/dot_style.h"

#include <stdio.h>
#include <string.h>

static void indent(sg_text *text, int level) {
    for (int i = 0; i <= level; i++) sg_text_append(text, "  ");
}

static void put_title_id(sg_text *text, const char *prefix, const char *id) {
    char whole[32];
    snprintf(whole, sizeof whole, "title %s", prefix);
    sg_dot_put_id(text, whole, id);
}

/* Orders two nodes of one rank. Ranks that are columns are filled from below. */
static void write_pair(sg_text *text, const sg_dot *dot, const char *left, const char *right, int level) {
    bool turned = strcmp(dot->options.rankdir, "LR") == 0;
    indent(text, level);
    sg_text_printf(text, "{ rank=same; %s -> %s [style=invis]; }\n", turned ? right : left,
                   turned ? left : right);
}

static bool is_stored(const sg_dot_box *box) {
    return box->kind == SG_DOT_KIND_STORED;
}

void sg_dot_write_title(sg_text *text, const sg_dot *dot, const char *prefix, const char *id,
                        const char *label, const sg_dot_box *first, int level) {
    sg_text left = {0};
    put_title_id(&left, prefix, id);
    indent(text, level);
    sg_text_printf(text, "%s [shape=plain, style=\"\", label=<%s>];\n", sg_text_get(&left), label);
    /* Stored values of one op stand in a row: the title comes before all of them, since Graphviz can fail to
     * lead even an invisible edge past one to the next. */
    const sg_dot_box *end = dot->box + dot->box_count;
    if (first && first->gradient >= 0) { /* which Graphviz would put on its other side */
        sg_text gradient = {0};
        sg_dot_put_id(&gradient, "", dot->box[first->gradient].id);
        write_pair(text, dot, sg_text_get(&left), sg_text_get(&gradient), level);
        if (gradient.failed) text->failed = true;
        sg_text_finish(&gradient);
    }
    for (const sg_dot_box *box = first; box; box++) {
        sg_text right = {0};
        sg_dot_put_id(&right, "", box->id);
        write_pair(text, dot, sg_text_get(&left), sg_text_get(&right), level);
        if (left.failed || right.failed) text->failed = true;
        sg_text_finish(&left);
        left = right;
        bool more = box + 1 < end && is_stored(box) && is_stored(box + 1) && box[1].parent == box->parent &&
                    box[1].level == box->level;
        if (!more) break;
    }
    if (left.failed) text->failed = true;
    sg_text_finish(&left);
}

/* One number of a frame's title: its share as words, and as a bar beside them. Rows leave the frame narrow.
 */
static void write_number(sg_text *text, const sg_dot *dot, const char *number, double value, double whole) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    sg_text_printf(text, "<TR><TD ALIGN=\"LEFT\"><FONT POINT-SIZE=\"8\" COLOR=\"%s\">%s", theme->dim, number);
    sg_dot_put_share(text, value, whole);
    sg_text_append(text, "&nbsp;</FONT></TD><TD>");
    sg_dot_put_bar(text, dot, value, whole, theme->dim, true);
    sg_text_append(text, "</TD></TR>");
}

static void write_numbers(sg_text *text, const sg_dot *dot, const sg_dot_scope *scope, int times) {
    const sg_dot_cost *cost = &scope->cost, *whole = &dot->total[SG_DOT_FORWARD];
    double value[] = {cost->parameters, cost->flops, cost->bytes, scope->seconds};
    double all[] = {whole->parameters, whole->flops, whole->bytes, dot->seconds};
    for (int k = 0; k < 4; k++) {
        sg_text number = {0};
        if (value[k] <= (k < 3 ? 0.5 : 0)) continue; /* less than one of anything */
        if (times > 1 && k < 3) sg_text_printf(&number, "%d × ", times);
        if (k < 2)
            sg_dot_put_count(&number, value[k], k ? "FLOP" : "params");
        else if (k == 2)
            sg_dot_put_bytes(&number, value[k]);
        else
            sg_dot_put_seconds(&number, value[k]);
        write_number(text, dot, sg_text_get(&number), value[k] * (k < 3 ? times : 1), all[k]);
        if (number.failed) text->failed = true;
        sg_text_finish(&number);
    }
}

int sg_dot_times_before(const sg_dot *dot, int index) {
    const sg_map_value *found =
        dot->other ? sg_map_find(&dot->other->scopes_by_path, dot->scope[index].scope->path) : NULL;
    bool drawn = found && dot->other->scope[found->i].drawn == (int)found->i;
    return drawn ? sg_dot_times(dot->other, (int)found->i) : 0;
}

void sg_dot_frame_title(sg_text *text, const sg_dot *dot, int index) {
    const sg_dot_scope *scope = &dot->scope[index];
    sg_text name = {0}, numbers = {0};
    int times = sg_dot_times(dot, index), before = sg_dot_times_before(dot, index);
    sg_dot_scope_name(&name, dot, index);
    sg_text_printf(text,
                   "<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\"><TR><TD ALIGN=\"LEFT\" "
                   "COLSPAN=\"2\" CELLPADDING=\"2\"><FONT COLOR=\"%s\"><B>%s",
                   sg_dot_theme_of(&dot->options)->text, sg_dot_change_sign(scope->change));
    sg_dot_put_html(text, sg_text_get(&name));
    sg_text_append(text, ": ");
    sg_dot_put_html(text, scope->scope->block);
    if (times > 1) sg_text_printf(text, " × %d", times);
    if (before && before != times) sg_text_printf(text, " (was × %d)", before);
    sg_text_append(text, "</B></FONT></TD></TR>");
    if (scope->note) {
        sg_text_printf(text, "<TR><TD ALIGN=\"LEFT\" COLSPAN=\"2\"><FONT POINT-SIZE=\"8\" COLOR=\"%s\">",
                       sg_dot_theme_of(&dot->options)->dim);
        sg_dot_put_html(text, scope->note);
        sg_text_append(text, "</FONT></TD></TR>");
    }
    write_numbers(&numbers, dot, scope, times);
    sg_text_append(text, sg_text_get(&numbers));
    sg_text_append(text, "</TABLE>");
    if (numbers.failed) text->failed = true;
    sg_text_finish(&numbers);
    if (name.failed) text->failed = true;
    sg_text_finish(&name);
}

void sg_dot_open_frame(sg_text *text, const sg_dot *dot, const char *prefix, const char *id,
                       const char *tooltip, int level, const char *style, const char *line) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    indent(text, level - 1);
    sg_text_append(text, "subgraph ");
    sg_dot_put_id(text, prefix, id);
    sg_text_append(text, " {\n");
    indent(text, level);
    sg_text_append(text, "graph [id=");
    sg_dot_put_id(text, prefix, id);
    sg_text_printf(
        text,
        ", label=\"\", style=\"rounded,filled%s\", fillcolor=\"%s\", color=\"%s\", margin=8, tooltip=\"",
        style, theme->frame[level % 2], line ? line : theme->frame_line);
    sg_dot_put_quoted(text, tooltip);
    sg_text_append(text, "\"];\n");
}
