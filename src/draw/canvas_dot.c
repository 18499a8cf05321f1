/* The canvas as text for Graphviz. Its engine nop2 leaves everything where the text puts it: shapes and words
 * are nodes with a place, lines are edges with theirs, from one invisible node to itself. That node is in the
 * middle of the page, and what is seen is what lies around it: boxes of words may reach beyond the page. */
#include "draw/canvas_dot.h"

#include "draw/dot_label.h"
#include "draw/dot_style.h"
#include "draw/svg.h"

#include <math.h>
#include <string.h>

/* Thousandths, whatever the locale says about decimal points. */
static void put_inches(sg_text *text, const char *name, double points) {
    long thousandths = (long)(points / 72 * 1000 + 0.5);
    if (thousandths < 1) thousandths = 1;
    sg_text_printf(text, ", %s=%ld.%03ld", name, thousandths / 1000, thousandths % 1000);
}

/* Graphviz counts from the lower left corner. */
static void put_place(const sg_canvas *canvas, double x, double y) {
    sg_svg_put_number(canvas->out, x);
    sg_text_append_char(canvas->out, ',');
    sg_svg_put_number(canvas->out, canvas->height - y);
}

static void put_node(sg_canvas *canvas, double x, double y, double width, double height) {
    sg_text_printf(canvas->out, "  n%d [pos=\"", canvas->count++);
    put_place(canvas, x, y);
    sg_text_append_char(canvas->out, '"');
    put_inches(canvas->out, "width", width);
    put_inches(canvas->out, "height", height);
}

static void put_tip(const sg_canvas *canvas, const char *tip) {
    if (tip) {
        sg_text_append(canvas->out, ", tooltip=\"");
        sg_dot_put_quoted(canvas->out, tip);
        sg_text_append_char(canvas->out, '"');
    }
    sg_text_append(canvas->out, "];\n");
}

static void put_ink(const sg_canvas *canvas, const char *name, bool line, bool thin) {
    const sg_ink *ink = sg_canvas_ink(canvas, name);
    const char *fill = ink->fill[canvas->dark], *stroke = ink->line[canvas->dark];
    sg_text_printf(canvas->out, ", style=\"%s%s%s\", color=\"%s\", penwidth=", line ? "" : "filled",
                   ink->dashes && !line ? "," : "",
                   ink->dashes ? ink->dashes
                   : line      ? "solid"
                               : "",
                   stroke ? stroke : fill);
    sg_svg_put_number(canvas->out, !stroke ? 0 : thin ? SG_CANVAS_THIN : ink->width);
    if (!line) sg_text_printf(canvas->out, ", fillcolor=\"%s\"", fill ? fill : stroke);
}

void sg_canvas_dot_begin(sg_canvas *canvas) {
    canvas->count = 0;
    const sg_ink *page = sg_canvas_ink(canvas, "page");
    sg_text_append(canvas->out, "digraph \"simgraph\" {\n  graph [");
    if (page->name) sg_text_printf(canvas->out, "bgcolor=\"%s\", ", page->fill[canvas->dark]);
    sg_text_append(canvas->out, "layout=nop2, pad=0, outputorder=nodesfirst, viewport=\"");
    sg_svg_put_number(canvas->out, canvas->width);
    sg_text_append_char(canvas->out, ',');
    sg_svg_put_number(canvas->out, canvas->height);
    sg_text_append(canvas->out,
                   ",1,'o'\"];\n"
                   "  node [label=\"\", shape=box, fixedsize=true, margin=0, fontname=\"" SG_DRAW_FONT
                   "\"];\n  edge [arrowhead=none];\n  o [pos=\"");
    put_place(canvas, canvas->width / 2, canvas->height / 2);
    sg_text_append(canvas->out, "\", width=0.01, height=0.01, style=invis];\n");
}

void sg_canvas_dot_rect(sg_canvas *canvas, const char *ink, double x, double y, double width, double height,
                        const char *tip) {
    put_node(canvas, x + width / 2, y + height / 2, width, height);
    put_ink(canvas, ink, false, sg_canvas_is_thin(height));
    put_tip(canvas, tip);
}

/* A plain line along an axis is a thin rectangle, which keeps its place between those before and after it:
 * edges are drawn above all nodes. */
static bool put_straight(sg_canvas *canvas, const char *name, const double *places, int count) {
    const sg_ink *ink = sg_canvas_ink(canvas, name);
    double width = places[2] - places[0], height = places[3] - places[1];
    if (count != 2 || ink->dashes || (width != 0 && height != 0)) return false;
    put_node(canvas, places[0] + width / 2, places[1] + height / 2, width ? fabs(width) : ink->width,
             height ? fabs(height) : ink->width);
    sg_text_printf(canvas->out, ", style=filled, penwidth=0, fillcolor=\"%s\"];\n", ink->line[canvas->dark]);
    return true;
}

/* Graphviz reads texts of at most 16,384 characters; longer ones are sums of these. */
enum { PIECE = 128 };

/* Curves whose inner points lie on their ends are straight. */
void sg_canvas_dot_path(sg_canvas *canvas, const char *ink, const double *places, int count) {
    if (put_straight(canvas, ink, places, count)) return;
    sg_text_append(canvas->out, "  o -> o [pos=\"");
    put_place(canvas, places[0], places[1]);
    for (int i = 1; i < count; i++) {
        if (i % PIECE == 0) sg_text_append(canvas->out, "\" + \"");
        for (int k = 0; k < 3; k++) {
            const double *at = &places[2 * (k ? i : i - 1)];
            sg_text_append_char(canvas->out, ' ');
            put_place(canvas, at[0], at[1]);
        }
    }
    sg_text_append_char(canvas->out, '"');
    put_ink(canvas, ink, true, false);
    sg_text_append(canvas->out, "];\n");
}

void sg_canvas_dot_spot(sg_canvas *canvas, const char *ink, double x, double y, double radius,
                        const char *tip) {
    put_node(canvas, x, y, 2 * radius, 2 * radius);
    put_ink(canvas, ink, false, false);
    sg_text_append(canvas->out, ", shape=circle");
    put_tip(canvas, tip);
}

/* A node that is wide enough, at whose left or right end the words begin or end. */
void sg_canvas_dot_words(sg_canvas *canvas, sg_words words, double x, double y, const char *anchor,
                         const char *text) {
    const sg_canvas_font *font = &sg_canvas_fonts[words];
    double width = 1.4 * sg_canvas_width(words, text) + 4; /* a wider font may be all there is */
    bool start = strcmp(anchor, "start") == 0, end = strcmp(anchor, "end") == 0;
    put_node(canvas,
             start ? x + width / 2
             : end ? x - width / 2
                   : x,
             y - 0.35 * font->size, width, 1.5 * font->size);
    sg_text_printf(canvas->out, ", shape=plaintext, fontsize=%d, fontcolor=\"%s\"%s, label=\"", font->size,
                   sg_canvas_text_colour[canvas->dark][font->strong],
                   font->strong ? ", fontname=\"" SG_DRAW_FONT " Bold\"" : "");
    sg_dot_put_quoted(canvas->out, text);
    sg_text_printf(canvas->out, "%s\"];\n", start ? "\\l" : end ? "\\r" : "");
}
