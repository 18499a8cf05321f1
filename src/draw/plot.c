/* Line plots as SVG. */
#include "simgraph/plot.h"

#include "base/text.h"
#include "draw/axis.h"
#include "draw/svg.h"
#include "simgraph/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_SERIES = 8,
    PAD = 16,
    LABEL_SIZE = 12,
    TITLE_SIZE = 15,
    LINE = 20,
    SWATCH = 18,
    LEGEND_GAP = 18,
    MIN_CURVES = 60
};
/* Estimated width of a character of the 12 px interface font: wide enough for every common one. */
static const double letter_width = 7;

typedef struct plot {
    const sg_plot_options *o;
    int width, height;
    double left, right, top, bottom; /* of the area of the curves */
    sg_axis x, y;
    bool empty; /* no point at all */
    bool whole; /* x of all points are whole numbers, such as steps */
    sg_text *svg;
} plot;

/* Every colour stands twice: for a light and for a dark page. */
static const char style[] =
    "<style>\n"
    "text{font:12px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#4b5563}\n"
    ".title{font-size:15px;font-weight:600;fill:#1f2937}\n"
    ".page{fill:#ffffff}.grid{stroke:#e5e7eb}.axis{stroke:#9ca3af}\n"
    ".line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}.band{stroke-opacity:.28}\n"
    ".s0{stroke:#2563a8}.s1{stroke:#c2571a}.s2{stroke:#2e8b57}.s3{stroke:#a23b72}\n"
    ".s4{stroke:#7a5cc0}.s5{stroke:#8a6d1d}.s6{stroke:#1f8a9c}.s7{stroke:#6b7280}\n"
    ".d0{fill:#2563a8}.d1{fill:#c2571a}.d2{fill:#2e8b57}.d3{fill:#a23b72}\n"
    ".d4{fill:#7a5cc0}.d5{fill:#8a6d1d}.d6{fill:#1f8a9c}.d7{fill:#6b7280}\n"
    "@media (prefers-color-scheme:dark){\n"
    "text{fill:#b6bdc9}.title{fill:#e5e7eb}\n"
    ".page{fill:#14171c}.grid{stroke:#2a2f38}.axis{stroke:#5b6472}\n"
    ".s0{stroke:#6ea8e6}.s1{stroke:#f0955c}.s2{stroke:#6cc595}.s3{stroke:#e07fb2}\n"
    ".s4{stroke:#ab95ea}.s5{stroke:#d0b152}.s6{stroke:#5cc3d4}.s7{stroke:#a3acba}\n"
    ".d0{fill:#6ea8e6}.d1{fill:#f0955c}.d2{fill:#6cc595}.d3{fill:#e07fb2}\n"
    ".d4{fill:#ab95ea}.d5{fill:#d0b152}.d6{fill:#5cc3d4}.d7{fill:#a3acba}\n"
    "}\n"
    "</style>\n";

/* ---- range ---- */

static bool is_drawn(const plot *p, const sg_plot_series *s, size_t i) {
    return isfinite(s->x[i]) && isfinite(s->y[i]) && (!p->o->log_y || s->y[i] > 0);
}

static void find_range(plot *p, double x[2], double y[2]) {
    x[0] = y[0] = INFINITY;
    x[1] = y[1] = -INFINITY;
    p->whole = true;
    for (int k = 0; k < p->o->series_count; k++) {
        const sg_plot_series *s = &p->o->series[k];
        for (size_t i = 0; i < s->count; i++) {
            if (!is_drawn(p, s, i)) continue;
            p->whole = p->whole && floor(s->x[i]) == s->x[i];
            x[0] = fmin(x[0], s->x[i]), x[1] = fmax(x[1], s->x[i]);
            y[0] = fmin(y[0], s->y[i]), y[1] = fmax(y[1], s->y[i]);
        }
    }
    p->empty = x[0] > x[1];
    if (p->empty) x[0] = 0, x[1] = 1, y[0] = p->o->log_y ? 0.1 : 0, y[1] = 1;
}

/* ---- legend ---- */

static double legend_entry_width(const sg_plot_series *s) {
    return SWATCH + 6 + letter_width * sg_svg_letters(s->name) + LEGEND_GAP;
}

/* Lays the entries out in rows that fit; draws them where `draw`; gives the number of rows. */
static int legend(const plot *p, double top, bool draw) {
    double x = PAD;
    int rows = 1;
    for (int k = 0; k < p->o->series_count; k++) {
        double width = legend_entry_width(&p->o->series[k]);
        if (x > PAD && x + width - LEGEND_GAP > p->width - PAD) {
            x = PAD;
            rows++;
        }
        if (draw) {
            char class[24];
            double y = top + (rows - 1) * LINE + LINE / 2.0;
            snprintf(class, sizeof class, "line s%d", k);
            sg_svg_put_line(p->svg, x, y, x + SWATCH, y, class);
            sg_svg_put_text(p->svg, x + SWATCH + 6, y + 4, "start", NULL, p->o->series[k].name);
        }
        x += width;
    }
    return rows;
}

/* ---- frame ---- */

static void arrange(plot *p) {
    double x[2], y[2];
    find_range(p, x, y);
    p->top = PAD + (p->o->title ? TITLE_SIZE + 8 : 0) + (p->o->y_label ? LINE : 0) +
             legend(p, 0, false) * LINE + 10;
    double below = PAD + LABEL_SIZE + 6 + (p->o->x_label ? LINE : 0);
    if (p->height < p->top + MIN_CURVES + below) p->height = (int)(p->top + MIN_CURVES + below);
    p->bottom = p->height - below;
    sg_axis_init(&p->y, y[0], y[1], p->o->log_y, 0.04, (int)fmax(3, (p->bottom - p->top) / 48));
    double widest = 0;
    for (int i = 0; i < p->y.tick_count; i++)
        widest = fmax(widest, letter_width * (double)strlen(p->y.tick[i].text));
    p->left = PAD + widest + 8;
    p->right = p->width - PAD - 8;
    double ticks = fmax(3, (p->right - p->left) / 84), span = x[1] > x[0] ? x[1] - x[0] : fabs(x[1]);
    if (p->whole && !p->empty) ticks = fmax(1, fmin(ticks, span)); /* at whole numbers alone */
    sg_axis_init(&p->x, x[0], x[1], false, 0, (int)ticks);
}

static double place_x(const plot *p, double value) {
    return p->left + sg_axis_place(&p->x, value) * (p->right - p->left);
}

static double place_y(const plot *p, double value) {
    return p->bottom - sg_axis_place(&p->y, value) * (p->bottom - p->top);
}

static void draw_frame(const plot *p) {
    double top = PAD;
    if (p->o->title) {
        sg_svg_put_text(p->svg, PAD, top + TITLE_SIZE - 2, "start", "title", p->o->title);
        top += TITLE_SIZE + 8;
    }
    if (p->o->y_label) {
        sg_svg_put_text(p->svg, PAD, top + LABEL_SIZE, "start", NULL, p->o->y_label);
        top += LINE;
    }
    legend(p, top, true);
    for (int i = 0; i < p->y.tick_count; i++) {
        double y = place_y(p, p->y.tick[i].value);
        sg_svg_put_line(p->svg, p->left, y, p->right, y, "grid");
        sg_svg_put_text(p->svg, p->left - 8, y + 4, "end", NULL, p->y.tick[i].text);
    }
    sg_svg_put_line(p->svg, p->left, p->bottom, p->right, p->bottom, "axis");
    for (int i = 0; i < p->x.tick_count; i++) {
        double x = place_x(p, p->x.tick[i].value);
        sg_svg_put_line(p->svg, x, p->bottom, x, p->bottom + 4, "axis");
        sg_svg_put_text(p->svg, x, p->bottom + LABEL_SIZE + 6, "middle", NULL, p->x.tick[i].text);
    }
    if (p->o->x_label)
        sg_svg_put_text(p->svg, (p->left + p->right) / 2, p->height - PAD + 2, "middle", NULL, p->o->x_label);
    if (p->empty)
        sg_svg_put_text(p->svg, (p->left + p->right) / 2, (p->top + p->bottom) / 2, "middle", NULL,
                        "no values yet");
}

/* ---- curves ---- */

static void put_point(const plot *p, bool *open, double x, double y) {
    sg_text_append(p->svg, *open ? "L" : "M");
    sg_svg_put_number(p->svg, place_x(p, x));
    sg_text_append(p->svg, " ");
    sg_svg_put_number(p->svg, place_y(p, y));
    *open = true;
}

/* What the points of one pixel column come to. A curve of any length makes a file of bounded size. */
typedef struct column {
    size_t low, high, count;
    double x, sum;
} column;

/* Gathers the points from `begin` on that stand in one pixel column; gives the end of that run. */
static size_t gather(const plot *p, const sg_plot_series *s, size_t begin, column *c) {
    double place = floor(place_x(p, s->x[begin]));
    *c = (column){.low = begin, .high = begin, .x = s->x[begin]};
    size_t i = begin;
    for (; i < s->count && is_drawn(p, s, i) && floor(place_x(p, s->x[i])) == place; i++) {
        if (s->y[i] < s->y[c->low]) c->low = i;
        if (s->y[i] > s->y[c->high]) c->high = i;
        c->sum += s->y[i];
        c->count++;
    }
    return i;
}

/* One path. The band joins each column's extremes in the order in which they stand, the line its means. */
static void draw_path(const plot *p, int k, bool band) {
    const sg_plot_series *s = &p->o->series[k];
    bool open = false;
    sg_text_printf(p->svg, "<path class=\"line%s s%d\" d=\"", band ? " band" : "", k);
    for (size_t i = 0; i < s->count;) {
        column c;
        if (!is_drawn(p, s, i)) {
            open = false;
            i++;
            continue;
        }
        i = gather(p, s, i, &c);
        if (!band) {
            put_point(p, &open, c.x, c.sum / (double)c.count);
            continue;
        }
        size_t first = c.low < c.high ? c.low : c.high, last = c.low < c.high ? c.high : c.low;
        put_point(p, &open, c.x, s->y[first]);
        if (last != first) put_point(p, &open, c.x, s->y[last]);
    }
    sg_text_append(p->svg, "\"/>\n");
}

static void draw_series(const plot *p, int k) {
    const sg_plot_series *s = &p->o->series[k];
    /* More points than pixels: their spread stays visible behind their mean. */
    if (s->count > 1.5 * (p->right - p->left)) draw_path(p, k, true);
    draw_path(p, k, false);
    for (size_t i = 0; i < s->count && s->points; i++) {
        if (!is_drawn(p, s, i)) continue;
        sg_text_append(p->svg, "<circle");
        sg_svg_put_pair(p->svg, "cx", place_x(p, s->x[i]), "cy", place_y(p, s->y[i]));
        sg_text_printf(p->svg, " r=\"2.6\" class=\"d%d\"/>\n", k);
    }
}

sg_status sg_plot_text(char **svg, size_t *bytes, const sg_plot_options *o, sg_error *error) {
    if (o->size != sizeof *o) return sg_fail(error, SG_BAD_USAGE, "sg_plot_options has another size");
    if (o->series_count < 1 || o->series_count > MAX_SERIES)
        return sg_fail(error, SG_BAD_USAGE, "a plot of %d series: it holds 1 to %d", o->series_count,
                       MAX_SERIES);
    sg_text text = {0};
    plot p = {
        .o = o, .width = o->width ? o->width : 720, .height = o->height ? o->height : 420, .svg = &text};
    if (p.width < 240 || p.height < 160)
        return sg_fail(error, SG_BAD_USAGE, "a plot of %d x %d: it needs at least 240 x 160", p.width,
                       p.height);
    arrange(&p);
    sg_text_printf(
        &text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
        p.width, p.height, p.width, p.height);
    sg_text_append(&text, style);
    sg_text_printf(&text, "<rect class=\"page\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", p.width, p.height);
    draw_frame(&p);
    for (int k = 0; k < o->series_count; k++) draw_series(&p, k);
    sg_text_append(&text, "</svg>\n");
    *bytes = text.length;
    *svg = sg_text_take(&text);
    return *svg ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory drawing a plot");
}

sg_status sg_plot_save(const char *path, const sg_plot_options *options, sg_error *error) {
    char *svg;
    size_t bytes;
    sg_status status = sg_plot_text(&svg, &bytes, options, error);
    if (status != SG_OK) return status;
    status = sg_file_save(path, svg, bytes, error);
    free(svg);
    return status;
}
