/* Parts of SVG. */
#include "draw/svg.h"

#include <math.h>
#include <stdlib.h>

/* A coordinate with one decimal, without the help of printf, whose decimal point depends on the locale. */
void sg_svg_put_number(sg_text *svg, double value) {
    long tenths = lround(value * 10), size = labs(tenths);
    sg_text_printf(svg, "%s%ld", tenths < 0 ? "-" : "", size / 10);
    if (size % 10) sg_text_printf(svg, ".%ld", size % 10);
}

void sg_svg_put_pair(sg_text *svg, const char *x_name, double x, const char *y_name, double y) {
    sg_text_printf(svg, " %s=\"", x_name);
    sg_svg_put_number(svg, x);
    sg_text_printf(svg, "\" %s=\"", y_name);
    sg_svg_put_number(svg, y);
    sg_text_append(svg, "\"");
}

void sg_svg_put_escaped(sg_text *svg, const char *text) {
    for (; *text; text++) {
        if (*text == '<')
            sg_text_append(svg, "&lt;");
        else if (*text == '>')
            sg_text_append(svg, "&gt;");
        else if (*text == '&')
            sg_text_append(svg, "&amp;");
        else if (*text == '"')
            sg_text_append(svg, "&quot;");
        else if ((unsigned char)*text >= ' ')
            sg_text_append_char(svg, *text);
    }
}

void sg_svg_put_text(sg_text *svg, double x, double y, const char *anchor, const char *class,
                     const char *text) {
    sg_text_append(svg, "<text");
    sg_svg_put_pair(svg, "x", x, "y", y);
    if (class) sg_text_printf(svg, " class=\"%s\"", class);
    sg_text_printf(svg, " text-anchor=\"%s\">", anchor);
    sg_svg_put_escaped(svg, text);
    sg_text_append(svg, "</text>\n");
}

void sg_svg_put_line(sg_text *svg, double x1, double y1, double x2, double y2, const char *class) {
    sg_text_append(svg, "<line");
    sg_svg_put_pair(svg, "x1", x1, "y1", y1);
    sg_svg_put_pair(svg, "x2", x2, "y2", y2);
    sg_text_printf(svg, " class=\"%s\"/>\n", class);
}

int sg_svg_letters(const char *text) {
    int count = 0;
    for (; *text; text++) count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}
