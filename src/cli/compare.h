/* cli/compare.h - runs side by side. */
#ifndef SG_CLI_COMPARE_H
#define SG_CLI_COMPARE_H

#include "report.h"

typedef struct cli_comparison {
    int count;
    cli_run *run;
    int64_t *parameters; /* of each; 0: not known */
    json_t *differences; /* [{name, same, arguments, nodes, sections}, ...] from the first to each other one;
                            where a graph could not be read {name, note} */
    sg_document *text;   /* the first run's graph file as it is written, NULL where it cannot be read */
} cli_comparison;

/* [[name, text of each run, ...], ...]: what they came to, and what differs in their graphs. */
json_t *cli_compare_table(const cli_comparison *c);
void cli_compare_print(const cli_comparison *c, const json_t *table);
int cli_compare_json(const cli_comparison *c); /* prints; returns the exit code */

#endif
