/* Allocations fail, one after the other, while a trainer is made and runs: every time it says so, frees what
 * it had, and leaves a run that can be resumed. Likewise while masks are drawn. */
#include "failing_malloc.h"

#ifndef HAS_OWN_MALLOC

#include "simgraph/masks.h"
#include "simgraph/weights.h"
#include "train_unit.h"

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
    run_open_context(&r, 1);
    const long plenty = 1L << 40;
    heap.left = fail < 0 ? plenty : fail;
    sg_status status = sg_train_config_create(&r.config, r.document, r.diagnostics);
    if (status == SG_OK)
        status = sg_trainer_create(&r.trainer, r.context, r.config, &options, r.diagnostics, &r.error);
    if (status == SG_OK) status = sg_trainer_run(r.trainer, &r.result, &r.error);
    *used = plenty - heap.left;
    heap.left = -1;
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
    long before = heap.live;
    /* Early ones one by one, then a spread of them; every time the run goes on from where it was. */
    int failures = 0;
    for (long n = 0; n < used; n += n < 100 ? 1 : 1 + used / 650) {
        sg_status status = run_failing("a", true, 5, n, &ignored, &error);
        if (status != SG_OK) failures++;
        ck_assert_msg(status == SG_OK || status == SG_OUT_OF_MEMORY || status == SG_BAD_CHECKPOINT,
                      "allocation %ld: status %d: %s", n, status, error.message);
        ck_assert_msg(heap.live == before, "allocation %ld: %ld blocks are lost (%s)", n, heap.live - before,
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
    run_ok(run_load(&r, tiny_graph, settings), &r);
    run_open_context(&r, 1);
    heap.left = fail;
    sg_status status = sg_document_masks(&masks, r.context, r.document, &options, r.diagnostics, &r.error);
    *failed = heap.left < 0;
    heap.left = -1;
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
    long before = heap.live, failures = 0;
    for (long n = 0; failed || n == 0; n += n < 100 ? 1 : 1 + n / 200) {
        sg_status status = draw_failing(n, &failed, &error);
        failures += failed;
        ck_assert_msg(status == (failed ? SG_OUT_OF_MEMORY : SG_OK), "allocation %ld: status %d: %s", n,
                      status, error.message);
        ck_assert_msg(heap.live == before, "allocation %ld: %ld blocks are lost (%s)", n, heap.live - before,
                      error.message);
    }
    ck_assert_int_gt(failures, 100);
}
END_TEST

/* ---- weights under other names ---- */

static const char vit_graph[] =
    "simgraph: 1\n"
    "nodes:\n"
    "  image: {op: input, shape: [batch, 1, 8, 8]}\n"
    "  codes: {op: vit_encoder, in: image, dim: 4, depth: 1, heads: 1, patch: 4, with_class: true}\n"
    "  loss: mean(codes)\n"
    "init: {names: hf, from: theirs.safetensors}\n";

typedef struct weights_run {
    run r;
    sg_bound *bound;
    sg_store *store;
    sg_arrays ours; /* views of the store */
} weights_run;

static void weights_begin(weights_run *w) {
    memset(w, 0, sizeof *w);
    run_ok(run_load(&w->r, vit_graph, NULL), &w->r);
    sg_bind_options options = {sizeof options, 1, false, SG_F32};
    ck_assert_int_eq(sg_document_bind(&w->bound, w->r.document, &options, w->r.diagnostics), SG_OK);
    ck_assert_int_eq(sg_store_create(&w->store, NULL), SG_OK);
    run_open_context(&w->r, 1);
    ck_assert_int_eq(sg_store_initialise(w->store, w->r.context, sg_bound_graph(w->bound), 1, NULL), SG_OK);
    for (size_t i = 0; i < sg_store_count(w->store); i++)
        ck_assert_int_eq(
            sg_arrays_add_view(&w->ours, sg_store_name(w->store, i), sg_store_tensor(w->store, i), NULL),
            SG_OK);
}

static void weights_end(weights_run *w) {
    sg_arrays_finish(&w->ours);
    sg_store_destroy(w->store);
    sg_bound_destroy(w->bound);
    run_finish(&w->r);
}

/* Out under other names, written, and in again, twice: by the names alone, and as a run does. */
static sg_status there_and_back(const weights_run *w, sg_diagnostics *diagnostics, sg_error *error) {
    const sg_graph *graph = sg_bound_graph(w->bound);
    sg_names *names = NULL;
    sg_train_config *config = NULL;
    sg_arrays theirs = {0}, again = {0};
    sg_weights_report report = {0};
    sg_status status = sg_names_load(&names, "hf", (sg_mark){0}, 1, diagnostics);
    sg_weights_options options = {.size = sizeof options, .names = names};
    if (status == SG_OK) status = sg_weights_export(&theirs, &report, graph, &w->ours, &options, error);
    sg_weights_report_finish(&report);
    if (status == SG_OK) status = sg_arrays_save(&theirs, "theirs.safetensors", error);
    if (status == SG_OK) status = sg_weights_import(&again, &report, graph, &theirs, &options, error);
    if (status == SG_OK) status = sg_train_config_create(&config, w->r.document, diagnostics);
    if (status == SG_OK) status = sg_weights_load(w->store, graph, NULL, config, error);
    sg_train_config_destroy(config);
    sg_weights_report_finish(&report);
    sg_arrays_finish(&again);
    sg_arrays_finish(&theirs);
    sg_names_destroy(names);
    return status;
}

START_TEST(allocations_for_names) {
    scratch_enter();
    long used = 1L << 40, failures = 0;
    weights_run w;
    weights_begin(&w); /* whatever is made once */
    weights_end(&w);
    long before = heap.live;
    for (long n = -1; n < used; n += n < 100 ? 1 : 17) {
        sg_error error = {0};
        weights_begin(&w);
        heap.left = n < 0 ? used : n;
        sg_status status = there_and_back(&w, w.r.diagnostics, &error);
        if (n < 0) used -= heap.left;
        heap.left = -1;
        /* Without memory for its message a file of names is wrong for no reason that could be told. */
        ck_assert_msg(status == SG_OUT_OF_MEMORY || status == SG_OK || (n >= 0 && status == SG_BAD_GRAPH),
                      "allocation %ld: status %d: %s", n, status, error.message);
        failures += status != SG_OK;
        weights_end(&w);
        ck_assert_msg(heap.live == before, "allocation %ld: %ld blocks are lost", n, heap.live - before);
    }
    ck_assert_int_gt(failures, 100);
    scratch_leave();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_allocation, every_allocation_of_masks, allocations_for_names, NULL};
    return unit_run(unit_suite("train memory", tests));
}
#endif
