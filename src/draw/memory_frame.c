/* What stands around the chart of memory: colours, title, legend, axes, names along the axis. */
#include "draw/memory_chart.h"

#include "draw/dot_label.h"
#include "draw/svg.h"

#include <stdio.h>
#include <string.h>

/* Every colour stands twice. Uses are told by colour (of Okabe and Ito) and by the style of the border. */
static const char light_style[] =
    ".page{fill:#ffffff}.area{fill:#f6f7f8}.grid{stroke:#dfe3e8}.axis{stroke:#9ca3af}"
    "text{fill:#4b5563}.strong{fill:#1f2937}.mark{stroke:#1f2937}.live{stroke:#1f2937}\n"
    ".u0{fill:#bfe6d8;stroke:#00805e}.u1{fill:#bcd9ee;stroke:#0062a3}.u2{fill:#fbd9c4;stroke:#c24f00}"
    ".u3{fill:#f6edb0;stroke:#9a8600}.u4{fill:#ecd3e2;stroke:#a85584}.u5{fill:#dcdcdc;stroke:#6b6b6b}\n";
static const char dark_style[] =
    ".page{fill:#15181c}.area{fill:#1b1f24}.grid{stroke:#2b323a}.axis{stroke:#5b6472}"
    "text{fill:#b6bdc9}.strong{fill:#f0f0f0}.mark{stroke:#f0f0f0}.live{stroke:#f0f0f0}\n"
    ".u0{fill:#0f4a3a;stroke:#1fbf94}.u1{fill:#123f5e;stroke:#56b4e9}.u2{fill:#5a2c10;stroke:#f08a4b}"
    ".u3{fill:#4e4712;stroke:#e8d94a}.u4{fill:#4b2c3f;stroke:#dd92be}.u5{fill:#3a3f45;stroke:#a0a8b0}\n";
static const char common_style[] =
    "text{font:11px Helvetica,Arial,'DejaVu Sans',sans-serif}.title{font-size:16px;font-weight:600}"
    ".strong{font-weight:600}.small{font-size:9px}.tiny{font-size:7px}rect{stroke-width:.8}.thin{stroke-"
    "width:.25}.grid,.axis,.page,.area{stroke-width:1}"
    ".page,.area{stroke:none}.u2,.u3{stroke-dasharray:4 1.5}.u4{stroke-dasharray:1.5 1.5}"
    ".mark{stroke-dasharray:5 4;stroke-width:1.2}.live{fill:none;stroke-width:1.3;stroke-opacity:.75}"
    "a rect:hover,rect:hover{stroke-width:2.2}\n";

const char *const sg_memory_use_name[SG_MEMORY_USES] = {
    "forward only", "kept for the gradients", "gradients", "gradients of weights", "update", "parts of sums"};

double sg_memory_x(const sg_memory_chart *c, double node) {
    int count = c->rows->node_count > 0 ? c->rows->node_count : 1;
    return SG_CHART_LEFT + node / count * (SG_CHART_WIDTH - SG_CHART_LEFT - SG_CHART_RIGHT);
}

double sg_memory_y(const sg_memory_chart *c, double bytes) {
    return SG_CHART_TOP + SG_CHART_PLOT * (1 - sg_axis_place(&c->y, bytes / c->unit));
}

void sg_memory_put_bytes(const sg_memory_chart *c, char text[32], double bytes) {
    sg_text made = {0};
    sg_dot_put_bytes(&made, bytes);
    snprintf(text, 32, "%s", sg_text_get(&made));
    if (made.failed) c->svg->failed = true;
    sg_text_finish(&made);
}

/* ---- around the plot ---- */

void sg_memory_put_style(const sg_memory_chart *c) {
    sg_text_append(c->svg, "<style>\n");
    sg_text_append(c->svg, common_style);
    bool dark = c->options->dark && !c->options->follow;
    sg_text_append(c->svg, dark ? dark_style : light_style);
    if (c->options->follow) sg_text_printf(c->svg, "@media (prefers-color-scheme:dark){%s}\n", dark_style);
    sg_text_append(c->svg, "</style>\n");
}

void sg_memory_put_head(const sg_memory_chart *c, const char *title) {
    const sg_memory_rows *rows = c->rows;
    char arena[32], live[32], tiles[32];
    sg_text words = {0};
    sg_memory_put_bytes(c, arena, (double)rows->arena);
    sg_memory_put_bytes(c, live, rows->node_count ? (double)rows->live[rows->peak] : 0);
    sg_memory_put_bytes(c, tiles, (double)rows->tiles);
    sg_text_printf(&words, "%s: memory of a step", title);
    sg_svg_put_text(c->svg, SG_CHART_LEFT, 28, "start", "title strong", sg_text_get(&words));
    sg_text_clear(&words);
    sg_text_printf(&words,
                   "arena %s · at most %s in use at once · %d pieces · %d nodes · %s a worker for tiles",
                   arena, live, rows->piece_count, rows->node_count, tiles);
    if (c->options->note) sg_text_printf(&words, " · %s", c->options->note);
    sg_svg_put_text(c->svg, SG_CHART_LEFT, 46, "start", NULL, sg_text_get(&words));
    if (words.failed) c->svg->failed = true;
    sg_text_finish(&words);
}

void sg_memory_put_legend(const sg_memory_chart *c) {
    bool occurs[SG_MEMORY_USES] = {false};
    double x = SG_CHART_LEFT;
    for (int i = 0; i < c->rows->piece_count; i++) occurs[c->rows->piece[i].use] = true;
    for (int k = 0; k < SG_MEMORY_USES; k++) {
        if (!occurs[k]) continue;
        sg_text_printf(c->svg, "<rect class=\"u%d\"", k);
        sg_svg_put_pair(c->svg, "x", x, "y", 56);
        sg_text_append(c->svg, " width=\"16\" height=\"10\"/>\n");
        sg_svg_put_text(c->svg, x + 21, 65, "start", NULL, sg_memory_use_name[k]);
        x += 21 + 6.2 * sg_svg_letters(sg_memory_use_name[k]) + 14;
    }
    sg_svg_put_line(c->svg, x, 61, x + 16, 61, "live");
    sg_svg_put_text(c->svg, x + 21, 65, "start", NULL, "sum in use");
}

void sg_memory_put_axes(const sg_memory_chart *c) {
    sg_text_printf(c->svg, "<rect class=\"area\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
                   SG_CHART_LEFT, SG_CHART_TOP, SG_CHART_WIDTH - SG_CHART_LEFT - SG_CHART_RIGHT,
                   SG_CHART_PLOT);
    for (int i = 0; i < c->y.tick_count; i++) {
        double y = sg_memory_y(c, c->y.tick[i].value * c->unit);
        sg_svg_put_line(c->svg, SG_CHART_LEFT, y, SG_CHART_WIDTH - SG_CHART_RIGHT, y, "grid");
        sg_svg_put_text(c->svg, SG_CHART_LEFT - 6, y + 4, "end", NULL, c->y.tick[i].text);
    }
    sg_svg_put_text(c->svg, SG_CHART_LEFT - 6, SG_CHART_TOP - 8, "end", NULL, c->unit_name);
}

/* ---- the strip of names below ---- */

/* The first `depth` segments of a path, without the numbers that formulas add; nodes of the update are one.
 */
static size_t head_of(const char *path, int depth, bool update) {
    size_t length = 0;
    if (update) return 0;
    for (; path[length]; length++)
        if (path[length] == '.' && --depth == 0) break;
    return length;
}

static bool same_head(const sg_memory_chart *c, int a, int b, int depth) {
    bool update = a >= c->rows->update, too = b >= c->rows->update;
    size_t x = head_of(c->rows->node[a], depth, update), y = head_of(c->rows->node[b], depth, too);
    return update == too && x == y && strncmp(c->rows->node[a], c->rows->node[b], x) == 0;
}

static int count_heads(const sg_memory_chart *c, int depth) {
    int count = 0;
    for (int i = 0; i < c->rows->node_count; i++) count += i == 0 || !same_head(c, i - 1, i, depth);
    return count;
}

/* The last segment, with the one before it where it is the number of a round. */
static const char *last_name(const char *path) {
    const char *last = strrchr(path, '.');
    if (!last) return path;
    if (last[1] < '0' || last[1] > '9') return last + 1;
    for (const char *s = path; s < last; s++)
        if (*s == '.' && !memchr(s + 1, '.', (size_t)(last - s - 1))) return s + 1;
    return path;
}

/* Names of blocks along the axis, at the deepest level that leaves room for them. */
void sg_memory_put_strip(const sg_memory_chart *c) {
    enum { MOST = 48, DEEPEST = 3 };
    int depth = DEEPEST, count = c->rows->node_count;
    while (depth > 1 && count_heads(c, depth) > MOST) depth--;
    double y = SG_CHART_TOP + SG_CHART_PLOT;
    for (int i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && same_head(c, i, next, depth); next++) continue;
        double x = sg_memory_x(c, i), room = sg_memory_x(c, next) - x;
        const char *path = c->rows->node[i];
        bool update = i >= c->rows->update;
        char name[96];
        snprintf(name, sizeof name, "%.*s", (int)head_of(path, depth, update), path);
        if (update) snprintf(name, sizeof name, "update");
        sg_svg_put_line(c->svg, x, y, x, y + 8, "axis");
        const char *shown = strncmp(name, "grad/", 5) == 0 ? name + 5 : name;
        if (room < 5.2 * sg_svg_letters(shown)) shown = last_name(shown);
        if (room >= 5.2 * sg_svg_letters(shown))
            sg_svg_put_text(c->svg, x + room / 2, y + 12, "middle", "small", shown);
    }
    sg_svg_put_line(c->svg, SG_CHART_LEFT, y, SG_CHART_WIDTH - SG_CHART_RIGHT, y, "axis");
}

void sg_memory_put_phases(const sg_memory_chart *c) {
    const int begin[] = {0, c->rows->gradient, c->rows->update, c->rows->node_count};
    static const char *const names[] = {"forward →", "backward →", "update →"};
    for (int k = 0; k < 3; k++) {
        if (begin[k] >= begin[k + 1]) continue;
        double x = sg_memory_x(c, begin[k]), room = sg_memory_x(c, begin[k + 1]) - x;
        if (k)
            sg_svg_put_line(c->svg, x, SG_CHART_TOP - 14, x,
                            SG_CHART_TOP + SG_CHART_PLOT + SG_CHART_STRIP - 8, "axis");
        if (room > 62) sg_svg_put_text(c->svg, x + 4, SG_CHART_TOP - 6, "start", NULL, names[k]);
    }
}
