/* Escapes, numbers, shares and bars. */
#include "draw/dot_label.h"

#include "base/numeric.h"
#include "draw/dot_style.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Appends the character at *s, or its replacement where there is one or none is allowed, and steps over it.
 */
static void put_character(sg_text *text, const char **s, const char *from, const char *const *to) {
    const char *special = strchr(from, **s);
    size_t length = sg_utf8_length(*s, strnlen(*s, 4));
    if (special)
        sg_text_append(text, to[special - from]);
    else if (!length || (unsigned char)**s < 0x20 || **s == 0x7F)
        sg_text_append(text, "\xEF\xBF\xBD");
    else
        sg_text_append_bytes(text, *s, length);
    *s += length ? length : 1;
}

void sg_dot_put_html(sg_text *text, const char *words) {
    static const char *const to[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", " ", " "};
    while (*words) put_character(text, &words, "&<>\"'\n\t", to);
}

void sg_dot_put_quoted(sg_text *text, const char *words) {
    static const char *const to[] = {"\\\"", "\\\\", "&amp;", "\\n", " "};
    while (*words) put_character(text, &words, "\"\\&\n\t", to);
}

void sg_dot_put_json(sg_text *text, const char *words) {
    /* "<" would end the script that holds the text. */
    static const char *const to[] = {"\\\"", "\\\\", "\\u003c", "\\n", " "};
    sg_text_append_char(text, '"');
    while (*words) put_character(text, &words, "\"\\<\n\t", to);
    sg_text_append_char(text, '"');
}

void sg_dot_put_id(sg_text *text, const char *prefix, const char *path) {
    sg_text_append_char(text, '"');
    sg_text_append(text, prefix);
    for (const unsigned char *s = (const unsigned char *)path; *s; s++) {
        if (*s <= ' ' || *s >= 0x7F || strchr("\"\\%&<>", *s))
            sg_text_printf(text, "%%%02X", *s);
        else
            sg_text_append_char(text, (char)*s);
    }
    sg_text_append_char(text, '"');
}

void sg_dot_put_count(sg_text *text, double count, const char *unit) {
    static const char *const scale[] = {"", "k", "M", "G", "T", "P"};
    int k = 0;
    /* 999.5 is the first that rounds to a fourth digit. */
    while (count >= (k ? 999.5 : 1000) && k < 5) count /= 1000, k++;
    int digits = k == 0 && count == floor(count) ? 0 : count < 9.995 ? 2 : count < 99.95 ? 1 : 0;
    char number[32];
    sg_snprintf(number, sizeof number, "%.*f", digits, count);
    if (strchr(number, '.')) {
        char *end = number + strlen(number) - 1;
        while (*end == '0') *end-- = 0;
        if (*end == '.') *end = 0;
    }
    bool prefixed = strcmp(unit, "FLOP") == 0; /* 3.4 MFLOP, but 3.4M params */
    sg_text_printf(text, "%s%s%s%s%s", number, prefixed ? " " : scale[k], prefixed ? scale[k] : "",
                   prefixed || !*unit ? "" : " ", unit);
}

void sg_dot_put_bytes(sg_text *text, double bytes) {
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int k = 0;
    while (bytes >= (k ? 1023.5 : 1024) && k < 4) bytes /= 1024, k++;
    sg_text_printf(text, "%.*f %s", k && bytes < 9.95 ? 1 : 0, bytes, unit[k]);
}

void sg_dot_put_seconds(sg_text *text, double seconds) {
    double shown = seconds < 1e-3 ? seconds * 1e6 : seconds < 1 ? seconds * 1e3 : seconds;
    const char *unit = seconds < 1e-3 ? "µs" : seconds < 1 ? "ms" : "s";
    sg_text_printf(text, "%.*f %s", shown < 9.95 && seconds >= 1e-3 ? 1 : 0, shown, unit);
}

void sg_dot_put_bar(sg_text *text, const sg_dot *dot, double part, double whole, const char *colour,
                    bool left) {
    enum { WIDTH = 48 };
    double share = whole > 0 ? part / whole : 0;
    int width = share >= 1 ? WIDTH : (int)(share * WIDTH + 0.5);
    if (width < 1) width = 1;
    sg_text_printf(text,
                   "<TABLE%s BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\" "
                   "FIXEDSIZE=\"TRUE\" WIDTH=\"%d\" HEIGHT=\"4\"><TR>",
                   left ? " ALIGN=\"LEFT\"" : "", WIDTH);
    for (int k = 0; k < 2; k++)
        if (k ? width < WIDTH : 1)
            sg_text_printf(text, "<TD FIXEDSIZE=\"TRUE\" WIDTH=\"%d\" HEIGHT=\"4\" BGCOLOR=\"%s\"></TD>",
                           k ? WIDTH - width : width, k ? sg_dot_theme_of(&dot->options)->track : colour);
    sg_text_append(text, "</TR></TABLE>");
}

void sg_dot_put_share(sg_text *text, double part, double whole) {
    double percent = whole > 0 ? 100 * part / whole : 0;
    if (percent <= 0) return;
    if (percent < 1)
        sg_text_append(text, " (&lt;1%)");
    else
        sg_text_printf(text, " (%.0f%%)", percent > 99 && part < whole ? 99 : percent);
}

void sg_dot_put_cost(sg_text *text, const sg_dot *dot, const sg_dot_cost *cost, int times) {
    enum { MATTERS = 1000 }; /* a part in so many of all operations */
    double whole = dot->total[SG_DOT_FORWARD].flops;
    bool parameters = cost->parameters > 0, flops = cost->flops > 0 && cost->flops * MATTERS >= whole;
    bool bytes = cost->bytes > 0 && cost->bytes * MATTERS >= dot->total[SG_DOT_FORWARD].bytes;
    bool given[] = {parameters, flops, bytes};
    for (int k = 0, any = 0; k < 3; k++) {
        if (!given[k]) continue;
        if (any++) sg_text_append(text, " · ");
        if (times > 1) sg_text_printf(text, "%d × ", times);
        if (k == 0) sg_dot_put_count(text, cost->parameters, cost->parameters == 1 ? "param" : "params");
        if (k == 1) sg_dot_put_count(text, cost->flops, "FLOP");
        if (k == 2) sg_dot_put_bytes(text, cost->bytes);
    }
}

int sg_dot_words_width(const char *words, int size) {
    /* In thousandths of the size, as in DejaVu Sans: Graphviz takes it where there is nothing narrower, and
     * where there is, some room is left. */
    int width = 0;
    for (const unsigned char *c = (const unsigned char *)words; *c; c++) {
        if ((*c & 0xC0) == 0x80) continue; /* of a character that was counted */
        width += *c >= 0xE2                             ? 1000
                 : *c >= 0xC2 || strchr("=+<>#~^&", *c) ? 840
                 : strchr("fijlt.,:;'|!/()[]- ", *c)    ? 370
                 : strchr("mwMW@%", *c)                 ? 980
                 : *c >= 'A' && *c <= 'Z'               ? 750
                                                        : 640;
    }
    return (width * size + 999) / 1000;
}
