#include "lang/scalar.h"

#include <math.h>
#include <string.h>

#include "base/numeric.h"
#include "base/text.h"

static size_t digits(const char *text) {
    size_t n = 0;
    while (sg_is_digit(text[n])) n++;
    return n;
}

size_t sg_number_length(const char *text) {
    size_t n = digits(text);
    if (n == 0) return 0;
    if (text[n] == '.' && sg_is_digit(text[n + 1])) n += 1 + digits(text + n + 1);
    if (text[n] == 'e' || text[n] == 'E') {
        size_t sign = text[n + 1] == '-' || text[n + 1] == '+';
        size_t exponent = digits(text + n + 1 + sign);
        if (exponent) n += 1 + sign + exponent;
    }
    return n;
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (text[0] == **words && strcmp(text, *words) == 0) return true;
    return false;
}

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const switches[] = {"yes", "Yes", "YES", "no",   "No",   "NO",    "on",    "On", "ON",
                                       "off", "Off", "OFF", "True", "TRUE", "False", "FALSE", NULL};
static const char *const infinite[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};

/* Things that some YAML reader takes for a number and another one does not. `text` is without its sign. */
static const char *number_advice(const char *text, bool plus) {
    if (is_one_of(text, infinite)) return "numbers are finite; put it in quotes if it is text";
    size_t n = sg_number_length(text);
    if (plus && n && text[n] == 0) return "write it without the +";
    if (text[0] == '.' && sg_is_digit(text[1]) && sg_number_length(text + 1) == strlen(text + 1))
        return "write a digit before the point";
    if (text[0] == '0' && text[1] && strchr("xob", text[1]) &&
        strspn(text + 2, "0123456789abcdefABCDEF") > 0 &&
        text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] == 0)
        return "write the number in decimal, or put it in quotes if it is text";
    if (!sg_is_digit(text[0])) return NULL;
    if (strspn(text, "0123456789.") == strlen(text) && text[strlen(text) - 1] == '.' &&
        strchr(text, '.') == text + strlen(text) - 1)
        return "write a digit after the point";
    if (strchr(text, '_') && strspn(text, "0123456789_.") == strlen(text))
        return "write the number without _";
    if (strchr(text, ':') && strspn(text, "0123456789:.") == strlen(text))
        return "some readers take this for a number to base 60; put it in quotes if it is text";
    return NULL;
}

sg_scalar sg_scalar_of(const char *text, double *number, const char **advice) {
    *advice = NULL;
    if (strcmp(text, "true") == 0) return SG_SCALAR_TRUE;
    if (strcmp(text, "false") == 0) return SG_SCALAR_FALSE;
    if (is_one_of(text, nulls)) *advice = "there is no null: leave the key out, or put the text in quotes";
    if (is_one_of(text, switches)) *advice = "write true or false, or put it in quotes if it is text";
    if (*advice) return SG_SCALAR_REFUSED;

    bool sign = text[0] == '-' || text[0] == '+', plus = text[0] == '+';
    const char *rest = text + sign;
    size_t n = sg_number_length(rest);
    if (n > 0 && rest[n] == 0 && !plus) {
        if (rest[0] == '0' && sg_is_digit(rest[1])) {
            *advice = "write the number without the leading 0, or put it in quotes if it is text";
            return SG_SCALAR_REFUSED;
        }
        *number = sg_strtod(text, NULL);
        if (isfinite(*number)) return SG_SCALAR_NUMBER;
        *advice = "the number is too large";
        return SG_SCALAR_REFUSED;
    }
    *advice = number_advice(rest, plus);
    return *advice ? SG_SCALAR_REFUSED : SG_SCALAR_PLAIN;
}

int sg_open_parentheses(const char *text) {
    int open = 0;
    for (; *text; text++) open += (*text == '(') - (*text == ')');
    return open;
}

size_t sg_text_valid(const char *text, size_t length) {
    size_t i = 0;
    for (size_t bytes; i < length; i += bytes) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) break;
        if (!(bytes = sg_utf8_length(text + i, length - i))) break;
    }
    return i;
}
