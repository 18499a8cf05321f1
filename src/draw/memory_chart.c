/* The chart of memory over one step. */
#include "draw/memory_chart.h"

#include "draw/svg.h"

#include <stdio.h>
#include <string.h>

enum { LARGEST = 8, LINE = 17 };

static void choose_unit(sg_memory_chart *c) {
    static const char *const names[] = {"B", "KiB", "MiB", "GiB"};
    int k = 0;
    for (c->unit = 1; k < 3 && (double)c->rows->arena / c->unit >= 2048; k++) c->unit *= 1024;
    c->unit_name = names[k];
    double high = (double)c->rows->arena / c->unit;
    sg_axis_init(&c->y, 0, high > 0 ? high : 1, false, 0.04, 6);
}

/* ---- pieces ---- */

static void put_piece(const sg_memory_chart *c, const sg_memory_piece *piece, int number) {
    double x = sg_memory_x(c, piece->first), width = sg_memory_x(c, piece->last) - x;
    double top = sg_memory_y(c, (double)(piece->offset + piece->bytes));
    double height = sg_memory_y(c, (double)piece->offset) - top;
    char bytes[32];
    sg_memory_put_bytes(c, bytes, (double)piece->bytes);
    sg_text_printf(c->svg, "<rect class=\"u%d%s\"", piece->use, height < 5 ? " thin" : "");
    sg_svg_put_pair(c->svg, "x", x, "y", top);
    sg_svg_put_pair(c->svg, "width", width, "height", height);
    sg_text_append(c->svg, "><title>");
    sg_svg_put_escaped(c->svg, piece->name);
    sg_text_printf(c->svg, "\n%s at %zu, nodes %d to %d: %s%s</title></rect>\n", bytes, piece->offset,
                   piece->first + 1, piece->last, sg_memory_use_name[piece->use],
                   piece->pinned ? ", fetched" : "");
    if (height < 7 || width < 8) return;
    bool fits = width > 5.6 * sg_svg_letters(piece->name) + 8;
    char digits[16];
    snprintf(digits, sizeof digits, "%d", number);
    if (fits || number)
        sg_svg_put_text(c->svg, x + width / 2, top + height / 2 + (height < 9.5 ? 2.5 : 3.2), "middle",
                        height < 9.5 ? "tiny strong" : "small strong", fits ? piece->name : digits);
}

static void put_live(const sg_memory_chart *c) {
    sg_text_append(c->svg, "<path class=\"live\" d=\"M");
    for (int o = 0; o < c->rows->node_count; o++) {
        if (o && c->rows->live[o] == c->rows->live[o - 1]) continue;
        double y = sg_memory_y(c, (double)c->rows->live[o]);
        if (o) {
            sg_text_append(c->svg, "H");
            sg_svg_put_number(c->svg, sg_memory_x(c, o));
            sg_text_append(c->svg, "V");
        } else {
            sg_svg_put_number(c->svg, SG_CHART_LEFT);
            sg_text_append(c->svg, ",");
        }
        sg_svg_put_number(c->svg, y);
    }
    sg_text_printf(c->svg, "H%d\"/>\n", SG_CHART_WIDTH - SG_CHART_RIGHT);
}

static void put_peak(const sg_memory_chart *c) {
    char arena[32];
    sg_text words = {0};
    double y = sg_memory_y(c, (double)c->rows->arena);
    double x = (sg_memory_x(c, c->rows->peak) + sg_memory_x(c, c->rows->peak + 1)) / 2;
    sg_memory_put_bytes(c, arena, (double)c->rows->arena);
    sg_svg_put_line(c->svg, SG_CHART_LEFT, y, SG_CHART_WIDTH - SG_CHART_RIGHT, y, "mark");
    sg_text_printf(&words, "peak %s", arena);
    sg_svg_put_text(c->svg, SG_CHART_WIDTH - SG_CHART_RIGHT - 4, y - 5, "end", "strong", sg_text_get(&words));
    sg_text_printf(c->svg, "<circle class=\"strong\" r=\"3.5\"");
    sg_svg_put_pair(c->svg, "cx", x, "cy", sg_memory_y(c, (double)c->rows->live[c->rows->peak]));
    sg_text_append(c->svg, "><title>most in use while ");
    sg_svg_put_escaped(c->svg, c->rows->node[c->rows->peak]);
    sg_text_append(c->svg, " runs</title></circle>\n");
    if (words.failed) c->svg->failed = true;
    sg_text_finish(&words);
}

/* The largest pieces by name, in two columns, and where the peak is. */
static void put_largest(const sg_memory_chart *c, int count) {
    for (int i = 0; i < count; i++) {
        const sg_memory_piece *piece = &c->rows->piece[i];
        double x =
            i % 2 ? SG_CHART_LEFT + (SG_CHART_WIDTH - SG_CHART_LEFT - SG_CHART_RIGHT) / 2.0 : SG_CHART_LEFT;
        double y = SG_CHART_TOP + SG_CHART_PLOT + SG_CHART_STRIP + LINE * (1 + (double)(i / 2));
        char bytes[32];
        sg_text words = {0};
        sg_memory_put_bytes(c, bytes, (double)piece->bytes);
        size_t length = strlen(piece->name), most = 46;
        sg_text_printf(&words, "%d  %s%s · %s, nodes %d–%d", i + 1, length > most ? "…" : "",
                       piece->name + (length > most ? length - most : 0), bytes, piece->first + 1,
                       piece->last);
        sg_svg_put_text(c->svg, x, y, "start", NULL, sg_text_get(&words));
        if (words.failed) c->svg->failed = true;
        sg_text_finish(&words);
    }
    if (!c->rows->node_count) return;
    sg_text words = {0};
    sg_text_printf(&words, "● most in use while %s runs (node %d)", c->rows->node[c->rows->peak],
                   c->rows->peak + 1);
    sg_svg_put_text(c->svg, SG_CHART_LEFT,
                    SG_CHART_TOP + SG_CHART_PLOT + SG_CHART_STRIP + LINE * (1 + (count + 1) / 2), "start",
                    NULL, sg_text_get(&words));
    if (words.failed) c->svg->failed = true;
    sg_text_finish(&words);
}

static void draw(const sg_memory_chart *c) {
    int numbered = c->rows->piece_count < LARGEST ? c->rows->piece_count : LARGEST;
    int height = SG_CHART_TOP + SG_CHART_PLOT + SG_CHART_STRIP + LINE * ((numbered + 1) / 2 + 1) + 14;
    const char *title = c->options->title ? c->options->title : "graph";
    sg_text_printf(
        c->svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
        SG_CHART_WIDTH, height, SG_CHART_WIDTH, height);
    sg_memory_put_style(c);
    sg_text_printf(c->svg, "<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", SG_CHART_WIDTH, height);
    sg_memory_put_head(c, title);
    sg_memory_put_legend(c);
    sg_memory_put_axes(c);
    sg_memory_put_phases(c);
    for (int i = 0; i < c->rows->piece_count; i++) put_piece(c, &c->rows->piece[i], i < numbered ? i + 1 : 0);
    sg_memory_put_strip(c);
    if (c->rows->node_count) {
        put_live(c);
        put_peak(c);
    }
    put_largest(c, numbered);
    sg_text_append(c->svg, "</svg>\n");
}

sg_status sg_draw_memory(char **svg, const sg_graph *graph, const sg_program_options *program,
                         const sg_dot_options *options, sg_error *error) {
    *svg = NULL;
    sg_dot_options given;
    sg_status status = sg_dot_read_options(&given, options, error);
    if (status == SG_OK) status = sg_graph_status(graph, error);
    sg_plan *plan = NULL;
    if (status == SG_OK) status = sg_plan_create(&plan, graph, program, error);
    if (status != SG_OK) return status;
    sg_memory_rows rows;
    status = sg_memory_rows_init(&rows, plan, error);
    if (status == SG_OK) {
        sg_text text = {0};
        sg_memory_chart c = {.rows = &rows, .options = &given, .svg = &text};
        choose_unit(&c);
        draw(&c);
        *svg = sg_text_take(&text);
        sg_text_finish(&text);
        if (!*svg)
            status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the memory of a step");
    }
    sg_memory_rows_finish(&rows);
    sg_plan_destroy(plan);
    return status;
}
