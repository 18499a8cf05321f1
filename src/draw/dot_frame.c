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

void sg_dot_write_title(sg_text *text, const sg_dot *dot, const char *prefix, const char *id,
                        const char *label, const sg_dot_box *first, int level) {
    indent(text, level);
    put_title_id(text, prefix, id);
    sg_text_printf(text, " [shape=plain, style=\"\", label=<%s>];\n", label);
    if (!first) return;
    indent(text, level);
    /* Left of the box; where ranks are columns, which Graphviz fills from below, above it. */
    bool turned = strcmp(dot->options.rankdir, "LR") == 0;
    sg_text_append(text, "{ rank=same; ");
    if (turned)
        sg_dot_put_id(text, "", first->id);
    else
        put_title_id(text, prefix, id);
    sg_text_append(text, " -> ");
    if (turned)
        put_title_id(text, prefix, id);
    else
        sg_dot_put_id(text, "", first->id);
    sg_text_append(text, " [style=invis]; }\n");
}

/* One line of a frame's title: a number, its share, and a bar of it. */
static void write_line(sg_text *text, const sg_dot *dot, const char *number, double value, double whole) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    sg_text_printf(text, "<TR><TD ALIGN=\"LEFT\"><FONT POINT-SIZE=\"8\" COLOR=\"%s\">%s", theme->dim, number);
    sg_dot_put_share(text, value, whole);
    sg_text_append(text, "</FONT></TD><TD ALIGN=\"LEFT\">");
    sg_dot_put_bar(text, dot, value, whole, theme->dim);
    sg_text_append(text, "</TD></TR>");
}

static void write_lines(sg_text *text, const sg_dot *dot, const sg_dot_scope *scope, int times) {
    const sg_dot_cost *cost = &scope->cost, *whole = &dot->total[SG_DOT_FORWARD];
    double value[] = {cost->parameters, cost->flops, cost->bytes, scope->seconds};
    double all[] = {whole->parameters, whole->flops, whole->bytes, dot->seconds};
    for (int k = 0; k < 4; k++) {
        sg_text number = {0};
        if (value[k] <= 0) continue;
        if (times > 1 && k < 3) sg_text_printf(&number, "%d × ", times);
        if (k < 2)
            sg_dot_put_count(&number, value[k], k ? "FLOP" : "params");
        else if (k == 2)
            sg_dot_put_bytes(&number, value[k]);
        else
            sg_dot_put_seconds(&number, value[k]);
        write_line(text, dot, sg_text_get(&number), value[k] * (k < 3 ? times : 1), all[k]);
        if (number.failed) text->failed = true;
        sg_text_finish(&number);
    }
}

/* How often the other graph repeats the block; 0 when it does not draw it. */
static int times_before(const sg_dot *dot, int index) {
    const sg_map_value *found =
        dot->other ? sg_map_find(&dot->other->scopes_by_path, dot->scope[index].scope->path) : NULL;
    bool drawn = found && dot->other->scope[found->i].drawn == (int)found->i;
    return drawn ? sg_dot_times(dot->other, (int)found->i) : 0;
}

void sg_dot_frame_title(sg_text *text, const sg_dot *dot, int index) {
    const sg_dot_scope *scope = &dot->scope[index];
    sg_text name = {0};
    int times = sg_dot_times(dot, index), before = times_before(dot, index);
    sg_dot_scope_name(&name, dot, index);
    sg_text_printf(text,
                   "<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\"><TR><TD ALIGN=\"LEFT\" "
                   "COLSPAN=\"2\"><FONT COLOR=\"%s\"><B>%s",
                   sg_dot_theme_of(&dot->options)->text, sg_dot_change_sign(scope->change));
    sg_dot_put_html(text, sg_text_get(&name));
    sg_text_append(text, ": ");
    sg_dot_put_html(text, scope->scope->block);
    if (times > 1) sg_text_printf(text, " × %d", times);
    if (before && before != times) sg_text_printf(text, " (was × %d)", before);
    sg_text_append(text, "</B></FONT></TD></TR>");
    write_lines(text, dot, scope, times);
    sg_text_append(text, "</TABLE>");
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
