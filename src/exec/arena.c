/* The arena: one mapping for everything that lives within a step. */
#include <stdlib.h>
#include <sys/mman.h>

#include "exec/program.h"

sg_status sg_arena_create(sg_arena **out, sg_error *error) {
    *out = calloc(1, sizeof **out);
    return *out ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

void sg_arena_destroy(sg_arena *arena) {
    if (!arena) return;
    if (arena->memory) munmap(arena->memory, arena->bytes);
    free(arena);
}

sg_status sg_arena_reserve(sg_arena *arena, size_t bytes, sg_error *error) {
    if (bytes <= arena->bytes) return SG_OK;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return sg_fail(
            error, SG_OUT_OF_MEMORY,
            "a step needs %.1f MiB of memory, which the system does not give: make the batch smaller",
            (double)bytes / (1 << 20));
    /* Small pages cost a fault each on first touch; huge ones are an advice that may be ignored. */
    madvise(memory, bytes, MADV_HUGEPAGE);
    if (arena->memory) munmap(arena->memory, arena->bytes);
    arena->memory = memory;
    arena->bytes = bytes;
    return SG_OK;
}
