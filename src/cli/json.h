/* cli/json.h - writing JSON to standard output. */
#ifndef SG_CLI_JSON_H
#define SG_CLI_JSON_H

#include <jansson.h>
#include <stdint.h>

/* Prints the value and lets go of it. Keys keep their order. Returns the exit code. */
int cli_json_print(json_t *value);
/* A text, or null where there is none. JSON cannot carry bytes that are no UTF-8, as names of files and what
 * a graph file holds may be: each becomes a question mark. */
json_t *cli_json_text(const char *text);
/* A number, or null where it is not finite: JSON has no NaN. */
json_t *cli_json_number(double number);
/* A number of a file as a whole one; -1 where it is none that a double holds exactly, or less than 0. */
int64_t cli_whole(double number);

#endif
