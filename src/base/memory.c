#include "base/memory.h"

#include "base/checked.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

void *sg_aligned_alloc(size_t bytes) {
    size_t rounded;
    if (!sg_size_align(bytes ? bytes : 1, ALIGNMENT, &rounded)) return NULL;
    return aligned_alloc(ALIGNMENT, rounded);
}

void sg_aligned_free(void *memory) {
    free(memory);
}

void *sg_array_alloc(size_t count, size_t size) {
    return sg_array_resize(NULL, count, size);
}

void *sg_array_resize(void *old, size_t count, size_t size) {
    size_t bytes;
    if (!sg_size_mul(count, size, &bytes)) return NULL;
    return realloc(old, bytes ? bytes : 1);
}

int sg_array_grow(void *array, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity) return 1;
    size_t wanted = *capacity ? *capacity : 8;
    while (wanted < needed)
        if (!sg_size_mul(wanted, 2, &wanted)) return 0;
    void *old, *grown;
    memcpy(&old, array, sizeof old); /* `array` is a pointer to a pointer of any type */
    if (!(grown = sg_array_resize(old, wanted, size))) return 0;
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return 1;
}

sg_status sg_no_memory(sg_error *error) {
    return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

typedef struct chunk {
    struct chunk *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
} chunk;

struct sg_bump {
    chunk *first; /* the one that is being filled */
    size_t next_size;
};

sg_bump *sg_bump_create(void) {
    sg_bump *bump = calloc(1, sizeof *bump);
    if (bump) bump->next_size = FIRST_CHUNK;
    return bump;
}

void sg_bump_destroy(sg_bump *bump) {
    if (!bump) return;
    for (chunk *c = bump->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(bump);
}

/* A request that is large against a chunk gets a chunk of its own, behind the one that is being filled. */
static chunk *add_chunk(sg_bump *bump, size_t bytes) {
    bool own = bytes > bump->next_size / 4;
    size_t size = own ? bytes : bump->next_size, whole;
    if (!sg_size_add(sizeof(chunk), size, &whole)) return NULL;
    chunk *c = calloc(1, whole);
    if (!c) return NULL;
    c->size = size;
    if (own && bump->first) {
        c->next = bump->first->next;
        bump->first->next = c;
    } else {
        c->next = bump->first;
        bump->first = c;
        if (bump->next_size < LARGEST_CHUNK) bump->next_size *= 2;
    }
    return c;
}

void *sg_bump_alloc(sg_bump *bump, size_t bytes) {
    size_t rounded;
    if (!sg_size_align(bytes ? bytes : 1, alignof(max_align_t), &rounded)) return NULL;
    chunk *c = bump->first;
    if (!c || c->size - c->used < rounded) c = add_chunk(bump, rounded);
    if (!c) return NULL;
    void *memory = c->bytes + c->used;
    c->used += rounded;
    return memory;
}

void *sg_bump_array(sg_bump *bump, size_t count, size_t size) {
    size_t bytes;
    return sg_size_mul(count, size, &bytes) ? sg_bump_alloc(bump, bytes) : NULL;
}

void *sg_bump_copy(sg_bump *bump, const void *bytes, size_t count) {
    void *memory = sg_bump_alloc(bump, count);
    if (memory && count) memcpy(memory, bytes, count);
    return memory;
}

char *sg_bump_text(sg_bump *bump, const char *text) {
    return sg_bump_text_of(bump, text, strlen(text));
}

char *sg_bump_text_of(sg_bump *bump, const char *text, size_t length) {
    size_t bytes;
    if (!sg_size_add(length, 1, &bytes)) return NULL;
    char *copy = sg_bump_alloc(bump, bytes); /* zeroed, so the end is there */
    if (copy && length) memcpy(copy, text, length);
    return copy;
}
