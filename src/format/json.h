/* format/json.h - reading JSON (RFC 8259) into a tree, and its strings as they are written.
 *
 * Our own, since running out of memory must end in a message and not in the program: all of a tree lies in
 * one bump, which is destroyed with it. */
#ifndef SG_FORMAT_JSON_H
#define SG_FORMAT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/text.h"
#include "simgraph/error.h"

typedef enum sg_json_kind {
    SG_JSON_NULL,
    SG_JSON_BOOL,
    SG_JSON_INTEGER, /* written without fraction and exponent */
    SG_JSON_REAL,
    SG_JSON_STRING,
    SG_JSON_ARRAY,
    SG_JSON_OBJECT
} sg_json_kind;

typedef struct sg_json {
    sg_json_kind kind;
    uint32_t count;             /* entries of an array, members of an object */
    const char *key;            /* of a member of an object; else NULL */
    const struct sg_json *next; /* in the array or object that this is in, in the order of the text */
    union {
        bool truth;
        int64_t integer;
        double real;
        const char *string; /* UTF-8, ended by a zero */
        const struct sg_json *first;
    };
} sg_json;

/* Reads the whole text. Fails with SG_BAD_DATA ("bad JSON at byte N: WHAT", counted from 0; also for a key
 * that an object has twice, for a string that holds a zero, for numbers beyond 64 bits and for more than 64
 * brackets within each other) or SG_OUT_OF_MEMORY. */
sg_status sg_json_read(const sg_json **out, sg_bump *memory, const char *text, size_t length,
                       sg_error *error);

/* Of these, `json` may be NULL and of another kind: then NULL or false. */
const sg_json *sg_json_member(const sg_json *json, const char *key);
const char *sg_json_string(const sg_json *json);
bool sg_json_integer(const sg_json *json, int64_t *out);
bool sg_json_number(const sg_json *json, double *out); /* whole or not */

/* Appends a string with its quotes. The text is taken to be UTF-8. */
void sg_json_quote(sg_text *json, const char *text);

#endif
