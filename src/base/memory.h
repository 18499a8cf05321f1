/* base/memory.h - allocation: aligned blocks, and a bump allocator for things that live and die together. */
#ifndef SG_BASE_MEMORY_H
#define SG_BASE_MEMORY_H

#include <stddef.h>

#include "simgraph/error.h"

/* `bytes` of memory at a multiple of 64 bytes, not cleared; never NULL for 0 bytes. NULL when there is no
 * memory. */
void *sg_aligned_alloc(size_t bytes);
void sg_aligned_free(void *memory);

/* malloc(count * size) and realloc(old, count * size) that fail (NULL) where the product does not fit. */
void *sg_array_alloc(size_t count, size_t size);
void *sg_array_resize(void *old, size_t count, size_t size);

/* Doubles an array of `size`-byte elements until it holds `needed`: *array may move, *capacity (elements)
 * grows. Returns 0 and leaves both alone when there is no memory. `array` is the address of the pointer. */
int sg_array_grow(void *array, size_t *capacity, size_t needed, size_t size);

/* Says that there is no memory; returns SG_OUT_OF_MEMORY. */
sg_status sg_no_memory(sg_error *error);

/* Memory that is freed all at once. Grows in chunks; what it returned never moves. */
typedef struct sg_bump sg_bump;

sg_bump *sg_bump_create(void); /* NULL when there is no memory */
void sg_bump_destroy(sg_bump *bump);
/* `bytes` zeroed bytes, aligned for any type; NULL when there is no memory, never NULL for 0 bytes. */
void *sg_bump_alloc(sg_bump *bump, size_t bytes);
/* count * size zeroed bytes, with the product checked. */
void *sg_bump_array(sg_bump *bump, size_t count, size_t size);
void *sg_bump_copy(sg_bump *bump, const void *bytes, size_t count);
char *sg_bump_text(sg_bump *bump, const char *text);
/* The first `length` bytes of `text`, ended by a zero. */
char *sg_bump_text_of(sg_bump *bump, const char *text, size_t length);

#endif
