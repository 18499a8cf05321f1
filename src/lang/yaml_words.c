#include "lang/yaml_words.h"

#include "base/numeric.h"

#include <string.h>

static const char *line_at(sg_work *work, const sg_yaml_problem *p, size_t line) {
    const char *at = p->text, *end = at + p->length;
    while (line-- > 0 && at) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at) at++;
    }
    if (!at) return "";
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    return sg_take_text(work, at, (size_t)((stop ? stop : end) - at));
}

/* The byte of a column. */
static size_t offset_of(const char *line, size_t column) {
    size_t at = 0;
    while (column > 0 && line[at]) {
        at++;
        while (((unsigned char)line[at] & 0xc0) == 0x80) at++;
        column--;
    }
    return at;
}

/* The column of a byte. */
static size_t column_of(const char *line, const char *at) {
    size_t column = 0;
    for (; line < at; line++) column += ((unsigned char)*line & 0xc0) != 0x80;
    return column;
}

static size_t indent_of(const char *line) {
    return strspn(line, " ");
}

static bool is_word(char c) {
    return sg_is_word(c) || c == '_' || c == '-';
}

/* "x:{...", "in:x": a colon without the space behind it. Returns the colon, or NULL. */
static const char *tight_colon(const char *line, size_t before) {
    for (const char *at = strchr(line, ':'); at && (size_t)(at - line) < before; at = strchr(at + 1, ':'))
        if (at > line && is_word(at[-1]) && at[1] && !strchr(" \t\r/\\", at[1])) return at;
    return NULL;
}

static const char *word_before(sg_work *work, const char *line, const char *end) {
    const char *start = end;
    while (start > line && is_word(start[-1])) start--;
    return sg_take_text(work, start, (size_t)(end - start));
}

static void set_place(sg_yaml_words *w, size_t line, size_t column, int length) {
    w->line = line;
    w->column = column;
    w->length = length;
}

static bool explain_expression(sg_work *work, const sg_yaml_problem *p, const char *line, sg_yaml_words *w) {
    const char *context = p->context ? line_at(work, p, p->context_line) : "";
    if (strstr(line, "${") || strstr(context, "${")) {
        const char *in = strstr(line, "${") ? line : context, *at = strstr(in, "${");
        w->message = "`${` is not part of the language";
        w->hint = "write $name or $(expression)";
        set_place(w, in == line ? p->line : p->context_line, column_of(in, at), 2);
        return true;
    }
    if (!strstr(line, "$(") && !strstr(context, "$(")) return false;
    w->message = "YAML takes this expression apart";
    w->hint = "put the expression in quotes";
    return true;
}

/* The length of the key that a line starts with where no colon follows it: "minimize loss", "nodes", and not
 * "a + b". `rest` is where its value starts. 0 where there is none. */
static size_t colonless_key(const char *line, const char **rest) {
    size_t length = 0;
    while (is_word(line[length]) && line[length] != '-') length++;
    *rest = line + length + strspn(line + length, " \t");
    bool end = strspn(*rest, "\r") == strlen(*rest) || **rest == '#', alone = end || *rest > line + length;
    return alone && (end || !strchr("+-*/%=<>:.,)]}", **rest)) ? length : 0;
}

/* What is to be written for it: without the comment of its line. */
static const char *colon_put_in(sg_work *work, const char *key, size_t length, const char *rest) {
    const char *comment = *rest == '#' ? rest : strstr(rest, " #");
    size_t end = comment ? (size_t)(comment - rest) : strcspn(rest, "\r");
    while (end > 0 && rest[end - 1] == ' ') end--;
    if (end > 40) return sg_take_printf(work, "write `%.*s: ...`", (int)length, key);
    return end ? sg_take_printf(work, "write `%.*s: %.*s`", (int)length, key, (int)end, rest)
               : sg_take_printf(work, "write `%.*s:`", (int)length, key);
}

/* A line, from a column on, that was to be a key with its value. */
static void explain_key(sg_work *work, const sg_yaml_problem *p, size_t number, size_t column,
                        sg_yaml_words *w) {
    const char *line = line_at(work, p, number), *rest;
    size_t start = indent_of(line), length = colonless_key(line + start, &rest);
    const char *tight = tight_colon(line, strlen(line)), *sign = strchr(line, '=');
    set_place(w, number, column, 1);
    w->message = "this line is no `key: value`";
    w->hint = "each line of a mapping is a key, a colon, a space and a value";
    if (tight) {
        const char *key = word_before(work, line, tight);
        w->message = sg_take_printf(work, "a space is missing after the colon of `%s`", key);
        w->hint = sg_take_printf(work, "write `%s: %.40s`", key, tight + 1);
        set_place(w, number, column_of(line, tight) - strlen(key), (int)strlen(key) + 1);
    } else if (length) {
        w->message = sg_take_printf(work, "a colon is missing after `%.*s`", (int)length, line + start);
        w->hint = colon_put_in(work, line + start, length, rest);
        set_place(w, number, start, (int)length);
    } else if (sign) {
        const char *end = sign;
        while (end > line + start && end[-1] == ' ') end--;
        w->hint = sg_take_printf(work, "write `%.*s: ...`", (int)(end - line - (long)start), line + start);
    }
}

static void explain_colon(sg_work *work, const sg_yaml_problem *p, const char *line, sg_yaml_words *w) {
    size_t at = offset_of(line, p->column);
    const char *tight = tight_colon(line, at);
    if (tight) {
        const char *key = word_before(work, line, tight);
        w->message = sg_take_printf(work, "a space is missing after the colon of `%s`", key);
        w->hint = sg_take_printf(work, "write `%s: ...`", key);
        set_place(w, p->line, column_of(line, tight) - strlen(key), (int)strlen(key) + 2);
        return;
    }
    const char *rest;
    size_t start = indent_of(line), length = colonless_key(line + start, &rest);
    if (length && *rest == '{' && rest < line + at) { /* `mask {op: ...}` */
        explain_key(work, p, p->line, start, w);
        return;
    }
    const char *above = p->line ? line_at(work, p, p->line - 1) : "";
    if (p->line && indent_of(line) > indent_of(above) && strchr(above, ':') &&
        strspn(above, " \t\r") < strlen(above)) {
        w->message = "this line is indented further than the one above, which has a value already";
        w->hint = "keys of one mapping must line up";
        set_place(w, p->line, indent_of(line), (int)(at > indent_of(line) ? at - indent_of(line) : 1));
        return;
    }
    w->message = "a second `: ` on one line";
    w->hint = "an expression or text that holds `: ` must be put in quotes";
}

/* The line of text before another: blank ones and comments are none. False where there is none. */
static bool line_before(sg_work *work, const sg_yaml_problem *p, size_t *number) {
    while (*number > 0) {
        const char *line = line_at(work, p, --*number);
        size_t start = strspn(line, " \t\r");
        if (line[start] && line[start] != '#') return true;
    }
    return false;
}

/* Whether the line before lines up with this one, and is a key and a value without a colon between. */
static bool lacks_colon(sg_work *work, const sg_yaml_problem *p, const char *line, size_t *above) {
    const char *before = line_before(work, p, above) ? line_at(work, p, *above) : "", *rest;
    return indent_of(before) == indent_of(line) && colonless_key(before + indent_of(before), &rest);
}

static void explain_line_up(sg_work *work, const sg_yaml_problem *p, const char *line, sg_yaml_words *w) {
    size_t at = offset_of(line, p->column), above = p->line;
    if (strchr("}])", line[at]) && line[at]) {
        w->message = sg_take_printf(work, "this `%c` closes nothing", line[at]);
        w->hint = "there is one too many, or its opening one is missing";
    } else if (line[at] == '-' && at == indent_of(line)) {
        w->message = "an entry of a list among the keys of a mapping";
        w->hint = "remove the dash: `name: value` has none";
    } else if (at == indent_of(line) && lacks_colon(work, p, line, &above)) {
        explain_key(work, p, above, at, w);
    } else if (at == indent_of(line)) {
        w->message = sg_take_printf(work, "this line does not line up with the keys before it");
        w->hint = sg_take_printf(work, "those of the mapping that starts at line %zu stand in column %zu",
                                 p->context_line + 1, p->context_column + 1);
    } else {
        w->message = "the value ends here, and something follows it";
        w->hint = "an expression that starts with a quote or `[` must be put in quotes as a whole";
    }
}

static void explain_unclosed(sg_work *work, size_t line, size_t column, char opener, char closer,
                             sg_yaml_words *w) {
    w->message = sg_take_printf(work, "this `%c` is never closed", opener);
    w->hint = sg_take_printf(work, "a `%c` is missing, most likely at the end of the line", closer);
    set_place(w, line, column, 1);
}

/* In [] or {}: `closer` was expected. */
static void explain_flow(sg_work *work, const sg_yaml_problem *p, const char *line, char opener, char closer,
                         sg_yaml_words *w) {
    size_t at = offset_of(line, p->column);
    bool other = line[at] && strchr("]}", line[at]);
    if (!p->at_end && other) {
        w->message = sg_take_printf(work, "`%c` closes what `%c` opened in line %zu, column %zu", line[at],
                                    opener, p->context_line + 1, p->context_column + 1);
        w->hint = sg_take_printf(work, "a `%c` is missing before it", closer);
        return;
    }
    if (p->at_end || p->line != p->context_line) {
        explain_unclosed(work, p->context_line, p->context_column, opener, closer, w);
        return;
    }
    const char *word = word_before(work, line, line + at);
    if (*word && line[at] && strchr("[{", line[at])) {
        w->message = "YAML takes this expression apart";
        w->hint = "in [] and {} an expression that holds `, [ ] { }` must be put in quotes";
        set_place(w, p->line, p->column - strlen(word), (int)strlen(word) + 1);
        return;
    }
    bool key = line[at] == ':' && *word;
    w->message =
        key ? sg_take_printf(work, "a comma is missing before `%s`", word) : "a comma is missing here";
    w->hint = "entries of {} and [] are separated by commas";
    if (key) set_place(w, p->line, p->column - strlen(word), (int)strlen(word));
}

static void explain_start(sg_work *work, const sg_yaml_problem *p, const char *line, sg_yaml_words *w) {
    size_t at = offset_of(line, p->column);
    if (line[at] == '\t' || memchr(line, '\t', at ? at : 1)) {
        w->message = "a tab where the line is indented";
        w->hint = "indent with spaces, not with tabs";
        return;
    }
    w->message = sg_take_printf(work, "a value cannot start with `%c`", line[at]);
    w->hint = "put it in quotes if it is text; an expression starts with a name, a number, `(` or `-`";
}

static void explain_escape(sg_work *work, const sg_yaml_problem *p, const char *line, sg_yaml_words *w) {
    size_t at = offset_of(line, p->column);
    if (line[at] != '\\' && at > 0 && line[at - 1] == '\\') at--;
    char second = line[at] == '\\' ? line[at + 1] : line[at];
    w->message = sg_take_printf(work, "`\\%c` means nothing in double quotes", second ? second : ' ');
    w->hint = "write paths with `/`, or put the text in single quotes, where a backslash is plain text";
}

sg_yaml_words sg_yaml_explain(sg_work *work, const sg_yaml_problem *p) {
    const char *problem = p->problem ? p->problem : "unknown problem", *line = line_at(work, p, p->line);
    sg_yaml_words w = {.line = p->line, .column = p->column, .length = 1};
    bool is_escape = strstr(problem, "unknown escape") != NULL;
    if (p->at_end && p->context) set_place(&w, p->context_line, p->context_column, 1);
    if (!is_escape && !strchr(line, '\t') && explain_expression(work, p, line, &w)) return w;
    if (p->swallowed)
        explain_key(work, p, p->swallowed_line, indent_of(line_at(work, p, p->swallowed_line)), &w);
    else if (strstr(problem, "mapping values"))
        explain_colon(work, p, line, &w);
    else if (strstr(problem, "expected key"))
        explain_line_up(work, p, line, &w);
    else if (strstr(problem, "',' or '}'"))
        explain_flow(work, p, line, '{', '}', &w);
    else if (strstr(problem, "',' or ']'"))
        explain_flow(work, p, line, '[', ']', &w);
    else if (strstr(problem, "expected ':'"))
        explain_key(work, p, p->context_line, p->context_column, &w);
    else if (strstr(problem, "cannot start any token") || strstr(problem, "tab character"))
        explain_start(work, p, line, &w);
    else if (is_escape)
        explain_escape(work, p, line, &w);
    else if (strstr(problem, "end of stream")) {
        w.message = "this quote is never closed";
        w.hint = "a quote is missing at the end of the text";
    } else if (strstr(problem, "<document start>")) {
        w.message = "nothing may follow the line `...`, which ends the file";
        w.hint = "remove that line";
    } else if (strstr(problem, "alphabetic or numeric")) {
        w.message =
            "`*` and `&` at the front of a value are aliases and anchors of YAML, which are not part of the "
            "language";
        w.hint = "put an expression or text that starts so in quotes";
    } else if (strstr(problem, "sequence entries")) {
        w.message = "a list cannot start here";
        w.hint = "entries `- ...` stand on lines of their own below the key";
    } else if (strstr(problem, "node content") && p->at_end && p->is_open) {
        const char *opened = line_at(work, p, p->open_line);
        const bool list = opened[offset_of(opened, p->open_column)] == '[';
        explain_unclosed(work, p->open_line, p->open_column, list ? '[' : '{', list ? ']' : '}', &w);
    } else if (strstr(problem, "node content")) {
        w.message = "a value is missing here";
        w.hint = "two commas, or a comma before the first entry";
    } else {
        w.message = sg_take_printf(work, "not valid YAML: %s", problem);
        if (p->context && p->context_line != p->line)
            w.hint = sg_take_printf(work, "%s that starts at line %zu", p->context, p->context_line + 1);
    }
    return w;
}
