#include "lang/undollared.h"

#include "base/numeric.h"
#include "lang/function.h"
#include "lang/scalar.h"

#include <string.h>

static size_t word_length(const char *text) {
    size_t length = 0;
    if (!sg_is_lower(*text) && *text != '_') return 0;
    while (sg_is_lower(text[length]) || sg_is_digit(text[length]) || text[length] == '_') length++;
    return length;
}

/* Dollars in front of names mean nothing within $(...). */
static const char *without_dollars(sg_work *work, const char *text) {
    char *out = sg_take_text(work, text, strlen(text)), *to = out;
    for (const char *from = text; *from; from++)
        if (*from != '$') *to++ = *from;
    *to = 0;
    return out;
}

typedef struct scan {
    int values, operators, spaced;
    bool unknown; /* a name without a value is in it */
} scan;

/* Counts what an expression is made of. False where the text cannot be one. */
static bool scan_words(sg_work *work, const char *text, sg_value_words words, const void *data, scan *s) {
    static const char signs[] = "+-*/%<>=!";
    bool operand = false; /* behind one */
    for (const char *at = text; *at;) {
        size_t word = word_length(at), number = sg_number_length(at), sign = strspn(at, signs);
        if (word) {
            const char *name = sg_take_text(work, at, word);
            bool joins = sg_word_in(name, "if else and or not");
            if (operand && !joins) return false;
            s->values += !joins;
            s->operators += joins;
            s->spaced += joins;
            if (!joins && !(at[word] == '(' ? sg_function_exists(name) : words(data, name) != NULL) &&
                !sg_word_in(name, "true false"))
                s->unknown = true;
            operand = !joins;
        } else if (number) {
            if (operand) return false;
            s->values++;
            operand = true;
        } else if (sign) {
            s->operators++;
            s->spaced += operand && at > text && at[-1] == ' ' && at[sign] == ' ';
            operand = false;
        } else if (*at == '(' || *at == ',') {
            operand = false;
        } else if (!strchr(" )$.", *at)) {
            return false;
        }
        at += word ? word : number ? number : sign ? sign : 1;
    }
    return operand && s->values > 0;
}

static bool is_unit(const char *text) {
    return sg_word_in(text, "epochs epoch steps step");
}

const char *sg_undollared(sg_work *work, const char *text, sg_value_words words, const void *data) {
    if (strncmp(text, "$$", 2) == 0) return "`$$` is a plain dollar: `$name` inserts a value";
    size_t first = word_length(text);
    const char *value = first ? words(data, sg_take_text(work, text, first)) : NULL;
    if (value && !text[first])
        return sg_take_printf(work, "`%s` is text here; write `$%s` for %s", text, text, value);
    if (value && text[first] == ' ' && is_unit(text + first + 1))
        return sg_take_printf(work, "`%.*s` is text here; write `$%s`", (int)first, text, text);
    scan s = {0};
    if (!scan_words(work, text, words, data, &s) || !s.operators || (s.unknown && !s.spaced)) return NULL;
    return sg_take_printf(work, "`%s` is text here; write `$(%s)` for its value", text,
                          without_dollars(work, text));
}
