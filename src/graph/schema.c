/* Schemas and the registry of everything that a graph file can name. */
#include "simgraph/schema.h"

#include <string.h>

#include "graph/registry.h"

int sg_schema_attr_count(const sg_schema *schema) {
    int count = 0;
    while (schema->attrs && count < SG_MAX_ATTRS && schema->attrs[count].name) count++;
    return count;
}

int sg_schema_attr_index(const sg_schema *schema, const char *name) {
    for (int i = 0; i < sg_schema_attr_count(schema); i++)
        if (strcmp(schema->attrs[i].name, name) == 0) return i;
    return -1;
}

size_t sg_registry_count(sg_kind kind) {
    return sg_registry_counts[kind];
}

const sg_schema *sg_registry_at(sg_kind kind, size_t index) {
    return sg_registry_tables[kind][index];
}

const sg_schema *sg_registry_find(sg_kind kind, const char *name) {
    /* The tables are sorted by name. */
    size_t low = 0, high = sg_registry_count(kind);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, sg_registry_tables[kind][middle]->name);
        if (order == 0) return sg_registry_tables[kind][middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *sg_kind_name(sg_kind kind) {
    static const char *const names[SG_KIND_COUNT] = {
        "op", "initialiser", "data source", "step", "optimizer", "schedule", "picture",
    };
    return kind >= 0 && kind < SG_KIND_COUNT ? names[kind] : "?";
}
