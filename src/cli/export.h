/* cli/export.h - the parts of the verb export. */
#ifndef SG_CLI_EXPORT_H
#define SG_CLI_EXPORT_H

#include "cli.h"

/* Writes the model that the command line asks for, and tells what it takes and gives. Returns the exit code.
 */
int cli_export_onnx(const cli_args *args);

#endif
