#include "format/json.h"

#include "base/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEPTH = 64 };

typedef struct reader {
    const char *text;
    size_t at, length;
    int depth;
    sg_bump *memory;
    sg_error *error;
} reader;

static sg_status read_value(reader *r, sg_json *json);

static sg_status bad(const reader *r, size_t at, const char *what) {
    return sg_fail(r->error, SG_BAD_DATA, "bad JSON at byte %zu: %s%s", at,
                   at < r->length ? "" : "the text ends here, ", what);
}

static sg_status no_memory(const reader *r) {
    return sg_fail(r->error, SG_OUT_OF_MEMORY, "out of memory");
}

/* 0 at the end, and for a zero in the text, which nothing expects either. */
static char peek(const reader *r) {
    return r->at < r->length ? r->text[r->at] : 0;
}

static void skip_space(reader *r) {
    for (char c; (c = peek(r)) == ' ' || c == '\t' || c == '\n' || c == '\r';) r->at++;
}

static bool take(reader *r, char c) {
    skip_space(r);
    if (peek(r) != c) return false;
    r->at++;
    return true;
}

/* ---- strings ---- */

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four hexadecimal digits, or -1. */
static int32_t read_unit(reader *r) {
    int32_t unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int digit = hex_digit(peek(r));
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* What follows \u: one unit of UTF-16, or a pair of surrogates. -1 where it names no character. */
static int32_t read_code_point(reader *r) {
    int32_t high = read_unit(r);
    if (high < 0xd800 || high > 0xdfff) return high;
    if (high > 0xdbff || r->length - r->at < 2 || memcmp(r->text + r->at, "\\u", 2) != 0) return -1;
    r->at += 2;
    int32_t low = read_unit(r);
    return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00);
}

static char *put_utf8(char *to, int32_t c) {
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *to++ = (char)(first[more] | c >> 6 * more);
    while (more-- > 0) *to++ = (char)(0x80 | (c >> 6 * more & 0x3f));
    return to;
}

static sg_status read_escape(reader *r, char **to) {
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    size_t at = r->at - 1;
    char c = peek(r);
    const char *known = c ? strchr(names, c) : NULL;
    r->at++;
    if (known) {
        *(*to)++ = meant[known - names];
        return SG_OK;
    }
    if (c != 'u') return bad(r, at, "no such escape");
    int32_t code_point = read_code_point(r);
    if (code_point <= 0) return bad(r, at, "the escape names no character that a text can hold");
    *to = put_utf8(*to, code_point);
    return SG_OK;
}

static sg_status read_string(reader *r, const char **out) {
    size_t begin = r->at, end;
    if (!take(r, '"')) return bad(r, r->at, "expected a string");
    for (end = r->at; end < r->length && r->text[end] != '"'; end++)
        if (r->text[end] == '\\') end++;
    if (end >= r->length) return bad(r, begin, "the string does not end");
    char *string = sg_bump_alloc(r->memory, end - r->at + 1),
         *to = string; /* no escape is shorter than that */
    if (!string) return no_memory(r);
    while (r->at < end) {
        char c = r->text[r->at++];
        if ((unsigned char)c < ' ') return bad(r, r->at - 1, "a control character in a string");
        if (c != '\\') {
            *to++ = c;
            continue;
        }
        sg_status status = read_escape(r, &to);
        if (status != SG_OK) return status;
    }
    r->at++;
    if (!sg_is_utf8(string)) return bad(r, begin, "the string is not UTF-8");
    *out = string;
    return SG_OK;
}

/* ---- numbers ---- */

static bool skip_digits(reader *r) {
    size_t begin = r->at;
    while (peek(r) >= '0' && peek(r) <= '9') r->at++;
    return r->at > begin;
}

/* Moves behind a number; *whole tells whether it has neither fraction nor exponent. False: it is none. */
static bool skip_number(reader *r, bool *whole) {
    if (peek(r) == '-') r->at++;
    if (peek(r) == '0')
        r->at++;
    else if (!skip_digits(r))
        return false;
    *whole = true;
    if (peek(r) == '.') {
        r->at++;
        *whole = false;
        if (!skip_digits(r)) return false;
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        *whole = false;
        if (peek(r) == '-' || peek(r) == '+') r->at++;
        if (!skip_digits(r)) return false;
    }
    return true;
}

/* The value of a whole number that ends before `end`; false where 64 bits do not hold it. */
static bool read_whole(const char *digits, const char *end, int64_t *out) {
    bool negative = *digits == '-';
    int64_t value = 0; /* negative, since there is one more of these */
    for (digits += negative; digits < end; digits++) {
        int digit = *digits - '0';
        if (value < (INT64_MIN + digit) / 10) return false;
        value = value * 10 - digit;
    }
    if (!negative && value == INT64_MIN) return false;
    *out = negative ? value : -value;
    return true;
}

static sg_status read_number(reader *r, sg_json *json) {
    size_t begin = r->at;
    bool whole, fits;
    if (!skip_number(r, &whole)) return bad(r, begin, "expected a value");
    json->kind = whole ? SG_JSON_INTEGER : SG_JSON_REAL;
    if (whole)
        fits = read_whole(r->text + begin, r->text + r->at, &json->integer);
    else {
        const char *digits = sg_bump_text_of(r->memory, r->text + begin, r->at - begin);
        if (!digits) return no_memory(r);
        json->real = sg_strtod(digits, NULL);
        fits = isfinite(json->real);
    }
    return fits ? SG_OK : bad(r, begin, "the number does not fit in 64 bits");
}

/* ---- arrays and objects ---- */

/* Reads entries up to `end`; those of an object have keys. */
static sg_status read_entries(reader *r, sg_json *json, char end) {
    const sg_json **link = &json->first;
    *link = NULL;
    if (take(r, end)) return SG_OK;
    do {
        sg_json *entry = sg_bump_alloc(r->memory, sizeof *entry);
        if (!entry) return no_memory(r);
        skip_space(r);
        sg_status status = json->kind == SG_JSON_OBJECT ? read_string(r, &entry->key) : SG_OK;
        if (status == SG_OK && entry->key && !take(r, ':')) status = bad(r, r->at, "expected `:`");
        if (status == SG_OK) status = read_value(r, entry);
        if (status != SG_OK) return status;
        *link = entry;
        link = &entry->next;
        json->count++;
    } while (take(r, ','));
    if (take(r, end)) return SG_OK;
    return bad(r, r->at, end == ']' ? "expected `,` or `]`" : "expected `,` or `}`");
}

static int by_key(const void *a, const void *b) {
    return strcmp((*(const sg_json *const *)a)->key, (*(const sg_json *const *)b)->key);
}

static sg_status check_keys(const reader *r, const sg_json *object) {
    if (object->count < 2) return SG_OK;
    const sg_json **sorted = sg_bump_array(r->memory, object->count, sizeof *sorted), **to = sorted;
    if (!sorted) return no_memory(r);
    for (const sg_json *member = object->first; member; member = member->next) *to++ = member;
    qsort(sorted, object->count, sizeof *sorted, by_key);
    for (uint32_t i = 1; i < object->count; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            return sg_fail(r->error, SG_BAD_DATA, "bad JSON at byte %zu: this object has the key `%s` twice",
                           r->at - 1, sorted[i]->key);
    return SG_OK;
}

static sg_status read_nested(reader *r, sg_json *json, sg_json_kind kind) {
    json->kind = kind;
    if (r->depth == MOST_DEPTH) return bad(r, r->at, "too many brackets within each other");
    r->depth++;
    r->at++;
    sg_status status = read_entries(r, json, kind == SG_JSON_ARRAY ? ']' : '}');
    if (status == SG_OK && kind == SG_JSON_OBJECT) status = check_keys(r, json);
    r->depth--;
    return status;
}

static bool take_word(reader *r, const char *word) {
    size_t length = strlen(word);
    if (r->length - r->at < length || memcmp(r->text + r->at, word, length) != 0) return false;
    r->at += length;
    return true;
}

static sg_status read_value(reader *r, sg_json *json) {
    skip_space(r);
    switch (peek(r)) {
    case '{':
        return read_nested(r, json, SG_JSON_OBJECT);
    case '[':
        return read_nested(r, json, SG_JSON_ARRAY);
    case '"':
        json->kind = SG_JSON_STRING;
        return read_string(r, &json->string);
    default:
        break;
    }
    if (take_word(r, "null")) return SG_OK;
    json->truth = take_word(r, "true");
    json->kind = SG_JSON_BOOL;
    return json->truth || take_word(r, "false") ? SG_OK : read_number(r, json);
}

sg_status sg_json_read(const sg_json **out, sg_bump *memory, const char *text, size_t length,
                       sg_error *error) {
    reader r = {.text = text, .length = length, .memory = memory, .error = error};
    sg_json *json = sg_bump_alloc(memory, sizeof *json);
    *out = NULL;
    if (!json) return no_memory(&r);
    sg_status status = read_value(&r, json);
    skip_space(&r);
    if (status == SG_OK && r.at < length) status = bad(&r, r.at, "text behind the value");
    if (status == SG_OK) *out = json;
    return status;
}

/* ---- looking ---- */

const sg_json *sg_json_member(const sg_json *json, const char *key) {
    const sg_json *member = json && json->kind == SG_JSON_OBJECT ? json->first : NULL;
    while (member && strcmp(member->key, key) != 0) member = member->next;
    return member;
}

const char *sg_json_string(const sg_json *json) {
    return json && json->kind == SG_JSON_STRING ? json->string : NULL;
}

bool sg_json_integer(const sg_json *json, int64_t *out) {
    if (!json || json->kind != SG_JSON_INTEGER) return false;
    *out = json->integer;
    return true;
}

bool sg_json_number(const sg_json *json, double *out) {
    if (!json || (json->kind != SG_JSON_INTEGER && json->kind != SG_JSON_REAL)) return false;
    *out = json->kind == SG_JSON_REAL ? json->real : (double)json->integer;
    return true;
}

/* ---- writing ---- */

void sg_json_quote(sg_text *json, const char *text) {
    sg_text_append_char(json, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            sg_text_printf(json, "\\%c", c);
        else if (c == '\n')
            sg_text_append(json, "\\n");
        else if (c < ' ')
            sg_text_printf(json, "\\u%04x", c);
        else
            sg_text_append_char(json, (char)c);
    }
    sg_text_append_char(json, '"');
}
