/* The canvas as SVG, and what both ways have in common. Shapes are told by class; a style sheet colours them.
 */
#include "draw/canvas.h"

#include "draw/canvas_dot.h"
#include "draw/dot_label.h"
#include "draw/dot_style.h"
#include "draw/svg.h"

#include <string.h>

const sg_canvas_font sg_canvas_fonts[SG_WORDS_COUNT] = {
    [SG_WORDS_PLAIN] = {"plain", 11, false},    [SG_WORDS_STRONG] = {"strong", 11, true},
    [SG_WORDS_SMALL] = {"small", 9, false},     [SG_WORDS_SMALL_STRONG] = {"small_strong", 9, true},
    [SG_WORDS_TINY_STRONG] = {"tiny", 7, true}, [SG_WORDS_TITLE] = {"title", 16, true},
};

const char *const sg_canvas_text_colour[2][2] = {{"#4b5563", "#1f2937"}, {"#b6bdc9", "#f0f0f0"}};

const sg_ink *sg_canvas_ink(const sg_canvas *canvas, const char *name) {
    const sg_ink *ink = canvas->inks;
    while (ink->name && strcmp(ink->name, name) != 0) ink++;
    return ink;
}

bool sg_canvas_is_thin(double height) {
    return height < 5;
}

double sg_canvas_width(sg_words words, const char *text) {
    const sg_canvas_font *font = &sg_canvas_fonts[words];
    return sg_dot_words_width(text, font->size) * (font->strong ? 1.12 : 1.0);
}

/* ---- the style sheet ---- */

static void put_colours(const sg_canvas *canvas, int theme) {
    for (const sg_ink *ink = canvas->inks; ink->name; ink++)
        sg_text_printf(canvas->out, ".%s{fill:%s;stroke:%s}", ink->name,
                       ink->fill[theme] ? ink->fill[theme] : "none",
                       ink->line[theme] ? ink->line[theme] : "none");
    for (int k = 0; k < SG_WORDS_COUNT; k++)
        sg_text_printf(canvas->out, ".%s{fill:%s}", sg_canvas_fonts[k].name,
                       sg_canvas_text_colour[theme][sg_canvas_fonts[k].strong]);
}

static void put_style(const sg_canvas *canvas) {
    sg_text *css = canvas->out;
    sg_text_append(css, "<style>\ntext{font-family:" SG_DRAW_FONT "}");
    for (int k = 0; k < SG_WORDS_COUNT; k++)
        sg_text_printf(css, ".%s{font-size:%dpx%s}", sg_canvas_fonts[k].name, sg_canvas_fonts[k].size,
                       sg_canvas_fonts[k].strong ? ";font-weight:600" : "");
    for (const sg_ink *ink = canvas->inks; ink->name; ink++) {
        sg_text_printf(css, ".%s{stroke-width:", ink->name);
        sg_svg_put_number(css, ink->width);
        if (ink->dashes)
            sg_text_printf(css, ";stroke-dasharray:%s",
                           strcmp(ink->dashes, "dashed") == 0 ? "4 2" : "1.5 1.5");
        sg_text_append_char(css, '}');
    }
    sg_text_append(css, ".thin{stroke-width:");
    sg_svg_put_number(css, SG_CANVAS_THIN);
    sg_text_append(css, "}rect[data-id]:hover{stroke-width:2.2}\n");
    put_colours(canvas, canvas->dark && !canvas->follow);
    if (canvas->follow) {
        sg_text_append(css, "\n@media (prefers-color-scheme:dark){");
        put_colours(canvas, 1);
        sg_text_append_char(css, '}');
    }
    sg_text_append(css, "\n</style>\n");
}

void sg_canvas_begin(sg_canvas *canvas) {
    if (canvas->graphviz) {
        sg_canvas_dot_begin(canvas);
        return;
    }
    sg_text_append(canvas->out, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    sg_svg_put_pair(canvas->out, "width", canvas->width, "height", canvas->height);
    sg_text_append(canvas->out, " viewBox=\"0 0 ");
    sg_svg_put_number(canvas->out, canvas->width);
    sg_text_append_char(canvas->out, ' ');
    sg_svg_put_number(canvas->out, canvas->height);
    sg_text_append(canvas->out, "\">\n");
    put_style(canvas);
}

void sg_canvas_end(sg_canvas *canvas) {
    sg_text_append(canvas->out, canvas->graphviz ? "}\n" : "</svg>\n");
}

/* ---- shapes ---- */

static void put_tip(const sg_canvas *canvas, const char *element, const char *tip) {
    if (!tip) {
        sg_text_append(canvas->out, "/>\n");
        return;
    }
    sg_text_append(canvas->out, "><title>");
    for (const char *end; (end = strchr(tip, '\n')); tip = end + 1) {
        sg_text line = {0};
        sg_text_append_bytes(&line, tip, (size_t)(end - tip));
        sg_svg_put_escaped(canvas->out, sg_text_get(&line));
        sg_text_append_char(canvas->out, '\n');
        if (line.failed) canvas->out->failed = true;
        sg_text_finish(&line);
    }
    sg_svg_put_escaped(canvas->out, tip);
    sg_text_printf(canvas->out, "</title></%s>\n", element);
}

void sg_canvas_rect(sg_canvas *canvas, const char *ink, double x, double y, double width, double height,
                    const char *tip, int id) {
    if (canvas->graphviz) {
        sg_canvas_dot_rect(canvas, ink, x, y, width, height, tip);
        return;
    }
    sg_text_printf(canvas->out, "<rect class=\"%s%s\"", ink, sg_canvas_is_thin(height) ? " thin" : "");
    sg_svg_put_pair(canvas->out, "x", x, "y", y);
    sg_svg_put_pair(canvas->out, "width", width, "height", height);
    if (id >= 0) sg_text_printf(canvas->out, " data-id=\"%d\"", id);
    put_tip(canvas, "rect", tip);
}

void sg_canvas_path(sg_canvas *canvas, const char *ink, const double *places, int count) {
    if (canvas->graphviz) {
        sg_canvas_dot_path(canvas, ink, places, count);
        return;
    }
    sg_text_printf(canvas->out, "<path class=\"%s\" d=\"", ink);
    for (int i = 0; i < count; i++) {
        sg_text_append_char(canvas->out, i ? 'L' : 'M');
        sg_svg_put_number(canvas->out, places[2 * i]);
        sg_text_append_char(canvas->out, ',');
        sg_svg_put_number(canvas->out, places[2 * i + 1]);
    }
    sg_text_append(canvas->out, "\"/>\n");
}

void sg_canvas_line(sg_canvas *canvas, const char *ink, double x1, double y1, double x2, double y2) {
    sg_canvas_path(canvas, ink, (const double[]){x1, y1, x2, y2}, 2);
}

void sg_canvas_spot(sg_canvas *canvas, const char *ink, double x, double y, double radius, const char *tip) {
    if (canvas->graphviz) {
        sg_canvas_dot_spot(canvas, ink, x, y, radius, tip);
        return;
    }
    sg_text_printf(canvas->out, "<circle class=\"%s\"", ink);
    sg_svg_put_pair(canvas->out, "cx", x, "cy", y);
    sg_text_append(canvas->out, " r=\"");
    sg_svg_put_number(canvas->out, radius);
    sg_text_append_char(canvas->out, '"');
    put_tip(canvas, "circle", tip);
}

void sg_canvas_words(sg_canvas *canvas, sg_words words, double x, double y, const char *anchor,
                     const char *text) {
    if (canvas->graphviz)
        sg_canvas_dot_words(canvas, words, x, y, anchor, text);
    else
        sg_svg_put_text(canvas->out, x, y, anchor, sg_canvas_fonts[words].name, text);
}
