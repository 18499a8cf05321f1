/* cli/diagnostics_json.h - messages about a graph file, for editors. */
#ifndef SG_CLI_DIAGNOSTICS_JSON_H
#define SG_CLI_DIAGNOSTICS_JSON_H

#include "simgraph/language.h"

#include <jansson.h>

/* A list of {file, line, column, length, severity, message, hint, chain}. NULL when there is no memory. */
json_t *cli_diagnostics_json(const sg_diagnostics *diagnostics);

#endif
