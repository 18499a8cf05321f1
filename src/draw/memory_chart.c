/* The chart of memory over one step. */
#include "draw/memory_chart.h"

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

static void put_piece(const sg_memory_chart *c, int index, int number) {
    const sg_memory_piece *piece = &c->rows->piece[index];
    double x = sg_memory_x(c->rows, piece->first), width = sg_memory_x(c->rows, piece->last) - x;
    double top = sg_memory_y(c, (double)(piece->offset + piece->bytes));
    double height = sg_memory_y(c, (double)piece->offset) - top;
    char bytes[32];
    sg_text tip = {0};
    sg_memory_put_bytes(c, bytes, (double)piece->bytes);
    sg_text_printf(&tip, "%s\n%s at %zu, nodes %d to %d: %s%s", piece->name, bytes, piece->offset,
                   piece->first + 1, piece->last, sg_memory_use_name[piece->use],
                   piece->pinned ? ", fetched" : "");
    sg_canvas_rect(c->canvas, sg_memory_ink(piece->use), x, top, width, height, sg_text_get(&tip), index);
    if (tip.failed) c->canvas->out->failed = true;
    sg_text_finish(&tip);
    if (height < 7 || width < 8) return;
    sg_words words = height < 9.5 ? SG_WORDS_TINY_STRONG : SG_WORDS_SMALL_STRONG;
    bool fits = width > sg_canvas_width(words, piece->name) + 8;
    char digits[16];
    snprintf(digits, sizeof digits, "%d", number);
    if (fits || number)
        sg_canvas_words(c->canvas, words, x + width / 2, top + height / 2 + (height < 9.5 ? 2.5 : 3.2),
                        "middle", fits ? piece->name : digits);
}

/* One place a step of the line; the places are in c->rows->memory. */
static void put_live(const sg_memory_chart *c) {
    int count = 0;
    double *place = sg_bump_array(c->rows->memory, 4 * (size_t)c->rows->node_count + 4, sizeof *place);
    if (!place) {
        c->canvas->out->failed = true;
        return;
    }
    for (int o = 0; o < c->rows->node_count; o++) {
        if (o && c->rows->live[o] == c->rows->live[o - 1]) continue;
        double x = sg_memory_x(c->rows, o);
        if (count) place[2 * count] = x, place[2 * count + 1] = place[2 * count - 1], count++;
        place[2 * count] = x, place[2 * count + 1] = sg_memory_y(c, (double)c->rows->live[o]), count++;
    }
    place[2 * count] = SG_CHART_WIDTH - SG_CHART_RIGHT, place[2 * count + 1] = place[2 * count - 1], count++;
    sg_canvas_path(c->canvas, "live", place, count);
}

static void put_peak(const sg_memory_chart *c) {
    char arena[32];
    sg_text words = {0};
    double y = sg_memory_y(c, (double)c->rows->arena);
    double x = (sg_memory_x(c->rows, c->rows->peak) + sg_memory_x(c->rows, c->rows->peak + 1)) / 2;
    sg_memory_put_bytes(c, arena, (double)c->rows->arena);
    sg_canvas_line(c->canvas, "mark", SG_CHART_LEFT, y, SG_CHART_WIDTH - SG_CHART_RIGHT, y);
    sg_text_printf(&words, "peak %s", arena);
    sg_canvas_words(c->canvas, SG_WORDS_STRONG, SG_CHART_WIDTH - SG_CHART_RIGHT - 4, y - 5, "end",
                    sg_text_get(&words));
    sg_text_clear(&words);
    sg_text_printf(&words, "most in use while %s runs", c->rows->node[c->rows->peak]);
    sg_canvas_spot(c->canvas, "spot", x, sg_memory_y(c, (double)c->rows->live[c->rows->peak]), 3.5,
                   sg_text_get(&words));
    if (words.failed) c->canvas->out->failed = true;
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
        sg_canvas_words(c->canvas, SG_WORDS_PLAIN, x, y, "start", sg_text_get(&words));
        if (words.failed) c->canvas->out->failed = true;
        sg_text_finish(&words);
    }
    if (!c->rows->node_count) return;
    sg_text words = {0};
    sg_text_printf(&words, "● most in use while %s runs (node %d)", c->rows->node[c->rows->peak],
                   c->rows->peak + 1);
    sg_canvas_words(c->canvas, SG_WORDS_PLAIN, SG_CHART_LEFT,
                    SG_CHART_TOP + SG_CHART_PLOT + SG_CHART_STRIP + LINE * (1 + (count + 1) / 2), "start",
                    sg_text_get(&words));
    if (words.failed) c->canvas->out->failed = true;
    sg_text_finish(&words);
}

static void draw(sg_memory_chart *c) {
    int numbered = c->rows->piece_count < LARGEST ? c->rows->piece_count : LARGEST;
    c->canvas->width = SG_CHART_WIDTH;
    c->canvas->height = SG_CHART_TOP + SG_CHART_PLOT + SG_CHART_STRIP + LINE * ((numbered + 1) / 2 + 1) + 14;
    sg_canvas_begin(c->canvas);
    sg_canvas_rect(c->canvas, "page", 0, 0, c->canvas->width, c->canvas->height, NULL, -1);
    sg_memory_put_head(c, c->options->title);
    sg_memory_put_legend(c);
    sg_memory_put_axes(c);
    sg_memory_put_phases(c);
    for (int i = 0; i < c->rows->piece_count; i++) put_piece(c, i, i < numbered ? i + 1 : 0);
    sg_memory_put_strip(c);
    sg_memory_put_groups(c);
    if (c->rows->node_count) {
        put_live(c);
        put_peak(c);
    }
    put_largest(c, numbered);
    sg_canvas_end(c->canvas);
}

void sg_memory_drawing_finish(sg_memory_drawing *drawing) {
    sg_memory_rows_finish(&drawing->rows);
    sg_text_finish(&drawing->text);
}

sg_status sg_memory_drawing_init(sg_memory_drawing *drawing, bool graphviz, const sg_graph *graph,
                                 const sg_program_options *program, const sg_dot_options *options,
                                 sg_error *error) {
    *drawing = (sg_memory_drawing){0};
    sg_plan *plan = NULL;
    sg_status status = sg_dot_read_options(&drawing->options, options, error);
    if (status == SG_OK) status = sg_graph_status(graph, error);
    if (status == SG_OK) status = sg_plan_create(&plan, graph, program, error);
    if (status != SG_OK) return status;
    status = sg_memory_rows_init(&drawing->rows, plan, error);
    sg_plan_destroy(plan);
    if (status != SG_OK) return status;
    sg_canvas canvas = {.out = &drawing->text,
                        .graphviz = graphviz,
                        .dark = drawing->options.dark && !drawing->options.follow,
                        .follow = drawing->options.follow,
                        .inks = sg_memory_inks};
    sg_memory_chart chart = {.rows = &drawing->rows, .options = &drawing->options, .canvas = &canvas};
    choose_unit(&chart);
    draw(&chart);
    return drawing->text.failed
               ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the memory of a step")
               : SG_OK;
}

static sg_status make(char **text, bool graphviz, const sg_graph *graph, const sg_program_options *program,
                      const sg_dot_options *options, sg_error *error) {
    sg_memory_drawing drawing;
    *text = NULL;
    sg_status status = sg_memory_drawing_init(&drawing, graphviz, graph, program, options, error);
    if (status == SG_OK) status = sg_dot_take(text, &drawing.text, error);
    sg_memory_drawing_finish(&drawing);
    return status;
}

sg_status sg_draw_memory(char **svg, const sg_graph *graph, const sg_program_options *program,
                         const sg_dot_options *options, sg_error *error) {
    return make(svg, false, graph, program, options, error);
}

sg_status sg_draw_memory_dot(char **text, const sg_graph *graph, const sg_program_options *program,
                             const sg_dot_options *options, sg_error *error) {
    return make(text, true, graph, program, options, error);
}
