/* Messages as the user sees them. */
#include "base/text.h"
#include "lang/width.h"
#include "simgraph/language.h"

#include <string.h>

enum { WIDEST = 110, LEAD = 40 }; /* of a source line that is shown: longer ones are cut around the caret */

typedef struct colours {
    const char *place, *error, *warning, *caret, *off;
} colours;

static const colours plain = {"", "", "", "", ""};
static const colours terminal = {"\033[1m", "\033[1;31m", "\033[1;35m", "\033[1;32m", "\033[0m"};

static bool continues(char c) {
    return ((unsigned char)c & 0xc0) == 0x80; /* a later byte of one character in UTF-8 */
}

static size_t next_char(const char *line, size_t at) {
    if (line[at]) at++;
    while (continues(line[at])) at++;
    return at;
}

static bool is_control(char c) {
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* The source line and the line with the caret under it. */
static void append_line(sg_text *out, const sg_diagnostic *d, const colours *c) {
    size_t at = 0, end = strlen(d->source);
    int column = 1, first = 1;
    if (d->mark.column > WIDEST - LEAD / 2) first = d->mark.column - LEAD;
    while (column < first && at < end) {
        at = next_char(d->source, at);
        column++;
    }
    size_t start = at;
    sg_text_append(out, first > 1 ? "  ..." : "  ");
    int shown = 0;
    while (at < end && shown < WIDEST) {
        at = next_char(d->source, at);
        shown++;
    }
    /* Whatever a file holds, it moves no cursor. */
    for (size_t i = start; i < at; i++)
        sg_text_append_char(out, is_control(d->source[i]) ? '?' : d->source[i]);
    sg_text_append(out, at < end ? "...\n" : "\n");

    sg_text_append(out, first > 1 ? "     " : "  ");
    at = start;
    for (; column < d->mark.column;
         column++) { /* tabs stay tabs, so that the caret stands right at any width */
        bool tab = at < end && d->source[at] == '\t';
        int width = at < end && !tab ? sg_width_of(d->source + at) : 1;
        for (int i = 0; i < width; i++) sg_text_append_char(out, tab ? '\t' : ' ');
        at = next_char(d->source, at);
    }
    sg_text_printf(out, "%s^", c->caret);
    if (at < end && sg_width_of(d->source + at) == 2) sg_text_append_char(out, '~');
    at = next_char(d->source, at);
    for (int i = 1; i < d->length && at < end && i < WIDEST; i++, at = next_char(d->source, at))
        for (int k = sg_width_of(d->source + at); k > 0; k--) sg_text_append_char(out, '~');
    sg_text_printf(out, "%s\n", c->off);
}

static void append_place(sg_text *out, sg_mark mark, bool with_column) {
    if (!mark.file) return;
    sg_text_append(out, mark.file);
    if (mark.line > 0) sg_text_printf(out, ":%d", mark.line);
    if (mark.line > 0 && with_column) sg_text_printf(out, ":%d", mark.column);
}

static void append_message(sg_text *out, const sg_diagnostic *d, const colours *c) {
    bool is_error = d->severity == SG_SEVERITY_ERROR;
    sg_text_append(out, c->place);
    append_place(out, d->mark, true);
    sg_text_append(out, d->mark.file ? ": " : "simgraph: ");
    sg_text_printf(out, "%s%s%s:%s %s\n", c->off, is_error ? c->error : c->warning,
                   is_error ? "error" : "warning", c->off, d->message);
    if (d->source && d->mark.line > 0) append_line(out, d, c);
    if (d->hint) sg_text_printf(out, "  %s\n", d->hint);
    for (int i = 0; i < d->link_count; i++) {
        sg_text_printf(out, "  %s (", d->link[i].text);
        append_place(out, d->link[i].mark, false);
        sg_text_append(out, ")\n");
    }
}

char *sg_diagnostics_text(const sg_diagnostics *diagnostics, bool colour) {
    sg_text out = {0};
    size_t shown = 0;
    sg_text_append(&out, "");
    for (size_t i = 0; i < sg_diagnostics_count(diagnostics); i++) {
        const sg_diagnostic *d = sg_diagnostics_at(diagnostics, i);
        append_message(&out, d, colour ? &terminal : &plain);
        shown += d->severity == SG_SEVERITY_ERROR;
    }
    size_t more = sg_diagnostics_errors(diagnostics) - shown;
    if (more > 0) sg_text_printf(&out, "%zu more error%s\n", more, sg_plural(more));
    return sg_text_take(&out);
}
