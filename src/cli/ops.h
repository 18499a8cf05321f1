/* cli/ops.h - the three forms in which the registry and the library are shown. */
#ifndef SG_CLI_OPS_H
#define SG_CLI_OPS_H

#include <jansson.h>

#include "cli.h"
#include "describe.h"
#include "simgraph/language.h"

/* Everything by kind and family, one line each. */
void cli_ops_list(void);
/* One entry in full. */
void cli_ops_entry(const sg_schema *schema);

/* ---- blocks of graphs/lib ---- */

typedef struct cli_library {
    sg_diagnostics *messages;
    sg_document *document;
} cli_library;

int cli_library_open(cli_library *library); /* returns the exit code */
void cli_library_close(cli_library *library);
const sg_block_info *cli_library_at(const cli_library *library, size_t index); /* NULL past the end */
const sg_block_info *cli_library_find(const cli_library *library, const char *name);

void cli_block_list(const cli_library *library);
void cli_block_entry(const sg_block_info *block);
void cli_block_example(const sg_block_info *block, char node[CLI_WORDS]);
const char *cli_argument_range(const sg_argument *argument, char buffer[CLI_WORDS]);

/* ---- everything at once ---- */

/* docs/ops.md. */
void cli_ops_markdown(const cli_library *library);
/* All entries, or those of one name, as JSON. Returns the exit code. */
int cli_ops_json(const cli_library *library, const char *only);
/* One entry: of a schema, or of a block where that is NULL. */
json_t *cli_ops_entry_json(const sg_schema *schema, const sg_block_info *block);

/* The entries that speak of all the words, best first. Returns the exit code: SG_FAILURE when there is none.
 */
int cli_ops_search(const cli_library *library, const char *words, bool json);

#endif
