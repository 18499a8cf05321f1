/* The store: named tensors that live from step to step. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"
#include "base/map.h"
#include "base/memory.h"
#include "simgraph/program.h"

typedef struct entry {
    char *name;
    sg_tensor tensor;
} entry;

/* Memory for large tensors, of huge pages where the system has them: what is allocated for each tensor by
 * itself comes in small ones, and making those took longer than drawing the weights. Nothing is cleared,
 * since the system gives zeros: moments are first touched by the first update, by all workers. */
enum {
    HUGE_PAGE = 2 << 20,
    LEAST_REGION = 4 << 20,
    LARGEST_REGION = 256 << 20,
    LARGE = 64 << 10,
    ALIGNMENT = 64
};

typedef struct region {
    struct region *next;
    void *mapping;
    size_t bytes; /* of the mapping */
    char *free;   /* what is left of it, at a multiple of 64 bytes */
    size_t left;
} region;

struct sg_store {
    region *regions; /* the one that is being filled comes first */
    size_t next_region;
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

/* False where the system does not give `bytes`. */
static bool add_region(sg_store *store, size_t bytes) {
    size_t whole;
    region *made = sg_bump_alloc(store->memory, sizeof *made);
    if (!made || !sg_size_add(bytes, HUGE_PAGE, &whole)) return false;
    made->mapping = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made->mapping == MAP_FAILED) return false;
    uintptr_t start = ((uintptr_t)made->mapping + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    made->bytes = whole;
    made->free = (char *)made->mapping + (start - (uintptr_t)made->mapping);
    made->left = bytes;
    madvise(made->free, bytes, MADV_HUGEPAGE); /* an advice that may be ignored */
    made->next = store->regions;
    store->regions = made;
    return true;
}

/* Zeroed memory that lives as long as the store, or NULL. */
static void *take(sg_store *store, size_t bytes) {
    size_t wanted = store->next_region ? store->next_region : LEAST_REGION;
    if (!sg_size_align(bytes, ALIGNMENT, &bytes)) return NULL;
    if (!store->regions || store->regions->left < bytes) {
        if (!(bytes <= wanted && add_region(store, wanted)) && !add_region(store, bytes)) return NULL;
        store->next_region = wanted < LARGEST_REGION ? 2 * wanted : wanted;
    }
    void *memory = store->regions->free;
    store->regions->free += bytes;
    store->regions->left -= bytes;
    return memory;
}

static sg_status init_tensor(sg_store *store, sg_tensor *tensor, sg_type type, sg_shape shape,
                             sg_error *error) {
    sg_status status = sg_shape_check(&shape, error);
    if (status != SG_OK) return status;
    *tensor = sg_tensor_view(type, shape, NULL);
    size_t bytes = sg_tensor_bytes(tensor);
    if (bytes >= LARGE && (tensor->data = take(store, bytes))) return SG_OK;
    return sg_tensor_init(tensor, type, shape, error);
}

void sg_store_destroy(sg_store *store) {
    if (!store) return;
    for (size_t i = 0; i < store->count; i++) sg_tensor_finish(&store->entries[i]->tensor);
    for (region *r = store->regions; r; r = r->next) munmap(r->mapping, r->bytes);
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
    sg_status status = init_tensor(store, &made->tensor, type, shape, error);
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
