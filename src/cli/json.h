/* cli/json.h - writing JSON to standard output. */
#ifndef SG_CLI_JSON_H
#define SG_CLI_JSON_H

#include <jansson.h>
#include <stdint.h>

/* Prints the value and lets go of it. Keys keep their order. Returns the exit code. */
int cli_json_print(json_t *value);
/* A number, or null where it is not finite: JSON has no NaN. */
json_t *cli_json_number(double number);
/* A number of a file as a whole one; -1 where it is none that a double holds exactly, or less than 0. */
int64_t cli_whole(double number);

#endif
