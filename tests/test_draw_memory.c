/* Drawing when memory runs out: every allocation fails once; nothing is lost, nothing is left over. */
#include "draw_graph.h"

#include "simgraph/draw.h"

#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *memory);

static long left = -1; /* allocations until one fails; -1: none does */
static long blocks;    /* in use, while counting */
static bool counting;

static bool fails(void) {
    return left >= 0 && left-- == 0;
}

void *malloc(size_t size) {
    if (fails()) return NULL;
    void *memory = __libc_malloc(size);
    blocks += counting && memory;
    return memory;
}

void *calloc(size_t count, size_t size) {
    if (fails()) return NULL;
    void *memory = __libc_calloc(count, size);
    blocks += counting && memory;
    return memory;
}

void *realloc(void *old, size_t size) {
    if (fails()) return NULL;
    void *memory = __libc_realloc(old, size);
    blocks += counting && memory && !old;
    return memory;
}

void free(void *memory) {
    blocks -= counting && memory;
    __libc_free(memory);
}

START_TEST(every_allocation_fails_once) {
    test_graph t;
    test_graph_init(&t, 97);
    sg_value loss = add_vit(&t, 4, true), gradient[GRAPH_WEIGHTS];
    sg_error error = {0};
    assert_ok(sg_graph_differentiate(t.graph, loss, SG_NO_VALUE, t.weight_count, t.weight, gradient, &error));
    sg_dot_options options = {.size = sizeof options, .depth = SG_DOT_AUTOMATIC, .backward = true};
    char *whole = NULL, *text = NULL;
    assert_ok(sg_draw_dot(&whole, t.graph, &options, &error));
    bool failed = true;
    for (long n = 0; failed; n++) {
        ck_assert_int_lt(n, 100000);
        blocks = 0, counting = true, left = n;
        sg_status status = sg_draw_dot(&text, t.graph, &options, &error);
        failed = left < 0;
        left = -1, counting = false;
        ck_assert_int_eq(blocks, !failed);
        if (!failed) break;
        ck_assert_int_eq(status, SG_OUT_OF_MEMORY);
        ck_assert_str_eq(error.message, "out of memory while drawing the graph");
        ck_assert_ptr_null(text);
    }
    ck_assert_int_eq(strcmp(text, whole), 0);
    free(text);
    free(whole);
    test_graph_finish(&t);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_allocation_fails_once, NULL};
    return unit_run(unit_suite("draw_memory", tests));
}
