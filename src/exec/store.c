/* The store: named tensors that live from step to step. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "simgraph/program.h"

typedef struct entry {
    char *name;
    sg_tensor tensor;
} entry;

struct sg_store {
    entry **entries; /* addresses of tensors stay */
    size_t count, room;
    sg_map by_name;
    sg_bump *memory;
};

sg_status sg_store_create(sg_store **out, sg_error *error) {
    sg_store *store = calloc(1, sizeof *store);
    if (store) store->memory = sg_bump_create();
    if (!store || !store->memory) {
        free(store);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    *out = store;
    return SG_OK;
}

void sg_store_destroy(sg_store *store) {
    if (!store) return;
    for (size_t i = 0; i < store->count; i++) sg_tensor_finish(&store->entries[i]->tensor);
    sg_map_finish(&store->by_name);
    sg_bump_destroy(store->memory);
    free(store->entries);
    free(store);
}

sg_tensor *sg_store_find(sg_store *store, const char *name) {
    entry *found = sg_map_get(&store->by_name, name);
    return found ? &found->tensor : NULL;
}

sg_status sg_store_add(sg_store *store, const char *name, sg_type type, sg_shape shape, sg_tensor **out,
                       sg_error *error) {
    sg_tensor *old = sg_store_find(store, name);
    if (out) *out = old;
    if (old) {
        if (old->type == type && sg_shape_equal(&old->shape, &shape)) return SG_OK;
        char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
        return sg_fail(error, SG_BAD_GRAPH, "`%s` is stored as %s %s, but the graph wants %s %s", name,
                       sg_type_name(old->type), sg_shape_text(&old->shape, 0, a), sg_type_name(type),
                       sg_shape_text(&shape, 0, b));
    }
    if (!sg_array_grow(&store->entries, &store->room, store->count + 1, sizeof *store->entries))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    entry *made = sg_bump_alloc(store->memory, sizeof *made);
    if (made) made->name = sg_bump_text(store->memory, name);
    if (!made || !made->name) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = sg_tensor_init(&made->tensor, type, shape, error);
    if (status != SG_OK) return status;
    if (!sg_map_put(&store->by_name, name, made)) {
        sg_tensor_finish(&made->tensor);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    store->entries[store->count++] = made;
    if (out) *out = &made->tensor;
    return SG_OK;
}

size_t sg_store_count(const sg_store *store) {
    return store->count;
}

const char *sg_store_name(const sg_store *store, size_t index) {
    return store->entries[index]->name;
}

sg_tensor *sg_store_tensor(sg_store *store, size_t index) {
    return &store->entries[index]->tensor;
}

size_t sg_store_bytes(const sg_store *store) {
    size_t bytes = 0;
    for (size_t i = 0; i < store->count; i++) bytes += sg_tensor_bytes(&store->entries[i]->tensor);
    return bytes;
}
