/* What stands around the chart of memory: colours, title, legend, axes, phases and groups. */
#include "draw/memory_chart.h"

#include "draw/dot_label.h"

#include <stdio.h>
#include <string.h>

/* Uses are told by colour (of Okabe and Ito) and by the style of the border. */
const sg_ink sg_memory_inks[] = {
    {"page", {"#ffffff", "#15181c"}, {NULL}, 0, NULL},
    {"area", {"#f6f7f8", "#1b1f24"}, {NULL}, 0, NULL},
    {"grid", {NULL}, {"#dfe3e8", "#2b323a"}, 1, NULL},
    {"axis", {NULL}, {"#9ca3af", "#5b6472"}, 1, NULL},
    {"u0", {"#bfe6d8", "#0f4a3a"}, {"#00805e", "#1fbf94"}, 0.8, NULL},
    {"u1", {"#bcd9ee", "#123f5e"}, {"#0062a3", "#56b4e9"}, 0.8, NULL},
    {"u2", {"#fbd9c4", "#5a2c10"}, {"#c24f00", "#f08a4b"}, 0.8, "dashed"},
    {"u3", {"#f6edb0", "#4e4712"}, {"#9a8600", "#e8d94a"}, 0.8, "dashed"},
    {"u4", {"#ecd3e2", "#4b2c3f"}, {"#a85584", "#dd92be"}, 0.8, "dotted"},
    {"u5", {"#dcdcdc", "#3a3f45"}, {"#6b6b6b", "#a0a8b0"}, 0.8, NULL},
    {"mark", {NULL}, {"#1f2937", "#f0f0f0"}, 1.2, "dashed"},
    {"live", {NULL}, {"#1f2937", "#f0f0f0"}, 1.3, NULL},
    {"spot", {"#1f2937", "#f0f0f0"}, {NULL}, 0, NULL},
    {NULL, {NULL}, {NULL}, 0, NULL},
};

const char *sg_memory_ink(sg_memory_use use) {
    static const char *const names[SG_MEMORY_USES] = {"u0", "u1", "u2", "u3", "u4", "u5"};
    return names[use];
}

const char *const sg_memory_use_name[SG_MEMORY_USES] = {
    "forward only", "kept for the gradients", "gradients", "gradients of weights", "update", "parts of sums"};

/* Nodes are equally wide, but those of an update, which are many and need little, have a sixth of the chart.
 */
double sg_memory_x(const sg_memory_rows *rows, double node) {
    enum { PART = 6 };
    double before = rows->update, after = rows->node_count - rows->update, narrow = 1;
    if (before > 0 && after * (PART - 1) > before) narrow = before / (after * (PART - 1));
    double whole = before + narrow * after, place = node < before ? node : before + narrow * (node - before);
    return SG_CHART_LEFT +
           (whole > 0 ? place / whole : 0) * (SG_CHART_WIDTH - SG_CHART_LEFT - SG_CHART_RIGHT);
}

double sg_memory_y(const sg_memory_chart *c, double bytes) {
    return SG_CHART_TOP + SG_CHART_PLOT * (1 - sg_axis_place(&c->y, bytes / c->unit));
}

void sg_memory_put_bytes(const sg_memory_chart *c, char text[32], double bytes) {
    sg_text made = {0};
    sg_dot_put_bytes(&made, bytes);
    snprintf(text, 32, "%s", sg_text_get(&made));
    if (made.failed) c->canvas->out->failed = true;
    sg_text_finish(&made);
}

/* ---- around the plot ---- */

void sg_memory_put_head(const sg_memory_chart *c, const char *title) {
    const sg_memory_rows *rows = c->rows;
    char arena[32], live[32], tiles[32];
    sg_text words = {0};
    sg_memory_put_bytes(c, arena, (double)rows->arena);
    sg_memory_put_bytes(c, live, rows->node_count ? (double)rows->live[rows->peak] : 0);
    sg_memory_put_bytes(c, tiles, (double)rows->tiles);
    sg_text_printf(&words, "%s: memory of a step", title);
    sg_canvas_words(c->canvas, SG_WORDS_TITLE, SG_CHART_LEFT, 28, "start", sg_text_get(&words));
    sg_text_clear(&words);
    sg_text_printf(&words,
                   "arena %s · at most %s in use at once · %d piece%s · %d node%s · %s a worker for tiles",
                   arena, live, rows->piece_count, sg_plural(rows->piece_count), rows->node_count,
                   sg_plural(rows->node_count), tiles);
    if (c->options->note) sg_text_printf(&words, " · %s", c->options->note);
    sg_canvas_words(c->canvas, SG_WORDS_PLAIN, SG_CHART_LEFT, 46, "start", sg_text_get(&words));
    if (words.failed) c->canvas->out->failed = true;
    sg_text_finish(&words);
}

void sg_memory_put_legend(const sg_memory_chart *c) {
    bool occurs[SG_MEMORY_USES] = {false};
    double x = SG_CHART_LEFT;
    for (int i = 0; i < c->rows->piece_count; i++) occurs[c->rows->piece[i].use] = true;
    for (int k = 0; k < SG_MEMORY_USES; k++) {
        if (!occurs[k]) continue;
        sg_canvas_rect(c->canvas, sg_memory_ink((sg_memory_use)k), x, 56, 16, 10, NULL, -1);
        sg_canvas_words(c->canvas, SG_WORDS_PLAIN, x + 21, 65, "start", sg_memory_use_name[k]);
        x += 21 + sg_canvas_width(SG_WORDS_PLAIN, sg_memory_use_name[k]) + 14;
    }
    sg_canvas_line(c->canvas, "live", x, 61, x + 16, 61);
    sg_canvas_words(c->canvas, SG_WORDS_PLAIN, x + 21, 65, "start", "sum in use");
}

void sg_memory_put_axes(const sg_memory_chart *c) {
    sg_canvas_rect(c->canvas, "area", SG_CHART_LEFT, SG_CHART_TOP,
                   SG_CHART_WIDTH - SG_CHART_LEFT - SG_CHART_RIGHT, SG_CHART_PLOT, NULL, -1);
    for (int i = 0; i < c->y.tick_count; i++) {
        double y = sg_memory_y(c, c->y.tick[i].value * c->unit);
        sg_canvas_line(c->canvas, "grid", SG_CHART_LEFT, y, SG_CHART_WIDTH - SG_CHART_RIGHT, y);
        sg_canvas_words(c->canvas, SG_WORDS_PLAIN, SG_CHART_LEFT - 6, y + 4, "end", c->y.tick[i].text);
    }
    sg_canvas_words(c->canvas, SG_WORDS_PLAIN, SG_CHART_LEFT - 6, SG_CHART_TOP - 8, "end", c->unit_name);
}

void sg_memory_put_groups(const sg_memory_chart *c) {
    double y = SG_CHART_TOP + SG_CHART_PLOT + 20;
    for (int g = 0; g < c->rows->group_count; g++) {
        int first = c->rows->group[g], end = c->rows->group[g + 1];
        if (end - first < 2) continue;
        double x = sg_memory_x(c->rows, first) + 0.5, right = sg_memory_x(c->rows, end) - 0.5;
        const double bracket[] = {x, y - 3, x, y, right, y, right, y - 3};
        sg_canvas_path(c->canvas, "axis", bracket, 4);
        char words[96];
        snprintf(words, sizeof words, "nodes %d–%d run together%s", first + 1, end,
                 c->rows->parts[g] > 1 ? ", a part of the batch at a time" : "");
        if (right - x < sg_canvas_width(SG_WORDS_SMALL, words) + 4)
            snprintf(words, sizeof words, "nodes %d–%d", first + 1, end);
        if (right - x >= sg_canvas_width(SG_WORDS_SMALL, words) + 4)
            sg_canvas_words(c->canvas, SG_WORDS_SMALL, (x + right) / 2, y + 10, "middle", words);
    }
}

void sg_memory_put_phases(const sg_memory_chart *c) {
    const int begin[] = {0, c->rows->gradient, c->rows->update, c->rows->node_count};
    static const char *const names[] = {"forward →", "backward →", "update →"};
    for (int k = 0; k < 3; k++) {
        if (begin[k] >= begin[k + 1]) continue;
        double x = sg_memory_x(c->rows, begin[k]), room = sg_memory_x(c->rows, begin[k + 1]) - x;
        if (k)
            sg_canvas_line(c->canvas, "axis", x, SG_CHART_TOP - 14, x,
                           SG_CHART_TOP + SG_CHART_PLOT + SG_CHART_STRIP - 8);
        if (room > 62) sg_canvas_words(c->canvas, SG_WORDS_PLAIN, x + 4, SG_CHART_TOP - 6, "start", names[k]);
    }
}
