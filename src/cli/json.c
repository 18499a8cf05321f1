#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

int cli_json_print(json_t *value) {
    if (!value) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    int failed = json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(value);
    putchar('\n');
    return failed && !ferror(stdout) ? cli_fail(SG_OUT_OF_MEMORY, "out of memory") : SG_OK;
}

/* The length of the character that a text begins with; 0 where it begins with none. */
static size_t character(const char *text) {
    for (size_t bytes = 1; bytes <= 4 && text[bytes - 1]; bytes++) {
        json_t *one = json_stringn(text, bytes);
        json_decref(one);
        if (one) return bytes;
    }
    return 0;
}

json_t *cli_json_text(const char *text) {
    json_t *value = text ? json_string(text) : json_null();
    if (value) return value;
    char *copy = strdup(text);
    for (char *at = copy; at && *at;) {
        size_t bytes = character(at);
        if (!bytes) *at = '?';
        at += bytes ? bytes : 1;
    }
    value = json_string(copy ? copy : "");
    free(copy);
    return value;
}

json_t *cli_json_number(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}

int64_t cli_whole(double number) {
    const double most = 9007199254740992; /* 2^53 */
    return number >= 0 && number <= most ? (int64_t)number : -1;
}
