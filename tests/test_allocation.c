/* Nothing is allocated during a step: this program counts the calls of malloc and its kin. */
#include <check.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "train/trainer.h"
#include "train_unit.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_int allocations;

void *malloc(size_t size) {
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    atomic_fetch_add(&allocations, 1);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    atomic_fetch_add(&allocations, 1);
    *out = __libc_memalign(alignment, size);
    return *out ? 0 : ENOMEM;
}

START_TEST(a_step_allocates_nothing) {
    enum { BATCH = 64, WIDTH = 96 };
    sg_error error = {0};
    sg_graph *graph;
    sg_graph_options graph_options = {sizeof graph_options, SG_F32, true, BATCH};
    ck_assert(sg_graph_create(&graph, &graph_options, &error) == SG_OK);
    sg_shape wide = SG_SHAPE(BATCH, 8, WIDTH), square = SG_SHAPE(WIDTH, WIDTH);
    sg_value x =
        sg_graph_add(graph, "input", "x", NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &wide), {0}});
    sg_value w =
        sg_graph_add(graph, "weight", "w", NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &square), {0}});
    sg_value y = sg_emit(graph, "gelu", SG_IN(sg_emit(graph, "affine", SG_IN(x, w))));
    sg_value z = sg_emit(graph, "dot_attention", SG_IN(y, y, y));
    sg_value loss = sg_emit(graph, "mean", SG_IN(sg_emit(graph, "square", SG_IN(z)))), grad;
    ck_assert(sg_graph_differentiate(graph, loss, SG_NO_VALUE, 1, &w, &grad, &error) == SG_OK);

    sg_context *context;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    sg_context_options context_options = {sizeof context_options, 2, NULL};
    ck_assert(sg_context_create(&context, &context_options, &error) == SG_OK);
    ck_assert(sg_store_create(&store, &error) == SG_OK);
    ck_assert(sg_arena_create(&arena, &error) == SG_OK);
    ck_assert(sg_store_initialise(store, context, graph, 1, &error) == SG_OK);
    sg_program_options options = {.size = sizeof options, .fetch = &grad, .fetch_count = 1};
    ck_assert(sg_program_create(&program, context, graph, store, arena, &options, &error) == SG_OK);
    sg_draw draw = {.seed = 1, .batch = BATCH};
    int before = atomic_load(&allocations);
    ck_assert_int_gt(before, 0); /* the counter works */
    for (int step = 0; step < 3; step++)
        ck_assert(sg_program_run(program, SG_PHASE_GRADIENT, &draw, &error) == SG_OK);
    /* BLAS allocates its own buffers at its first product; steps after that must not. */
    before = atomic_load(&allocations);
    for (int step = 0; step < 20; step++) sg_program_run(program, SG_PHASE_GRADIENT, &draw, &error);
    ck_assert_int_eq(atomic_load(&allocations), before);
    sg_program_destroy(program);
    sg_arena_destroy(arena);
    sg_store_destroy(store);
    sg_context_destroy(context);
    sg_graph_destroy(graph);
}
END_TEST

START_TEST(loading_allocates_nothing) {
    run r;
    static const char *const settings[] = {"data.train.fields.image=[flip, {op: random_crop, size: 16}]",
                                           NULL};
    run_ok(run_load(&r, tiny_graph, settings), &r);
    run_ok(run_create(&r, (sg_trainer_options){.no_save = true}, 2), &r);
    const sg_binding *binding = &r.trainer->train[0];
    int64_t ids[2][32] = {{0}};
    int before = atomic_load(&allocations), status = 0; /* Check's macros allocate */
    for (int k = 0; k < 50; k++) {
        sg_batch batch = {.epoch = (uint32_t)k, .ids = ids[k % 2]},
                 next = {.epoch = (uint32_t)k + 1, .ids = ids[(k + 1) % 2]};
        status |= sg_loader_take(r.trainer->loader, binding->staging, binding->program, &batch, &r.error);
        sg_loader_start(r.trainer->loader, binding->staging, &next);
    }
    ck_assert_int_eq(atomic_load(&allocations), before);
    ck_assert_int_eq(status, 0);
    run_finish(&r);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("allocation");
    TCase *tests = tcase_create("allocation");
    tcase_add_test(tests, a_step_allocates_nothing);
    tcase_add_test(tests, loading_allocates_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
