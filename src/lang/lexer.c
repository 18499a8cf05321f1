#include "lang/lexer.h"

#include "base/numeric.h"
#include "lang/scalar.h"

#include <string.h>

static int characters(const char *text, size_t from, size_t to) {
    int count = 0;
    for (size_t i = from; i < to; i++) count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

sg_span sg_lexer_span(const sg_lexer *lexer, size_t start, size_t end) {
    sg_mark mark = lexer->start;
    mark.column += characters(lexer->text, 0, start);
    int length = characters(lexer->text, start, end);
    return (sg_span){mark, length < 1 ? 1 : length};
}

static sg_token wrong(const sg_lexer *lexer, sg_token token, const char *message, const char *hint) {
    sg_complain(lexer->work, sg_lexer_span(lexer, token.start, token.end), hint, "%s", message);
    token.kind = SG_TOKEN_WRONG;
    return token;
}

static sg_token number(const sg_lexer *lexer, sg_token token, bool member) {
    const char *text = lexer->text + token.start;
    size_t length = member ? strspn(text, "0123456789") : sg_number_length(text);
    token.end = token.start + length;
    token.kind = SG_TOKEN_NUMBER;
    size_t more = length;
    while (sg_is_word(text[more]) || text[more] == '_') more++;
    if (!member && text[more] == '.' && (more > length || !sg_is_letter(text[more + 1]))) more++;
    if (more > length) {
        token.end = token.start + more;
        return wrong(lexer, token, sg_take_printf(lexer->work, "`%.*s` is not a number", (int)more, text),
                     NULL);
    }
    if (length > 1 && text[0] == '0' && sg_is_digit(text[1]))
        return wrong(lexer, token, sg_take_printf(lexer->work, "`%.*s` is not a number", (int)length, text),
                     "write it without the leading 0");
    token.number = sg_strtod(sg_take_text(lexer->work, text, length), NULL);
    return token;
}

static sg_token quoted(const sg_lexer *lexer, sg_token token) {
    const char *text = lexer->text + token.start + 1, *end = strchr(text, '\'');
    if (!end) {
        token.end = token.start + 1;
        return wrong(lexer, token, "this quote is not closed", NULL);
    }
    token.kind = SG_TOKEN_TEXT;
    token.text = sg_take_text(lexer->work, text, (size_t)(end - text));
    token.end = token.start + (size_t)(end - text) + 2;
    return token;
}

static sg_token mark(const sg_lexer *lexer, sg_token token) {
    static const char *const marks[] = {"...", "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/",
                                        "%",   "<",  ">",  "=",  "(",  ")",  "[",  "]", ",", ":", "."};
    const char *text = lexer->text + token.start;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t length = strlen(marks[i]);
        if (strncmp(text, marks[i], length) != 0) continue;
        token.kind = SG_TOKEN_MARK;
        token.end = token.start + length;
        memcpy(token.is, marks[i], length);
        return token;
    }
    token.end = token.start + 1;
    while (((unsigned char)lexer->text[token.end] & 0xc0) == 0x80) token.end++;
    int length = (int)(token.end - token.start);
    while (*text && text[1] == *text && strchr("&|", *text) && length < 2) token.end++, length++;
    const char *hint = *text == '^'   ? "a power is written **"
                       : *text == '@' ? "the product of matrices is written matmul(a, b)"
                       : *text == ';' ? "a value is one expression: give the other a node of its own"
                       : *text == '?' ? "write `a if condition else b`"
                       : *text == '~' ? "write `not`; of a mask: 1 - mask"
                       : length > 1 && (unsigned char)*text >= 0x80
                           ? "names, operators and quotes are plain ASCII"
                       : *text == '&' || *text == '|' ? "write `and`, `or`"
                       : *text == '!'                 ? "write `not`"
                       : *text == '"'                 ? "text in an expression stands in single quotes"
                       : *text == '{' && token.start > 0 && text[-1] == '$' ? "write $name or $(expression)"
                                                                            : NULL;
    return wrong(lexer, token,
                 sg_take_printf(lexer->work, "`%.*s` has no meaning in an expression", length, text), hint);
}

sg_token sg_lexer_next(const sg_lexer *lexer, size_t at, bool member) {
    const char *text = lexer->text;
    while (text[at] == ' ' || text[at] == '\t') at++;
    /* A dollar in front of a name or parenthesis means nothing here. */
    if (text[at] == '$' && (text[at + 1] == '(' || text[at + 1] == '_' || sg_is_lower(text[at + 1]))) at++;
    sg_token token = {.start = at, .end = at};
    char c = text[at];
    if (c == 0) return token;
    /* The 1_add of mid.1_add, as expanded files have it, is a name. */
    bool named = member && text[at + strspn(text + at, "0123456789")] == '_';
    if (sg_is_digit(c) && !named) return number(lexer, token, member);
    if (c == '\'') return quoted(lexer, token);
    if (sg_is_letter(c) || c == '_' || named) {
        while (sg_is_word(text[token.end]) || text[token.end] == '_') token.end++;
        token.kind = SG_TOKEN_NAME;
        token.text = sg_take_text(lexer->work, text + at, token.end - at);
        return token;
    }
    if (c == '$') {
        token.end = at + 1;
        return wrong(lexer, token, "`$` must stand before a name or a parenthesis",
                     "write $name or $(expression)");
    }
    return mark(lexer, token);
}
