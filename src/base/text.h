/* base/text.h - a growing string, and the hash of a string. */
#ifndef SG_BASE_TEXT_H
#define SG_BASE_TEXT_H

#include "simgraph/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised is empty. Running out of memory is sticky: later appends do nothing and `failed` stays
 * set, so that a sequence of appends needs one check at its end. */
typedef struct sg_text {
    char *bytes; /* ended by a zero; NULL while nothing was appended: read it through sg_text_get */
    size_t length, capacity;
    bool failed;
} sg_text;

void sg_text_finish(sg_text *text); /* frees, and makes it empty again */
void sg_text_clear(sg_text *text);  /* length 0, keeps the memory; `failed` stays */
void sg_text_append(sg_text *text, const char *string);
void sg_text_append_bytes(sg_text *text, const void *bytes, size_t count);
void sg_text_append_char(sg_text *text, char c);
void sg_text_printf(sg_text *text, const char *format, ...) SG_PRINTF(2, 3);
void sg_text_vprintf(sg_text *text, const char *format, va_list arguments) SG_PRINTF(2, 0);
const char *sg_text_get(const sg_text *text); /* "" while empty; never NULL */
/* Hands the string over (to be freed by the caller) and makes the text empty; NULL when an append failed. */
char *sg_text_take(sg_text *text);

/* Bytes of the UTF-8 character at `text`, of which `length` bytes may be read, or 0 where there is none:
 * shortest form, no surrogate, at most U+10FFFF. */
size_t sg_utf8_length(const char *text, size_t length);
bool sg_is_utf8(const char *text);

/* FNV-1a, 64 bits. Part of file formats (streams of random numbers are named by it): it never changes. */
uint64_t sg_hash_text(const char *text);
uint64_t sg_hash_bytes(const void *bytes, size_t count);

#endif
