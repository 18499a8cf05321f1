/* The arena: one mapping for everything that lives within a step. */
#include <stdlib.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "exec/program.h"

sg_status sg_arena_create(sg_arena **out, sg_error *error) {
    *out = calloc(1, sizeof **out);
    return *out ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

void sg_arena_destroy(sg_arena *arena) {
    if (!arena) return;
    if (arena->memory) munmap(arena->memory, arena->bytes);
    sg_aligned_free(arena->tiles);
    free(arena);
}

static sg_status reserve_tiles(sg_arena *arena, size_t bytes, sg_error *error) {
    if (bytes <= arena->tile_bytes) return SG_OK;
    void *tiles = sg_aligned_alloc(bytes);
    if (!tiles) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_aligned_free(arena->tiles);
    arena->tiles = tiles;
    arena->tile_bytes = bytes;
    return SG_OK;
}

sg_status sg_arena_reserve(sg_arena *arena, size_t bytes, size_t tile_bytes, sg_error *error) {
    sg_status status = reserve_tiles(arena, tile_bytes, error);
    if (status != SG_OK || bytes <= arena->bytes) return status;
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
