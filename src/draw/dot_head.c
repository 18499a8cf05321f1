/* Title, totals and legend. */
#include "draw/dot_write.h"

#include "draw/dot_label.h"
#include "draw/dot_style.h"

#include <string.h>

static void write_totals(sg_text *text, const sg_dot *dot) {
    const sg_dot_cost *forward = &dot->total[SG_DOT_FORWARD], *gradient = &dot->total[SG_DOT_GRADIENT];
    int nodes = forward->nodes;
    sg_dot_put_count(text, forward->parameters, forward->parameters == 1 ? "param" : "params");
    sg_text_append(text, " · ");
    sg_dot_put_count(text, forward->flops, "FLOP");
    if (dot->options.backward && gradient->nodes) {
        sg_text_append(text, " forward, ");
        sg_dot_put_count(text, gradient->flops, "FLOP");
        sg_text_append(text, " backward");
    }
    if (dot->options.backward) nodes += gradient->nodes + dot->total[SG_DOT_UPDATE].nodes;
    sg_text_printf(text, " a sample · %d node%s", nodes, nodes == 1 ? "" : "s");
}

/* The kinds that occur, a few to a row. */
static void write_legend(sg_text *text, const sg_dot *dot) {
    enum { ROW = 7 };
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    bool occurs[SG_DOT_KIND_COUNT] = {false};
    int kinds = 0, written = 0;
    for (size_t i = 0; i < dot->box_count; i++) {
        occurs[dot->box[i].kind] = true;
        if (sg_dot_holds_several(dot, &dot->box[i])) occurs[SG_DOT_KIND_BLOCK] = true;
    }
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++) kinds += occurs[k];
    if (!kinds) return;
    int row = kinds <= ROW + 1 ? kinds : (kinds + 1) / 2;
    sg_text_append(text, "<TR><TD><TABLE BORDER=\"0\" CELLSPACING=\"2\" CELLPADDING=\"1\"><TR>");
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++) {
        const sg_dot_style *style = &theme->kind[k];
        if (!occurs[k]) continue;
        if (written && written % row == 0) sg_text_append(text, "</TR><TR>");
        sg_text_printf(text,
                       "<TD FIXEDSIZE=\"TRUE\" WIDTH=\"16\" HEIGHT=\"11\" BORDER=\"%d\" COLOR=\"%s\" "
                       "BGCOLOR=\"%s\"></TD>"
                       "<TD ALIGN=\"LEFT\">%s&nbsp;&nbsp;</TD>",
                       k == SG_DOT_KIND_BLOCK ? 2 : 1, style->line, style->fill, style->name);
        written++;
    }
    sg_text_append(text, "</TR></TABLE></TD></TR>");
}

/* The title, broken between words into lines that are no wider than the legend. */
static void write_title(sg_text *text, const char *title) {
    enum { LINE = 64, LINES = 4 };
    size_t lines = strlen(title) / LINE + 1, width = strlen(title) / lines + 8;
    if (width > LINE) width = LINE;
    for (int line = 1; *title; line++) {
        size_t length = strlen(title), space;
        if (length > width) {
            for (space = width; space > 0 && title[space] != ' '; space--) continue;
            length = space ? space : width;
            while (((unsigned char)title[length] & 0xC0) == 0x80) length++;
        }
        sg_text part = {0};
        sg_text_append_bytes(&part, title, length);
        if (line > 1) sg_text_append(text, "<BR/>");
        sg_dot_put_html(text, sg_text_get(&part));
        if (part.failed) text->failed = true;
        sg_text_finish(&part);
        title += length + (title[length] == ' ');
        if (line == LINES && *title) {
            sg_text_append(text, "…");
            return;
        }
    }
}

void sg_dot_write_head(sg_text *text, const sg_dot *dot) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    const char *title = dot->options.title;
    sg_text_append(text, "digraph ");
    sg_dot_put_id(text, "", "simgraph");
    sg_text_printf(
        text,
        " {\n"
        "  graph [rankdir=%s, bgcolor=\"%s\", fontname=\"Helvetica,Arial,sans-serif\", "
        "fontsize=10, fontcolor=\"%s\",\n"
        "    nodesep=0.25, ranksep=0.1, pad=0.2, labelloc=t, newrank=true, compound=true, tooltip=\"",
        dot->options.rankdir, theme->paper, theme->text);
    sg_dot_put_quoted(text, title);
    sg_text_append(text, "\",\n    label=<<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\">"
                         "<TR><TD><FONT POINT-SIZE=\"15\"><B>");
    write_title(text, *title ? title : " ");
    sg_text_printf(text, "</B></FONT></TD></TR><TR><TD><FONT COLOR=\"%s\">", theme->dim);
    write_totals(text, dot);
    sg_text_append(text, "</FONT></TD></TR>");
    write_legend(text, dot);
    sg_text_append(text, "</TABLE>>];\n");
    sg_text_printf(text,
                   "  node [fontname=\"Helvetica,Arial,sans-serif\", fontsize=10, margin=\"0.09,0.03\", "
                   "height=0.2, width=0.3,\n"
                   "    penwidth=1.2, shape=box, style=filled];\n"
                   "  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=8, "
                   "color=\"%s\", arrowsize=0.6];\n",
                   theme->edge);
}
