/* train_unit.h - for tests of training: a tiny masked transformer on shapes, and runs of it. */
#ifndef SG_TESTS_TRAIN_UNIT_H
#define SG_TESTS_TRAIN_UNIT_H

#include <signal.h>
#include <sys/stat.h>

#include "scratch.h"
#include "simgraph/arrays.h"
#include "simgraph/train.h"

static const char tiny_graph[] =
    "simgraph: 1\n"
    "let: {g: 4, n: g * g}\n"
    "nodes:\n"
    "  image: {op: input, shape: [batch, 1, 16, 16]}\n"
    "  mask: {op: random_mask, shape: [batch, g, g], ratio: 0.5}\n"
    "  cells: permute(reshape(image, shape=[batch, g, 4, g, 4]), axes=[0, 1, 3, 2, 4])\n"
    "  patches: reshape(cells, shape=[batch, n, 16])\n"
    "  embed: {op: linear, in: patches, out: 24}\n"
    "  token: {op: weight, shape: [24], init: {op: normal, std: 0.02}}\n"
    "  position: {op: weight, shape: [n, 24], init: {op: normal, std: 0.02}, decay: false}\n"
    "  placed: position + where(reshape(mask, shape=[batch, n, 1]), token, embed)\n"
    "  norm1: {op: norm, in: placed}\n"
    "  mix: {op: attention, in: norm1, heads: 2}\n"
    "  mid: placed + mix\n"
    "  norm2: {op: norm, in: mid}\n"
    "  mlp: {op: mlp, in: norm2, hidden: 48}\n"
    "  all: mid + mlp\n"
    "  pixels: {op: linear, in: all, out: 16}\n"
    "  parts: permute(reshape(pixels, shape=[batch, g, g, 4, 4]), axes=[0, 1, 3, 2, 4])\n"
    "  recon: reshape(parts, shape=[batch, 1, 16, 16])\n"
    "  spread: broadcast_to(reshape(mask, shape=[batch, 1, g, 1, g, 1]), shape=[batch, 1, g, 4, g, 4])\n"
    "  hidden: reshape(spread, shape=[batch, 1, 16, 16])\n"
    "  loss: l1(recon, image, hidden)\n"
    "  error: mean((recon - image) ** 2)\n"
    "data:\n"
    "  train: {op: shapes, size: 16, count: 150, fields: {image: []}}\n"
    "  test: {op: shapes, size: 16, count: 70, part: test, fields: {image: []}}\n"
    "train:\n"
    "  minimize: loss\n"
    "  report: error\n"
    "  data: train\n"
    "  steps: 20\n"
    "  batch: 32\n"
    "  accumulate: 1\n"
    "  clip: 1.0\n"
    "  optimizer: {op: adamw, decay: 0.05, lr: {op: cosine, peak: 3e-3, warmup: 3 steps}}\n"
    "evaluate:\n"
    "  data: test\n"
    "  every: 1 epochs\n"
    "  values: {masked_l1: loss, error: error}\n"
    "  pictures: {recon: {op: reconstruction, in: {image: image, mask: mask, output: recon}, count: 3}}\n";

/* What happened in a run. */
typedef struct run_log {
    int steps, skips, evaluations, saves, notes;
    double loss; /* of the last step */
    char first[SG_MESSAGE_MAX], note[SG_MESSAGE_MAX],
        skip[SG_MESSAGE_MAX]; /* first and last note, last skip */
} run_log;

/* A document with everything that hangs on it. */
typedef struct run {
    sg_diagnostics *diagnostics;
    sg_document *document;
    sg_train_config *config;
    sg_context *context;
    sg_trainer *trainer;
    sg_train_result result;
    sg_error error;
    run_log log;
} run;

static inline void run_on_event(void *data, const sg_train_event *event) {
    run_log *log = data;
    switch (event->kind) {
    case SG_TRAIN_STEP:
        log->steps++;
        log->loss = event->loss;
        break;
    case SG_TRAIN_SKIPPED:
        log->skips++;
        snprintf(log->skip, sizeof log->skip, "%s", event->text);
        break;
    case SG_TRAIN_EVALUATED:
        log->evaluations++;
        break;
    case SG_TRAIN_SAVED:
        log->saves++;
        break;
    case SG_TRAIN_NOTE:
        log->notes++;
        if (log->notes == 1) snprintf(log->first, sizeof log->first, "%s", event->text);
        snprintf(log->note, sizeof log->note, "%s", event->text);
        break;
    default:
        break;
    }
}

/* Loads a text with settings (ended by NULL) and reads its sections: the status of the first failure. */
static inline sg_status run_load(run *r, const char *text, const char *const *settings) {
    memset(r, 0, sizeof *r);
    ck_assert_int_eq(sg_diagnostics_create(&r->diagnostics, &r->error), SG_OK);
    int count = 0;
    while (settings && settings[count]) count++;
    sg_document_options options = {sizeof options, settings, count, NULL, 0};
    sg_status status =
        sg_document_load_text(&r->document, "tiny.yaml", text, strlen(text), &options, r->diagnostics);
    if (status == SG_OK) status = sg_train_config_create(&r->config, r->document, r->diagnostics);
    return status;
}

static inline void run_show(const run *r) {
    char *text = sg_diagnostics_text(r->diagnostics, false);
    if (text && *text) fprintf(stderr, "%s", text);
    free(text);
}

static inline void run_open_context(run *r, int threads) {
    sg_context_options options = {.size = sizeof options, .threads = threads};
    ck_assert_int_eq(sg_context_create(&r->context, &options, &r->error), SG_OK);
}

/* Makes the trainer; events go to r->log unless options name another function. */
static inline sg_status run_create(run *r, sg_trainer_options options, int threads) {
    options.size = sizeof options;
    if (!options.event) {
        options.event = run_on_event;
        options.data = &r->log;
    }
    run_open_context(r, threads);
    return sg_trainer_create(&r->trainer, r->context, r->config, &options, r->diagnostics, &r->error);
}

static inline void run_finish(run *r) {
    sg_trainer_destroy(r->trainer);
    sg_context_destroy(r->context);
    sg_train_config_destroy(r->config);
    sg_document_destroy(r->document);
    sg_diagnostics_destroy(r->diagnostics);
    memset(r, 0, sizeof *r);
}

/* The whole way; what stays can be looked at before run_finish. */
static inline sg_status run_all(run *r, const char *text, const char *const *settings,
                                sg_trainer_options options, int threads) {
    sg_status status = run_load(r, text, settings);
    if (status == SG_OK) status = run_create(r, options, threads);
    if (status == SG_OK) status = sg_trainer_run(r->trainer, &r->result, &r->error);
    return status;
}

#define run_ok(call, r)                                                \
    do {                                                               \
        sg_status run_status_ = (call);                                \
        if (run_status_ != SG_OK) run_show(r);                         \
        ck_assert_msg(run_status_ == SG_OK, "%s", (r)->error.message); \
    } while (0)

static inline void assert_same_file(const char *a, const char *b) {
    size_t m, n;
    unsigned char *x = scratch_read(a, &m), *y = scratch_read(b, &n);
    ck_assert_msg(m == n && memcmp(x, y, m) == 0, "%s and %s differ", a, b);
    free(x);
    free(y);
}

/* Empties and leaves the scratch directory, directories of runs included. */
static inline void scratch_leave_runs(void) {
    char command[128];
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -rf '%s'", scratch_directory);
    ck_assert_int_eq(system(command), 0);
}

#endif
