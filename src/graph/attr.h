/* Attribute values: defaults, checks, copies. */
#ifndef SG_GRAPH_ATTR_H
#define SG_GRAPH_ATTR_H

#include "base/memory.h"
#include "simgraph/graph.h"

/* Copies `count` = sg_schema_attr_count(schema) values into memory of the bump allocator, fills defaults
 * where present is false, checks ranges and words. The error blames the attribute. */
sg_status sg_attr_complete(const sg_schema *schema, const sg_attr *given, sg_bump *memory, sg_attr **out,
                           sg_error *error);

/* Checks one value as sg_attr_complete does; one that is absent must have a default. */
sg_status sg_attr_check(const sg_schema *schema, const sg_attr *given, int index, sg_error *error);

/* A deep copy of a call (initialisers hang on weights). NULL when out of memory. */
const sg_call *sg_call_copy(const sg_call *call, sg_bump *memory);

#endif
