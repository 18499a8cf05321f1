/* lang/scalar.h - what a plain scalar of the YAML subset means, and what is refused. */
#ifndef SG_LANG_SCALAR_H
#define SG_LANG_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum sg_scalar {
    SG_SCALAR_PLAIN = 0,
    SG_SCALAR_NUMBER,
    SG_SCALAR_TRUE,
    SG_SCALAR_FALSE,
    SG_SCALAR_REFUSED, /* YAML readers disagree about it: `advice` says what to write */
} sg_scalar;

/* Advice is a static text: "write true or false, or put it in quotes". */
sg_scalar sg_scalar_of(const char *text, double *number, const char **advice);

/* The length of a number at the start of `text` as the language writes it (digits, one dot between digits, an
 * exponent; no sign), 0 when there is none. */
size_t sg_number_length(const char *text);

/* Parentheses opened minus closed, quotes not regarded. */
int sg_open_parentheses(const char *text);

/* Offset of the first byte that is not valid UTF-8, or a control character other than tab and line ends;
 * `length` when all is well. */
size_t sg_text_valid(const char *text, size_t length);

#endif
