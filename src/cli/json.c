#include "json.h"

#include <math.h>

#include "cli.h"

int cli_json_print(json_t *value) {
    if (!value) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    int failed = json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(value);
    putchar('\n');
    return failed && !ferror(stdout) ? cli_fail(SG_OUT_OF_MEMORY, "out of memory") : SG_OK;
}

json_t *cli_json_number(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}

int64_t cli_whole(double number) {
    const double most = 9007199254740992; /* 2^53 */
    return number >= 0 && number <= most ? (int64_t)number : -1;
}
