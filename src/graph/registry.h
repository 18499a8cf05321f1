/* The tables that tools/registry.py makes; each ends at NULL. */
#ifndef SG_GRAPH_REGISTRY_H
#define SG_GRAPH_REGISTRY_H

#include "simgraph/schema.h"

extern const sg_schema *const *const sg_registry_tables[SG_KIND_COUNT];
extern const size_t sg_registry_counts[SG_KIND_COUNT];

#endif
