/* Title, totals and legend. */
#include "draw/dot_write.h"

#include "draw/dot_label.h"
#include "draw/dot_style.h"

#include <inttypes.h>
#include <string.h>

/* ", was 12.7k" where the other graph has another number. */
static void put_before(sg_text *text, double now, double before, const char *unit) {
    if (now == before) return;
    sg_text_append(text, " (was ");
    sg_dot_put_count(text, before, unit);
    sg_text_append_char(text, ')');
}

void sg_dot_write_totals(sg_text *text, const sg_dot *dot) {
    const sg_dot_cost *forward = &dot->total[SG_DOT_FORWARD], *gradient = &dot->total[SG_DOT_GRADIENT];
    const sg_dot_cost *before = dot->other ? &dot->other->total[SG_DOT_FORWARD] : forward;
    int nodes = forward->nodes;
    sg_dot_put_count(text, forward->parameters, forward->parameters == 1 ? "param" : "params");
    put_before(text, forward->parameters, before->parameters, "");
    sg_text_append(text, " · ");
    sg_dot_put_count(text, forward->flops, "FLOP");
    put_before(text, forward->flops, before->flops, "FLOP");
    if (dot->options.backward && gradient->nodes) {
        sg_text_append(text, " forward, ");
        sg_dot_put_count(text, gradient->flops, "FLOP");
        sg_text_append(text, " backward");
    }
    if (dot->options.backward) nodes += gradient->nodes + dot->total[SG_DOT_UPDATE].nodes;
    sg_text_append(text, " a sample");
    if (forward->bytes > 0) {
        sg_text_append(text, " · ");
        sg_dot_put_bytes(text, forward->bytes);
        sg_text_append(text, " of values a sample");
    }
    if (dot->batch > 1) sg_text_printf(text, " · batch %" PRId64, dot->batch);
    sg_text_printf(text, " · %d node%s", nodes, sg_plural(nodes));
    put_before(text, forward->nodes, before->nodes, "");
}

static void write_swatch(sg_text *text, const sg_dot_style *style, int border) {
    if (strcmp(style->style, "striped") == 0) {
        sg_text_printf(
            text,
            "<TD FIXEDSIZE=\"TRUE\" WIDTH=\"18\" HEIGHT=\"11\" BORDER=\"%d\" COLOR=\"%s\" "
            "BGCOLOR=\"%s\"><TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\"><TR>",
            border, style->line, style->fill);
        for (int k = 0; k < 3; k++)
            sg_text_printf(text, "<TD WIDTH=\"%d\" HEIGHT=\"6\" BGCOLOR=\"%s\"></TD>", k == 1 ? 8 : 3,
                           k == 1 ? style->fill : style->line);
        sg_text_append(text, "</TR></TABLE></TD>");
        return;
    }
    const char *rounded = strstr(style->style, "rounded")  ? "ROUNDED"
                          : strstr(style->style, "dashed") ? "DASHED"
                                                           : "";
    sg_text_printf(text,
                   "<TD FIXEDSIZE=\"TRUE\" WIDTH=\"18\" HEIGHT=\"11\" BORDER=\"%d\" COLOR=\"%s\" "
                   "BGCOLOR=\"%s\"%s%s%s></TD>",
                   border, style->line, style->fill, *rounded ? " STYLE=\"" : "", rounded,
                   *rounded ? "\"" : "");
}

/* The kinds that occur, a few to a row. */
static void write_kinds(sg_text *text, const sg_dot *dot) {
    enum { ROW = 7 };
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    bool occurs[SG_DOT_KIND_COUNT] = {false};
    int kinds = 0, written = 0;
    for (size_t i = 0; i < dot->box_count; i++) {
        occurs[dot->box[i].kind] = true;
        if (sg_dot_holds_several(dot, &dot->box[i])) occurs[SG_DOT_KIND_BLOCK] = true;
    }
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++) kinds += occurs[k];
    int row = kinds <= ROW + 1 ? kinds : (kinds + 1) / 2;
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++) {
        if (!occurs[k]) continue;
        if (written && written % row == 0) sg_text_append(text, "</TR><TR>");
        write_swatch(text, &theme->kind[k], k == SG_DOT_KIND_BLOCK ? 2 : 1);
        sg_text_printf(text, "<TD ALIGN=\"LEFT\">%s%s&nbsp;&nbsp;</TD>",
                       k == SG_DOT_KIND_BLOCK ? "closed " : "", theme->kind[k].name);
        written++;
    }
}

/* The steps of the colours of time, the hottest with its time. */
static void write_scale(sg_text *text, const sg_dot *dot) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    sg_text_append(text, "<TD ALIGN=\"RIGHT\">time: 0&nbsp;</TD>");
    for (int k = 0; k < SG_DOT_HEATS; k++) {
        double to = (double)(k + 1) / SG_DOT_HEATS;
        write_swatch(text, &(sg_dot_style){.style = "", .fill = theme->heat[k], .line = theme->frame_line},
                     1);
        sg_text_append(text, "<TD ALIGN=\"LEFT\">");
        sg_dot_put_seconds(text, dot->hottest * to * to);
        sg_text_append(text, "&nbsp;</TD>");
    }
}

static void write_changes(sg_text *text, const sg_dot *dot) {
    static const char *const words[] = {"as before", "added", "removed", "changed"};
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    int count[4] = {0};
    for (size_t i = 0; i < dot->box_count; i++)
        count[dot->box[i].change] += dot->box[i].part == SG_DOT_FORWARD;
    for (int s = 0; s < dot->scope_count; s++)
        if (dot->scope[s].open && dot->scope[s].change) count[dot->scope[s].change]++;
    for (size_t i = 0; i < dot->other->box_count; i++)
        count[SG_DOT_REMOVED] += dot->other->box[i].change == SG_DOT_REMOVED;
    for (int k = 0; k < 4; k++) {
        if (!count[k]) continue;
        write_swatch(text,
                     &(sg_dot_style){.style = k == SG_DOT_REMOVED ? "dashed" : "",
                                     .fill = theme->change_fill[k],
                                     .line = theme->change[k]},
                     k ? 2 : 1);
        sg_text_printf(text, "<TD ALIGN=\"LEFT\">%s%d %s&nbsp;&nbsp;</TD>",
                       sg_dot_change_sign((sg_dot_change)k), count[k], words[k]);
    }
}

/* Wide enough for the letters outside tags, and the swatches. */
static int row_width(const char *row, size_t length) {
    enum { LETTER = 7, SWATCH = 26 };
    int width = 0;
    bool tag = false;
    for (size_t i = 0; i < length; i++) {
        if (row[i] == '<') tag = true;
        if (tag && strncmp(row + i, "FIXEDSIZE", 9) == 0) width += SWATCH;
        if (!tag && ((unsigned char)row[i] & 0xC0) != 0x80) width += LETTER;
        if (!tag && row[i] == '&') i += strcspn(row + i, ";");
        if (row[i] == '>') tag = false;
    }
    return width;
}

static void write_legend(sg_text *text, const sg_dot *dot) {
    if (!dot->box_count) return;
    sg_text cells = {0};
    if (dot->other)
        write_changes(&cells, dot);
    else if (dot->options.seconds)
        write_scale(&cells, dot);
    else
        write_kinds(&cells, dot);
    /* Graphviz would spread the cells over the width of the title. */
    for (const char *row = sg_text_get(&cells), *end; *row; row = end) {
        end = strstr(row, "</TR><TR>");
        size_t length = end ? (size_t)(end - row) : strlen(row);
        sg_text_printf(text,
                       "<TR><TD><TABLE BORDER=\"0\" CELLSPACING=\"2\" CELLPADDING=\"1\" FIXEDSIZE=\"TRUE\" "
                       "WIDTH=\"%d\" HEIGHT=\"18\"><TR>",
                       row_width(row, length));
        sg_text_append_bytes(text, row, length);
        sg_text_append(text, "</TR></TABLE></TD></TR>");
        end = row + length + (end ? strlen("</TR><TR>") : 0);
    }
    if (cells.failed) text->failed = true;
    sg_text_finish(&cells);
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
    enum { SHORT_TITLE = 24 };
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    const char *title = dot->options.title;
    sg_text_append(text, "digraph ");
    sg_dot_put_id(text, "", "simgraph");
    sg_text_printf(
        text,
        " {\n"
        "  graph [rankdir=%s, bgcolor=\"%s\", fontname=\"" SG_DRAW_FONT "\", "
        "fontsize=10, fontcolor=\"%s\",\n"
        "    nodesep=0.25, ranksep=0.125, pad=0.2, labelloc=t, newrank=true, compound=true, tooltip=\"",
        dot->options.rankdir, theme->paper, theme->text);
    sg_dot_put_quoted(text, title);
    /* sg_draw_convert knows by the class that the picture is to follow the reader's colour scheme. */
    if (dot->options.follow) sg_text_append(text, "\", class=\"" SG_DOT_FOLLOWS);
    sg_text_append(text, "\",\n    label=<<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\">"
                         "<TR><TD><FONT POINT-SIZE=\"15\"><B>");
    write_title(text, *title ? title : " ");
    /* Totals stand behind a short title, which leaves more of the screen to the diagram. */
    sg_text_printf(text, "</B></FONT>%s<FONT COLOR=\"%s\">",
                   strlen(title) <= SHORT_TITLE ? "&nbsp;&nbsp;&nbsp;" : "</TD></TR><TR><TD>", theme->dim);
    sg_dot_write_totals(text, dot);
    sg_text_append(text, "</FONT></TD></TR>");
    if (dot->options.note) {
        sg_text_printf(text, "<TR><TD><FONT COLOR=\"%s\">", theme->dim);
        sg_dot_put_html(text, *dot->options.note ? dot->options.note : " ");
        sg_text_append(text, "</FONT></TD></TR>");
    }
    write_legend(text, dot);
    sg_text_append(text, "</TABLE>>];\n");
    sg_text_printf(text,
                   "  node [fontname=\"" SG_DRAW_FONT "\", fontsize=10, margin=\"0.09,0.04\", "
                   "height=0.2, width=0.3,\n"
                   "    penwidth=1.2, shape=box, style=filled];\n"
                   "  edge [fontname=\"" SG_DRAW_FONT "\", fontsize=8, "
                   "color=\"%s\", arrowsize=0.6];\n",
                   theme->edge);
}
