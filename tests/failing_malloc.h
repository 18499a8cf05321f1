/* failing_malloc.h - for tests of what happens when memory runs out: malloc and its kin, which fail when a
 * test asks for it, and count the blocks in use. Where a sanitizer owns malloc the rest of
 * the test stands behind #ifndef HAS_OWN_MALLOC, or meson leaves the test out. */
#ifndef SG_TESTS_FAILING_MALLOC_H
#define SG_TESTS_FAILING_MALLOC_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_OWN_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_OWN_MALLOC 1
#endif
#endif

#ifdef HAS_OWN_MALLOC
int main(void) {
    printf("skipped: a sanitizer owns malloc\n");
    return 77;
}
#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static struct {
    long left;     /* allocations until one fails; negative: none does, as behind that one */
    bool for_ever; /* those behind it fail as well, until `left` is set */
    bool reached;  /* one has failed */
    long live;     /* blocks that are allocated */
} heap = {.left = -1};

static inline bool heap_fails(void) {
    if (heap.left < 0 || heap.left-- > 0) return false;
    if (heap.for_ever) heap.left = 0;
    heap.reached = true;
    errno = ENOMEM;
    return true;
}

static inline void *heap_counted(void *memory) {
    heap.live += memory != NULL;
    return memory;
}

void *malloc(size_t size) {
    return heap_fails() ? NULL : heap_counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    return heap_fails() ? NULL : heap_counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size) {
    if (heap_fails()) return NULL;
    return old ? __libc_realloc(old, size) : heap_counted(__libc_realloc(old, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return heap_fails() ? NULL : heap_counted(__libc_memalign(alignment, size));
}

void free(void *memory) {
    heap.live -= memory != NULL;
    __libc_free(memory);
}

#endif
#endif
