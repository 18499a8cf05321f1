/* cli/eval.h - lists of names, and arrays as they are shown. */
#ifndef SG_CLI_EVAL_H
#define SG_CLI_EVAL_H

#include <stdbool.h>

#include "simgraph/arrays.h"

/* The words of a list that is separated by commas. */
typedef struct cli_names {
    char *text;
    const char **name;
    int count;
} cli_names;

bool cli_names_split(cli_names *names, const char *list); /* false: out of memory */
void cli_names_finish(cli_names *names);

/* Name, type, shape, smallest, mean and largest element of every array; a single number as it is. */
void cli_arrays_table(const sg_arrays *arrays);
int cli_arrays_json(const sg_arrays *arrays); /* returns the exit code */

#endif
