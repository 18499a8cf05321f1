/* The chart of memory over one step. */
#include "simgraph/draw.h"

#include "draw/axis.h"
#include "draw/dot_label.h"
#include "draw/memory_rows.h"
#include "draw/svg.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 960, LEFT = 64, RIGHT = 16, TOP = 96, PLOT = 400, STRIP = 34, LARGEST = 8, LINE = 17 };

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
    ".strong{font-weight:600}.small{font-size:9px}.tiny{font-size:7px}rect{stroke-width:.8}.thin{stroke-width:.25}.grid,.axis,.page,.area{stroke-width:1}"
    ".page,.area{stroke:none}.u2,.u3{stroke-dasharray:4 1.5}.u4{stroke-dasharray:1.5 1.5}"
    ".mark{stroke-dasharray:5 4;stroke-width:1.2}.live{fill:none;stroke-width:1.3;stroke-opacity:.75}"
    "a rect:hover,rect:hover{stroke-width:2.2}\n";

static const char *const use_name[SG_MEMORY_USES] = {
    "forward only", "kept for the gradients", "gradients", "gradients of weights", "update", "parts of sums"};

typedef struct chart {
    const sg_memory_rows *rows;
    const sg_dot_options *options;
    sg_axis y; /* in `unit` */
    double unit;
    const char *unit_name;
    sg_text *svg;
} chart;

static double place_x(const chart *c, double node) {
    int count = c->rows->node_count > 0 ? c->rows->node_count : 1;
    return LEFT + node / count * (WIDTH - LEFT - RIGHT);
}

static double place_y(const chart *c, double bytes) {
    return TOP + PLOT * (1 - sg_axis_place(&c->y, bytes / c->unit));
}

static void put_bytes(const chart *c, char text[32], double bytes) {
    sg_text made = {0};
    sg_dot_put_bytes(&made, bytes);
    snprintf(text, 32, "%s", sg_text_get(&made));
    if (made.failed) c->svg->failed = true;
    sg_text_finish(&made);
}

static void choose_unit(chart *c) {
    static const char *const names[] = {"B", "KiB", "MiB", "GiB"};
    int k = 0;
    for (c->unit = 1; k < 3 && (double)c->rows->arena / c->unit >= 2048; k++) c->unit *= 1024;
    c->unit_name = names[k];
    double high = (double)c->rows->arena / c->unit;
    sg_axis_init(&c->y, 0, high > 0 ? high : 1, false, 0.04, 6);
}

/* ---- around the plot ---- */

static void put_style(const chart *c) {
    sg_text_append(c->svg, "<style>\n");
    sg_text_append(c->svg, common_style);
    bool dark = c->options->dark && !c->options->follow;
    sg_text_append(c->svg, dark ? dark_style : light_style);
    if (c->options->follow)
        sg_text_printf(c->svg, "@media (prefers-color-scheme:dark){%s}\n", dark_style);
    sg_text_append(c->svg, "</style>\n");
}

static void put_head(const chart *c, const char *title) {
    const sg_memory_rows *rows = c->rows;
    char arena[32], live[32], tiles[32];
    sg_text words = {0};
    put_bytes(c, arena, (double)rows->arena);
    put_bytes(c, live, rows->node_count ? (double)rows->live[rows->peak] : 0);
    put_bytes(c, tiles, (double)rows->tiles);
    sg_text_printf(&words, "%s: memory of a step", title);
    sg_svg_put_text(c->svg, LEFT, 28, "start", "title strong", sg_text_get(&words));
    sg_text_clear(&words);
    sg_text_printf(&words, "arena %s · at most %s in use at once · %d pieces · %d nodes · %s a worker for tiles",
                   arena, live, rows->piece_count, rows->node_count, tiles);
    if (c->options->note) sg_text_printf(&words, " · %s", c->options->note);
    sg_svg_put_text(c->svg, LEFT, 46, "start", NULL, sg_text_get(&words));
    if (words.failed) c->svg->failed = true;
    sg_text_finish(&words);
}

static void put_legend(const chart *c) {
    bool occurs[SG_MEMORY_USES] = {false};
    double x = LEFT;
    for (int i = 0; i < c->rows->piece_count; i++) occurs[c->rows->piece[i].use] = true;
    for (int k = 0; k < SG_MEMORY_USES; k++) {
        if (!occurs[k]) continue;
        sg_text_printf(c->svg, "<rect class=\"u%d\"", k);
        sg_svg_put_pair(c->svg, "x", x, "y", 56);
        sg_text_append(c->svg, " width=\"16\" height=\"10\"/>\n");
        sg_svg_put_text(c->svg, x + 21, 65, "start", NULL, use_name[k]);
        x += 21 + 6.2 * sg_svg_letters(use_name[k]) + 14;
    }
    sg_svg_put_line(c->svg, x, 61, x + 16, 61, "live");
    sg_svg_put_text(c->svg, x + 21, 65, "start", NULL, "sum in use");
}

static void put_axes(const chart *c) {
    sg_text_printf(c->svg, "<rect class=\"area\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT, TOP,
                   WIDTH - LEFT - RIGHT, PLOT);
    for (int i = 0; i < c->y.tick_count; i++) {
        double y = place_y(c, c->y.tick[i].value * c->unit);
        sg_svg_put_line(c->svg, LEFT, y, WIDTH - RIGHT, y, "grid");
        sg_svg_put_text(c->svg, LEFT - 6, y + 4, "end", NULL, c->y.tick[i].text);
    }
    sg_svg_put_text(c->svg, LEFT - 6, TOP - 8, "end", NULL, c->unit_name);
}

/* ---- the strip of names below ---- */

/* The first `depth` segments of a path, without the numbers that formulas add; nodes of the update are one. */
static size_t head_of(const char *path, int depth, bool update) {
    size_t length = 0;
    if (update) return 0;
    for (; path[length]; length++)
        if (path[length] == '.' && --depth == 0) break;
    return length;
}

static bool same_head(const chart *c, int a, int b, int depth) {
    bool update = a >= c->rows->update, too = b >= c->rows->update;
    size_t x = head_of(c->rows->node[a], depth, update), y = head_of(c->rows->node[b], depth, too);
    return update == too && x == y && strncmp(c->rows->node[a], c->rows->node[b], x) == 0;
}

static int count_heads(const chart *c, int depth) {
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
static void put_strip(const chart *c) {
    enum { MOST = 48, DEEPEST = 3 };
    int depth = DEEPEST, count = c->rows->node_count;
    while (depth > 1 && count_heads(c, depth) > MOST) depth--;
    double y = TOP + PLOT;
    for (int i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && same_head(c, i, next, depth); next++) continue;
        double x = place_x(c, i), room = place_x(c, next) - x;
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
    sg_svg_put_line(c->svg, LEFT, y, WIDTH - RIGHT, y, "axis");
}

static void put_phases(const chart *c) {
    const int begin[] = {0, c->rows->gradient, c->rows->update, c->rows->node_count};
    static const char *const names[] = {"forward →", "backward →", "update →"};
    for (int k = 0; k < 3; k++) {
        if (begin[k] >= begin[k + 1]) continue;
        double x = place_x(c, begin[k]), room = place_x(c, begin[k + 1]) - x;
        if (k) sg_svg_put_line(c->svg, x, TOP - 14, x, TOP + PLOT + STRIP - 8, "axis");
        if (room > 62) sg_svg_put_text(c->svg, x + 4, TOP - 6, "start", NULL, names[k]);
    }
}

/* ---- pieces ---- */

static void put_piece(const chart *c, const sg_memory_piece *piece, int number) {
    double x = place_x(c, piece->first), width = place_x(c, piece->last) - x;
    double top = place_y(c, (double)(piece->offset + piece->bytes));
    double height = place_y(c, (double)piece->offset) - top;
    char bytes[32];
    put_bytes(c, bytes, (double)piece->bytes);
    sg_text_printf(c->svg, "<rect class=\"u%d%s\"", piece->use, height < 5 ? " thin" : "");
    sg_svg_put_pair(c->svg, "x", x, "y", top);
    sg_svg_put_pair(c->svg, "width", width, "height", height);
    sg_text_append(c->svg, "><title>");
    sg_svg_put_escaped(c->svg, piece->name);
    sg_text_printf(c->svg, "\n%s at %zu, nodes %d to %d: %s%s</title></rect>\n", bytes, piece->offset,
                   piece->first + 1, piece->last, use_name[piece->use], piece->pinned ? ", fetched" : "");
    if (height < 7 || width < 8) return;
    bool fits = width > 5.6 * sg_svg_letters(piece->name) + 8;
    char digits[16];
    snprintf(digits, sizeof digits, "%d", number);
    if (fits || number)
        sg_svg_put_text(c->svg, x + width / 2, top + height / 2 + (height < 9.5 ? 2.5 : 3.2), "middle",
                        height < 9.5 ? "tiny strong" : "small strong",
                        fits ? piece->name : digits);
}

static void put_live(const chart *c) {
    sg_text_append(c->svg, "<path class=\"live\" d=\"M");
    for (int o = 0; o < c->rows->node_count; o++) {
        if (o && c->rows->live[o] == c->rows->live[o - 1]) continue;
        double y = place_y(c, (double)c->rows->live[o]);
        if (o) {
            sg_text_append(c->svg, "H");
            sg_svg_put_number(c->svg, place_x(c, o));
            sg_text_append(c->svg, "V");
        } else {
            sg_svg_put_number(c->svg, LEFT);
            sg_text_append(c->svg, ",");
        }
        sg_svg_put_number(c->svg, y);
    }
    sg_text_printf(c->svg, "H%d\"/>\n", WIDTH - RIGHT);
}

static void put_peak(const chart *c) {
    char arena[32];
    sg_text words = {0};
    double y = place_y(c, (double)c->rows->arena);
    double x = (place_x(c, c->rows->peak) + place_x(c, c->rows->peak + 1)) / 2;
    put_bytes(c, arena, (double)c->rows->arena);
    sg_svg_put_line(c->svg, LEFT, y, WIDTH - RIGHT, y, "mark");
    sg_text_printf(&words, "peak %s", arena);
    sg_svg_put_text(c->svg, WIDTH - RIGHT - 4, y - 5, "end", "strong", sg_text_get(&words));
    sg_text_printf(c->svg, "<circle class=\"strong\" r=\"3.5\"");
    sg_svg_put_pair(c->svg, "cx", x, "cy", place_y(c, (double)c->rows->live[c->rows->peak]));
    sg_text_append(c->svg, "><title>most in use while ");
    sg_svg_put_escaped(c->svg, c->rows->node[c->rows->peak]);
    sg_text_append(c->svg, " runs</title></circle>\n");
    if (words.failed) c->svg->failed = true;
    sg_text_finish(&words);
}

/* The largest pieces by name, in two columns, and where the peak is. */
static void put_largest(const chart *c, int count) {
    for (int i = 0; i < count; i++) {
        const sg_memory_piece *piece = &c->rows->piece[i];
        double x = i % 2 ? LEFT + (WIDTH - LEFT - RIGHT) / 2.0 : LEFT;
        double y = TOP + PLOT + STRIP + LINE * (1 + (double)(i / 2));
        char bytes[32];
        sg_text words = {0};
        put_bytes(c, bytes, (double)piece->bytes);
        size_t length = strlen(piece->name), most = 46;
        sg_text_printf(&words, "%d  %s%s · %s, nodes %d–%d", i + 1, length > most ? "…" : "",
                       piece->name + (length > most ? length - most : 0), bytes, piece->first + 1, piece->last);
        sg_svg_put_text(c->svg, x, y, "start", NULL, sg_text_get(&words));
        if (words.failed) c->svg->failed = true;
        sg_text_finish(&words);
    }
    if (!c->rows->node_count) return;
    sg_text words = {0};
    sg_text_printf(&words, "● most in use while %s runs (node %d)", c->rows->node[c->rows->peak],
                   c->rows->peak + 1);
    sg_svg_put_text(c->svg, LEFT, TOP + PLOT + STRIP + LINE * (1 + (count + 1) / 2), "start", NULL,
                    sg_text_get(&words));
    if (words.failed) c->svg->failed = true;
    sg_text_finish(&words);
}

static void draw(const chart *c) {
    int numbered = c->rows->piece_count < LARGEST ? c->rows->piece_count : LARGEST;
    int height = TOP + PLOT + STRIP + LINE * ((numbered + 1) / 2 + 1) + 14;
    const char *title = c->options->title ? c->options->title : "graph";
    sg_text_printf(c->svg,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
                   WIDTH, height, WIDTH, height);
    put_style(c);
    sg_text_printf(c->svg, "<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", WIDTH, height);
    put_head(c, title);
    put_legend(c);
    put_axes(c);
    put_phases(c);
    for (int i = 0; i < c->rows->piece_count; i++)
        put_piece(c, &c->rows->piece[i], i < numbered ? i + 1 : 0);
    put_strip(c);
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
        chart c = {.rows = &rows, .options = &given, .svg = &text};
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
