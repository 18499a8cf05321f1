/* base/numeric.h - numbers as text, and letters, as the C locale has them: whatever a program that uses the
 * library has told setlocale. */
#ifndef SG_BASE_NUMERIC_H
#define SG_BASE_NUMERIC_H

#include "simgraph/error.h"

#include <stdbool.h>
#include <stddef.h>

/* As the functions of the C library without the prefix. */
double sg_strtod(const char *text, char **end);
int sg_snprintf(char *to, size_t size, const char *format, ...) SG_PRINTF(3, 4);
int sg_vsnprintf(char *to, size_t size, const char *format, va_list arguments) SG_PRINTF(3, 0);

static inline bool sg_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool sg_is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static inline bool sg_is_letter(char c) {
    return sg_is_lower(c) || (c >= 'A' && c <= 'Z');
}

static inline bool sg_is_word(char c) { /* of a name: a letter or a digit */
    return sg_is_letter(c) || sg_is_digit(c);
}

static inline char sg_to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif
