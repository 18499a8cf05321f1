/* Allocations fail, one after the other, while a trainer is made and runs: every time it says so, frees what
 * it had, and leaves a run that can be resumed. Likewise while masks are drawn. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

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

#include "simgraph/masks.h"
#include "train_unit.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static long countdown = -1; /* allocations until one fails; negative: none does */
static long live;           /* blocks that are allocated */

static bool fails_now(void) {
    if (countdown < 0 || countdown-- > 0) return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *memory) {
    live += memory != NULL;
    return memory;
}

void *malloc(size_t size) {
    return fails_now() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    return fails_now() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size) {
    if (fails_now()) return NULL;
    return old ? __libc_realloc(old, size) : counted(__libc_realloc(old, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return fails_now() ? NULL : counted(__libc_memalign(alignment, size));
}

void free(void *memory) {
    live -= memory != NULL;
    __libc_free(memory);
}

/* A run of which allocation `fail` fails (-1: none). Sets *used to how many there were up to the end or the
 * failure. The document and the context are made before, and freed after. */
static sg_status run_failing(const char *out, bool resume, int64_t max_steps, long fail, long *used,
                             sg_error *error) {
    static const char *const settings[] = {
        "train.steps=6",
        "save.every=2 steps",
        "evaluate.every=3 steps",
        "train.average={op: linear, peak: 0.5, end: 0.9}",
        "nodes.slow={op: linear, in: all, out: 16, share: {with: pixels, average: {op: linear, peak: 0.5}}}",
        "nodes.seen={op: state, shape: [], next: more}",
        "nodes.more=seen + 1",
        NULL};
    run r;
    sg_trainer_options options = {
        .size = sizeof options, .out = out, .resume = resume, .max_steps = max_steps};
    run_ok(run_load(&r, tiny_graph, settings), &r);
    sg_train_config_destroy(r.config);
    r.config = NULL;
    sg_context_options c = {.size = sizeof c, .threads = 1};
    ck_assert_int_eq(sg_context_create(&r.context, &c, &r.error), SG_OK);
    const long plenty = 1L << 40;
    countdown = fail < 0 ? plenty : fail;
    sg_status status = sg_train_config_create(&r.config, r.document, r.diagnostics);
    if (status == SG_OK)
        status = sg_trainer_create(&r.trainer, r.context, r.config, &options, r.diagnostics, &r.error);
    if (status == SG_OK) status = sg_trainer_run(r.trainer, &r.result, &r.error);
    *used = plenty - countdown;
    countdown = -1;
    *error = r.error;
    if (status == SG_BAD_GRAPH) run_show(&r);
    run_finish(&r);
    return status;
}

START_TEST(every_allocation) {
    scratch_enter();
    long used, ignored;
    sg_error error;
    ck_assert_int_eq(run_failing("straight", false, 0, -1, &used, &error), SG_OK);
    ck_assert_int_eq(run_failing("a", false, 1, -1, &ignored, &error), SG_OK);
    long before = live;
    /* Early ones one by one, then a spread of them; every time the run goes on from where it was. */
    int failures = 0;
    for (long n = 0; n < used; n += n < 100 ? 1 : 1 + used / 650) {
        sg_status status = run_failing("a", true, 5, n, &ignored, &error);
        if (status != SG_OK) failures++;
        ck_assert_msg(status == SG_OK || status == SG_OUT_OF_MEMORY || status == SG_BAD_CHECKPOINT,
                      "allocation %ld: status %d: %s", n, status, error.message);
        ck_assert_msg(live == before, "allocation %ld: %ld blocks are lost (%s)", n, live - before,
                      error.message);
    }
    ck_assert_int_gt(failures, 100);
    ck_assert_int_eq(run_failing("a", true, 0, -1, &ignored, &error), SG_OK);
    assert_same_file("straight/model.safetensors", "a/model.safetensors");
    scratch_leave_runs();
}
END_TEST

/* Masks of a random op and of one that depends on the image and on weights, with pictures; allocation `fail`
 * fails. Sets *failed to whether it came to that. */
static sg_status draw_failing(long fail, bool *failed, sg_error *error) {
    static const char *const settings[] = {"nodes.light={op: linear, in: image, out: 4}",
                                           "nodes.rows=reshape(light, shape=[batch, 16, 4])",
                                           "nodes.least={op: attended_mask, in: rows, ratio: 0.5}", NULL};
    run r;
    sg_masks masks;
    sg_masks_options options = {.size = sizeof options, .draws = 3, .shown = 2};
    sg_context_options c = {.size = sizeof c, .threads = 1};
    run_ok(run_load(&r, tiny_graph, settings), &r);
    ck_assert_int_eq(sg_context_create(&r.context, &c, &r.error), SG_OK);
    countdown = fail;
    sg_status status = sg_document_masks(&masks, r.context, r.document, &options, r.diagnostics, &r.error);
    *failed = countdown < 0;
    countdown = -1;
    *error = r.error;
    if (status == SG_OK) {
        ck_assert_int_eq(masks.count, 2);
        sg_masks_finish(&masks);
    }
    run_finish(&r);
    return status;
}

START_TEST(every_allocation_of_masks) {
    bool failed = true;
    sg_error error;
    ck_assert_int_eq(draw_failing(1L << 40, &failed, &error), SG_OK);
    long before = live, failures = 0;
    for (long n = 0; failed || n == 0; n += n < 100 ? 1 : 1 + n / 200) {
        sg_status status = draw_failing(n, &failed, &error);
        failures += failed;
        ck_assert_msg(status == (failed ? SG_OUT_OF_MEMORY : SG_OK), "allocation %ld: status %d: %s", n,
                      status, error.message);
        ck_assert_msg(live == before, "allocation %ld: %ld blocks are lost (%s)", n, live - before,
                      error.message);
    }
    ck_assert_int_gt(failures, 100);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_allocation, every_allocation_of_masks, NULL};
    return unit_run(unit_suite("train memory", tests));
}
#endif
