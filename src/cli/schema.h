/* cli/schema.h - the JSON Schema of graph files: the part that is made from the registry and the library. */
#ifndef SG_CLI_SCHEMA_H
#define SG_CLI_SCHEMA_H

#include <jansson.h>

#include "ops.h"

/* Adds to `definitions`: for every op, block, initialiser, ... `KIND.NAME`, its attributes; `node_name` and
 * `node_attributes`, what a node may call and what that takes; `call_attributes`, the same for a call that
 * stands as an argument; `known_arguments`, for files without blocks of their own, where the names in
 * arguments are known as well; and one definition a kind: initialiser, source, step, ... */
void cli_schema_define(json_t *definitions, const cli_library *library);

/* The schema of one attribute, or of one argument of a block. */
json_t *cli_schema_attr(const sg_attr_spec *spec);
json_t *cli_schema_argument(const sg_argument *argument);

/* The name of a kind in the schema: "source". */
const char *cli_schema_kind(sg_kind kind);
json_t *cli_schema_ref(const char *definition, const char *name); /* name: "" or what follows the dot */

#endif
