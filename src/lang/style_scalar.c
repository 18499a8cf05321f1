/* Scalars in canonical style: quoted only where YAML, or this language, would read them differently. */
#include "lang/style.h"

#include "lang/scalar.h"
#include "lang/tree.h"
#include "simgraph/style.h"

#include <string.h>

size_t sg_style_width(const char *text, size_t bytes) {
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++) count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* The code point at *at, which moves behind it. The text is valid UTF-8. */
static unsigned take(const char **at) {
    const unsigned char *s = (const unsigned char *)*at;
    int more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    unsigned code = more == 0 ? s[0] : s[0] & (0x3fu >> more);
    for (int i = 1; i <= more; i++) code = code << 6 | (s[i] & 0x3fu);
    *at += more + 1;
    return code;
}

/* Characters that only "..." can hold on one line. */
static bool needs_escape(unsigned code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || code == 0xfeff;
}

static bool has_escape(const char *text) {
    while (*text)
        if (needs_escape(take(&text))) return true;
    return false;
}

static void quote(sg_text *out, const char *text) {
    if (strpbrk(text, "\"\\") && !has_escape(text)) {
        sg_text_append_char(out, '\'');
        for (; *text; text++) sg_text_append(out, *text == '\'' ? "''" : (char[]){*text, 0});
        sg_text_append_char(out, '\'');
        return;
    }
    sg_text_append_char(out, '"');
    while (*text) {
        const char *start = text;
        unsigned code = take(&text);
        if (code == '"' || code == '\\')
            sg_text_printf(out, "\\%c", (int)code);
        else if (code == '\n' || code == '\t')
            sg_text_append(out, code == '\n' ? "\\n" : "\\t");
        else if (needs_escape(code))
            sg_text_printf(out, "\\u%04x", code);
        else
            sg_text_append_bytes(out, start, (size_t)(text - start));
    }
    sg_text_append_char(out, '"');
}

/* Whether YAML reads the text back as it is when it stands without quotes. */
static bool may_be_plain(const char *text, bool flow) {
    size_t length = strlen(text);
    if (length == 0 || has_escape(text) || strstr(text, ": ") || strstr(text, " #")) return false;
    if (strchr("!&*|>@`'\"%#,[]{} ", text[0]) || text[length - 1] == ':' || text[length - 1] == ' ')
        return false;
    if (strchr("-?:", text[0]) && (length == 1 || strchr(" ,[]{}-", text[1]))) return false;
    return !(flow && (strpbrk(text, ",[]{}?") || sg_open_parentheses(text) != 0));
}

static bool means_text(const char *text) {
    double number;
    const char *advice;
    return sg_scalar_of(text, &number, &advice) == SG_SCALAR_PLAIN;
}

void sg_style_scalar(sg_text *out, const sg_styled *scalar, bool flow) {
    /* A quoted number is text, and a quoted `int` is no type. */
    bool same =
        scalar->plain || (means_text(scalar->text) && !sg_word_in(scalar->text, "int float bool text op"));
    if (same && may_be_plain(scalar->text, flow))
        sg_text_append(out, scalar->text);
    else
        quote(out, scalar->text);
}

void sg_style_key(sg_text *out, const sg_styled_entry *entry) {
    if (may_be_plain(entry->key, true) && (entry->plain_key || means_text(entry->key)))
        sg_text_append(out, entry->key);
    else
        quote(out, entry->key);
}

/* ---- texts over several lines ---- */

static void start_line(sg_text *out, int indent) {
    sg_text_append_char(out, '\n');
    for (int i = 0; i < indent; i++) sg_text_append_char(out, ' ');
}

/* One paragraph whose words can be joined again by single spaces. */
static bool can_fold(const char *text, size_t length) {
    if (length == 0 || text[0] == ' ' || text[length - 1] == ' ') return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\n' || text[i] == '\t' || (text[i] == ' ' && text[i + 1] == ' ')) return false;
    return true;
}

static void fold(sg_text *out, const char *text, size_t length, int indent) {
    size_t width = SG_STYLE_WIDTH;
    for (size_t at = 0, column = width; at < length;) {
        size_t word = at;
        while (word < length && text[word] != ' ') word++;
        size_t characters = sg_style_width(text + at, word - at);
        if (column + 1 + characters > width) {
            start_line(out, indent);
            column = (size_t)indent;
        } else {
            sg_text_append_char(out, ' ');
            column++;
        }
        sg_text_append_bytes(out, text + at, word - at);
        column += characters;
        at = word + (word < length);
    }
}

/* Lines that `|` gives back as they are. */
static bool can_be_literal(const char *text, size_t length) {
    if (length == 0 || strchr(" \t\n", text[0])) return false;
    for (const char *line = text; line < text + length;) {
        size_t span = strcspn(line, "\n");
        if (span && strspn(line, " \t") >= span) return false;
        line += span + 1;
    }
    return true;
}

static void literal(sg_text *out, const char *text, size_t length, int indent) {
    for (const char *line = text; line < text + length;) {
        size_t span = strcspn(line, "\n");
        if (span)
            start_line(out, indent);
        else
            sg_text_append_char(out, '\n');
        sg_text_append_bytes(out, line, span);
        line += span + 1;
    }
}

static bool has_other_escape(const char *text) {
    while (*text) {
        unsigned code = take(&text);
        if (needs_escape(code) && code != '\n') return true;
    }
    return false;
}

void sg_style_doc(sg_text *out, const sg_styled *scalar, int indent, size_t column) {
    const char *text = scalar->text;
    size_t length = strlen(text), lines_end = length > 0 && text[length - 1] == '\n';
    sg_text one = {0};
    sg_style_scalar(&one, scalar, false);
    bool short_enough = !lines_end && !strchr(text, '\n') &&
                        column + sg_style_width(sg_text_get(&one), one.length) <= SG_STYLE_WIDTH;
    length -= lines_end;
    bool escapes = has_other_escape(text);
    if (!short_enough && !escapes && can_fold(text, length)) {
        sg_text_append(out, lines_end ? ">" : ">-");
        fold(out, text, length, indent);
    } else if (!short_enough && !escapes && strchr(text, '\n') && can_be_literal(text, length) &&
               text[length - 1] != '\n') {
        sg_text_append(out, lines_end ? "|" : "|-");
        literal(out, text, length, indent);
    } else {
        sg_text_append(out, sg_text_get(&one));
    }
    out->failed = out->failed || one.failed;
    sg_text_finish(&one);
}
