/* cli/ops.h - the three forms in which the registry is shown. */
#ifndef SG_CLI_OPS_H
#define SG_CLI_OPS_H

#include "describe.h"

/* Everything by kind and family, one line each. */
void cli_ops_list(void);
/* One entry in full. */
void cli_ops_entry(const sg_schema *schema);
/* docs/ops.md. */
void cli_ops_markdown(void);
/* All entries, or one, as JSON. Returns the exit code. */
int cli_ops_json(const sg_schema *only);

#endif
