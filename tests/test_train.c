/* Training: the same bits whatever the threads, groups and interruptions; steps with NaN; accumulation. */
#include <math.h>

#include "train_unit.h"

static const char *const few[] = {"train.steps=12", NULL};

static void train_into(const char *out, const char *const *settings, sg_trainer_options options,
                       int threads) {
    run r;
    options.out = out;
    run_ok(run_all(&r, tiny_graph, settings, options, threads), &r);
    run_finish(&r);
}

START_TEST(threads_and_groups) {
    scratch_enter();
    train_into("one", NULL, (sg_trainer_options){0}, 1);
    for (int threads = 2; threads <= 4; threads++) {
        char out[16], path[64];
        snprintf(out, sizeof out, "t%d", threads);
        train_into(out, NULL, (sg_trainer_options){0}, threads);
        snprintf(path, sizeof path, "%s/model.safetensors", out);
        assert_same_file("one/model.safetensors", path);
    }
    train_into("plain", NULL, (sg_trainer_options){.no_group = true}, 3);
    assert_same_file("one/model.safetensors", "plain/model.safetensors");
    scratch_leave_runs();
}
END_TEST

/* 150 samples, batches of 32: the fifth has 22. */
START_TEST(learns_and_tells) {
    scratch_enter();
    run r;
    sg_trainer_options options = {.out = "a/b/c"};
    run_ok(run_all(&r, tiny_graph, NULL, options, 2), &r);
    ck_assert_int_eq(r.log.steps, 20);
    ck_assert_int_eq(r.log.evaluations, 4);
    ck_assert_int_eq(r.log.saves, 4);
    ck_assert_int_eq(r.log.skips, 0);
    ck_assert_int_eq(r.result.step, 20);
    ck_assert(!r.result.interrupted);
    ck_assert_int_eq(r.result.value_count, 2);
    ck_assert_str_eq(r.result.names[0], "masked_l1");
    ck_assert_msg(r.result.values[0] > 0.15 && r.result.values[0] < 0.29, "%g", r.result.values[0]);
    ck_assert_str_eq(sg_trainer_directory(r.trainer), "a/b/c");
    static const char *const files[] = {"graph.yaml",
                                        "metrics.jsonl",
                                        "loss.svg",
                                        "recon.png",
                                        "model.safetensors",
                                        "checkpoint.safetensors",
                                        "checkpoint-previous.safetensors"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "a/b/c/%s", files[i]);
        ck_assert_msg(access(path, R_OK) == 0, "%s is missing", path);
    }
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

START_TEST(evaluation_ignores_batch_size) {
    double values[2][2];
    for (int k = 0; k < 2; k++) {
        static const char *const sizes[2][2] = {{"train.batch=32", NULL}, {"train.batch=9", NULL}};
        run r;
        run_ok(run_load(&r, tiny_graph, sizes[k]), &r);
        run_ok(run_create(&r, (sg_trainer_options){.no_save = true}, 2), &r);
        run_ok(sg_trainer_evaluate(r.trainer, &r.result, &r.error), &r);
        memcpy(values[k], r.result.values, sizeof values[k]);
        run_finish(&r);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_msg(fabs(values[0][i] - values[1][i]) < 2e-6 * values[0][i], "%.9g %.9g", values[0][i],
                      values[1][i]);
}
END_TEST

/* Two micro-batches of 16 are a batch of 32; the incomplete update at the end of the epoch as well. */
static void compare_weights(const char *const *a, const char *const *b, double tolerance) {
    run x, y;
    run_ok(run_all(&x, tiny_graph, a, (sg_trainer_options){.no_save = true}, 2), &x);
    run_ok(run_all(&y, tiny_graph, b, (sg_trainer_options){.no_save = true}, 1), &y);
    ck_assert_msg(fabs(x.log.loss - y.log.loss) < 1e-4 * x.log.loss, "%.8g %.8g", x.log.loss, y.log.loss);
    sg_store *of_x = sg_trainer_store(x.trainer), *of_y = sg_trainer_store(y.trainer);
    int compared = 0;
    for (size_t i = 0; i < sg_store_count(of_x); i++) {
        const char *name = sg_store_name(of_x, i);
        if (strchr(name, '/')) continue;
        const sg_tensor *p = sg_store_tensor(of_x, i), *q = sg_store_find(of_y, name);
        for (int64_t e = 0; e < sg_tensor_elements(p); e++) {
            double difference = fabs(sg_tensor_get(p, e) - sg_tensor_get(q, e));
            ck_assert_msg(difference <= tolerance, "%s[%d] differs by %g", name, (int)e, difference);
        }
        compared++;
    }
    ck_assert_int_eq(compared, 18);
    run_finish(&x);
    run_finish(&y);
}

START_TEST(accumulation) {
    static const char *const whole[] = {"train.steps=8", "data.train.count=128", NULL};
    static const char *const halves[] = {"train.steps=8", "data.train.count=128", "train.batch=16",
                                         "train.accumulate=2", NULL};
    static const char *const eighths[] = {"train.steps=8", "data.train.count=128", "train.batch=4",
                                          "train.accumulate=8", NULL};
    static const char *const lanes[] = {"train.steps=8",      "data.train.count=128", "train.batch=4",
                                        "train.accumulate=8", "train.lanes=4",        NULL};
    compare_weights(whole, halves, 2e-5);
    compare_weights(eighths, lanes, 2e-5);
}
END_TEST

/* 96 samples in micro-batches of 10: updates of 4, 4 and 2, the last micro-batch with 6 samples. */
START_TEST(incomplete_accumulation) {
    static const char *const lanes[] = {"train.steps=7",      "data.train.count=96", "train.batch=10",
                                        "train.accumulate=4", "train.lanes=2",       NULL};
    scratch_enter();
    train_into("one", lanes, (sg_trainer_options){0}, 1);
    train_into("three", lanes, (sg_trainer_options){.no_group = true}, 3);
    assert_same_file("one/model.safetensors", "three/model.safetensors");
    scratch_leave_runs();
}
END_TEST

/* The weights before each update, to be compared when one is left out. */
typedef struct witness {
    run *r;
    unsigned char *before;
    size_t bytes;
    int skips, steps;
    char text[128];
} witness;

static void copy_store(const run *r, unsigned char **to, size_t *bytes) {
    sg_store *store = sg_trainer_store(r->trainer);
    *bytes = sg_store_bytes(store);
    free(*to);
    *to = calloc(*bytes, 1);
    unsigned char *at = *to;
    for (size_t i = 0; i < sg_store_count(store); i++) {
        const sg_tensor *tensor = sg_store_tensor(store, i);
        /* Accumulators are empty between updates: what lies in them means nothing. */
        if (strncmp(sg_store_name(store, i), "accumulate", 10) == 0) continue;
        memcpy(at, tensor->data, sg_tensor_bytes(tensor));
        at += sg_tensor_bytes(tensor);
    }
}

static void watch(void *data, const sg_train_event *event) {
    witness *w = data;
    if (event->kind == SG_TRAIN_STARTED || event->kind == SG_TRAIN_STEP)
        copy_store(w->r, &w->before, &w->bytes);
    w->steps += event->kind == SG_TRAIN_STEP;
    if (event->kind != SG_TRAIN_SKIPPED) return;
    unsigned char *now = NULL;
    size_t bytes;
    copy_store(w->r, &now, &bytes);
    ck_assert_uint_eq(bytes, w->bytes);
    ck_assert_msg(memcmp(now, w->before, bytes) == 0, "a step that was left out changed something");
    free(now);
    w->skips++;
    snprintf(w->text, sizeof w->text, "%s", event->text);
}

static const char line_graph[] =
    "simgraph: 1\n"
    "args: {batch_size: 4, epochs: 2}\n"
    "nodes:\n"
    "  x: {op: input, shape: [batch, 6]}\n"
    "  y: {op: linear, in: x, out: 3}\n"
    "  loss: mean((y - 1) ** 2)\n"
    "data: {train: {op: arrays, path: data.npz, fields: {x: []}}}\n"
    "train:\n"
    "  {minimize: loss, data: train, epochs: $epochs, batch: $batch_size, clip: 1,\n"
    "  optimizer: {op: adamw, lr: 0.01}}\n";

static void write_samples(int count, int bad_from, int bad_count, double value) {
    sg_arrays arrays = {0};
    sg_tensor x;
    sg_error error;
    assert_ok(sg_tensor_init(&x, SG_F32, SG_SHAPE(count, 6), &error));
    for (int i = 0; i < count * 6; i++) sg_tensor_set(&x, i, sin(i));
    for (int i = bad_from * 6; i < (bad_from + bad_count) * 6; i++) sg_tensor_set(&x, i, value);
    assert_ok(sg_arrays_add(&arrays, "x", &x, &error));
    assert_ok(sg_arrays_save(&arrays, "data.npz", &error));
    sg_arrays_finish(&arrays);
}

START_TEST(a_step_with_nan_changes_nothing) {
    scratch_enter();
    for (int accumulate = 1; accumulate <= 2; accumulate++) {
        for (int k = 0; k < 2; k++) {
            write_samples(40, 17, 1, k ? 1e30 : NAN);
            const char *settings[] = {accumulate == 2 ? "train.accumulate=2" : "train.clip=1", NULL};
            run r;
            witness w = {.r = &r};
            run_ok(run_load(&r, line_graph, settings), &r);
            run_ok(run_create(&r, (sg_trainer_options){.no_save = true, .event = watch, .data = &w}, 2), &r);
            run_ok(sg_trainer_run(r.trainer, &r.result, &r.error), &r);
            ck_assert_int_eq(w.skips, 2); /* once an epoch */
            ck_assert_int_eq(w.steps, accumulate == 1 ? 18 : 8);
            ck_assert_int_eq(r.result.skipped, 2);
            ck_assert_str_eq(w.text, k ? "the loss is infinite" : "the loss is NaN");
            free(w.before);
            run_finish(&r);
        }
    }
    scratch_leave_runs();
}
END_TEST

START_TEST(nan_without_end) {
    scratch_enter();
    write_samples(40, 0, 40, NAN);
    run r;
    sg_status status = run_all(&r, line_graph, NULL, (sg_trainer_options){.out = "out"}, 1);
    sg_error error = r.error;
    assert_fails(status, SG_NOT_FINITE,
                 "tiny.yaml:6:9: loss: 5 updates in a row were left out, at last at step 5, since loss or "
                 "gradients are NaN or infinite: lower the learning rate, lengthen the warm-up or clip");
    ck_assert_int_eq(r.result.step, 5);
    ck_assert_int_eq(r.log.saves, 0);
    ck_assert_int_ne(access("out/checkpoint.safetensors", F_OK), 0);
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

/* ---- each weight is updated when its gradient is there ---- */

/* After training with one worker and with two. */
static void compare_stores(const char *graph, const char *const *one, const char *const *two) {
    run x, y;
    run_ok(run_all(&x, graph, one, (sg_trainer_options){.no_save = true}, 1), &x);
    run_ok(run_all(&y, graph, two, (sg_trainer_options){.no_save = true}, 2), &y);
    unsigned char *a = NULL, *b = NULL;
    size_t m, n;
    copy_store(&x, &a, &m);
    copy_store(&y, &b, &n);
    ck_assert_uint_eq(m, n);
    ck_assert_int_eq(sg_store_count(sg_trainer_store(x.trainer)),
                     sg_store_count(sg_trainer_store(y.trainer)));
    ck_assert_int_eq(memcmp(a, b, m), 0);
    ck_assert(x.result.loss == y.result.loss);
    free(a);
    free(b);
    run_finish(&x);
    run_finish(&y);
}

/* Two files of one run, with the setting and without: the same weights, moments and norms. */
static void compare_in_backward(const char *const *settings, sg_trainer_options options, int threads) {
    const char *with[8] = {"train.steps=9", "train.clip-", "train.optimizer_in_backward=true"};
    const char *without[8] = {"train.steps=9", "train.clip-"};
    for (int i = 0; settings[i]; i++) with[i + 3] = without[i + 2] = settings[i];
    scratch_enter();
    train_into("late", without, (sg_trainer_options){0}, 2);
    train_into("early", with, options, threads);
    assert_same_file("late/model.safetensors", "early/model.safetensors");
    compare_stores(tiny_graph, without, with);
    scratch_leave_runs();
}

START_TEST(in_backward_same_bits) {
    static const char *const ways[][3] = {
        {NULL},
        {"train.batch=1", NULL},
        {"train.precision=bf16", NULL},
        {"train.average=0.9", "train.precision=f64", NULL},
        {"train.optimizer={op: sgd, lr: 0.05, momentum: 0.9}", NULL},
        {"train.optimizer={op: lamb, lr: 0.01, decay: 0.1}", NULL},
        {"train.optimizer={op: lamb, lr: 0.01, decay: {op: cosine, peak: 0.1}}", "train.batch=8", NULL},
        {"train.weights=[{match: mlp, frozen: true}, {match: mix, lr: 0.5}]", "train.average=0.99", NULL},
    };
    compare_in_backward(ways[_i], (sg_trainer_options){.no_group = _i % 2, .no_recompute = _i % 3 == 1},
                        1 + _i % 3);
}
END_TEST

/* Weights that are packed once, gradients in tiles, and sums that close a group early. */
static const char large_graph[] =
    "simgraph: 1\n"
    "nodes:\n"
    "  x: {op: input, shape: [batch, 6]}\n"
    "  wide: {op: linear, in: x, out: 49152}\n"
    "  rows: reshape(wide, shape=[batch, 96, 512])\n"
    "  one_in: gelu(rows)\n"
    "  one: {op: linear, in: one_in, out: 512}\n"
    "  two_in: gelu(one)\n"
    "  two: {op: linear, in: two_in, out: 512}\n"
    "  three_in: gelu(two)\n"
    "  three: {op: linear, in: three_in, out: 512}\n"
    "  four_in: gelu(three)\n"
    "  four: {op: linear, in: four_in, out: 608}\n"
    "  loss: mean((four - 1) ** 2)\n"
    "data: {train: {op: arrays, path: data.npz, fields: {x: []}}}\n"
    "train: {minimize: loss, steps: 3, batch: 8, optimizer: {op: adamw, lr: 0.01}}\n";

START_TEST(in_backward_large) {
    static const char *const precision[] = {"train.precision=f32", "train.precision=bf16"};
    scratch_enter();
    write_samples(40, 0, 0, 0);
    const char *without[] = {precision[_i], NULL},
               *with[] = {precision[_i], "train.optimizer_in_backward=true", NULL};
    compare_stores(large_graph, without, with);
    scratch_leave_runs();
}
END_TEST

/* A loss that is not finite is seen before any weight changes. */
START_TEST(in_backward_loss_with_nan) {
    scratch_enter();
    for (int k = 0; k < 2; k++) {
        write_samples(40, 17, 1, k ? 1e30 : NAN);
        const char *settings[] = {"train.clip-", "train.optimizer_in_backward=true", NULL};
        run r;
        witness w = {.r = &r};
        run_ok(run_load(&r, line_graph, settings), &r);
        run_ok(run_create(&r, (sg_trainer_options){.no_save = true, .event = watch, .data = &w}, 2), &r);
        run_ok(sg_trainer_run(r.trainer, &r.result, &r.error), &r);
        ck_assert_int_eq(w.skips, 2);
        ck_assert_int_eq(w.steps, 18);
        free(w.before);
        run_finish(&r);
    }
    scratch_leave_runs();
}
END_TEST

/* The root's slope at 0 is infinite: a sample of twos has a finite loss, but no finite gradient of `root`,
 * while `y` can be updated. */
static const char root_graph[] =
    "simgraph: 1\n"
    "nodes:\n"
    "  x: {op: input, shape: [batch, 6]}\n"
    "  y: {op: linear, in: x, out: 3}\n"
    "  root: {op: weight, shape: [6], init: ones}\n"
    "  loss: mean((y - 1) ** 2) + mean(sqrt(abs((x - 2) * root)))\n"
    "data: {train: {op: arrays, path: data.npz, fields: {x: []}}}\n"
    "train: {minimize: loss, epochs: 2, batch: 4, shuffle: false, optimizer_in_backward: true,\n"
    "  optimizer: {op: adamw, lr: 0.01}}\n"
    "save: {every: 3 steps}\n";

START_TEST(in_backward_gradient_with_nan) {
    scratch_enter();
    write_samples(40, 17, 1, 2);
    run r;
    sg_status status = run_all(&r, root_graph, NULL, (sg_trainer_options){.out = "out"}, 2);
    sg_error error = r.error;
    assert_fails(status, SG_NOT_FINITE,
                 "tiny.yaml:6:28: loss: a gradient of step 5 is NaN or infinite, and with "
                 "`optimizer_in_backward` other weights have been updated: go back to the last checkpoint "
                 "(--resume), with a lower learning rate or without the setting");
    ck_assert_int_eq(r.result.step, 5);
    ck_assert_str_eq(r.log.skip, "the gradient norm is NaN");
    ck_assert_int_eq(r.log.saves, 1);
    /* The weight whose gradient it was is as finite as before. */
    const sg_tensor *root = sg_store_find(sg_trainer_store(r.trainer), "root");
    for (int i = 0; i < 6; i++) ck_assert(isfinite(sg_tensor_get(root, i)));
    run_finish(&r);

    /* What was saved is step 3, and goes on as if nothing had been: without the setting that step is left
     * out. */
    static const char *const late[] = {"train.optimizer_in_backward=false", NULL};
    run_ok(run_all(&r, root_graph, late, (sg_trainer_options){.out = "out", .resume = true}, 1), &r);
    ck_assert_int_eq(r.log.steps, 20 - 3 - 2);
    ck_assert_int_eq(r.log.skips, 2);
    run_finish(&r);
    run_ok(run_all(&r, root_graph, late, (sg_trainer_options){.out = "whole"}, 2), &r);
    run_finish(&r);
    assert_same_file("whole/model.safetensors", "out/model.safetensors");
    scratch_leave_runs();
}
END_TEST

static volatile sig_atomic_t stop;

static void stop_at_six(void *data, const sg_train_event *event) {
    run_on_event(data, event);
    if (event->kind == SG_TRAIN_STEP && event->step == 6) stop = 1;
}

START_TEST(stops_on_request) {
    scratch_enter();
    run r;
    stop = 0;
    run_ok(run_load(&r, tiny_graph, few), &r);
    run_ok(run_create(
               &r, (sg_trainer_options){.out = "s", .stop = &stop, .event = stop_at_six, .data = &r.log}, 2),
           &r);
    run_ok(sg_trainer_run(r.trainer, &r.result, &r.error), &r);
    ck_assert(r.result.interrupted);
    ck_assert_int_eq(r.result.step, 6);
    ck_assert_int_eq(r.log.saves, 2); /* at the end of the epoch, and when it stopped */
    run_finish(&r);
    run_ok(run_all(&r, tiny_graph, few, (sg_trainer_options){.out = "s", .resume = true}, 2), &r);
    ck_assert(!r.result.interrupted);
    run_finish(&r);
    train_into("whole", few, (sg_trainer_options){0}, 1);
    assert_same_file("whole/model.safetensors", "s/model.safetensors");
    scratch_leave_runs();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {threads_and_groups,
                                  learns_and_tells,
                                  evaluation_ignores_batch_size,
                                  accumulation,
                                  incomplete_accumulation,
                                  a_step_with_nan_changes_nothing,
                                  nan_without_end,
                                  stops_on_request,
                                  in_backward_loss_with_nan,
                                  in_backward_gradient_with_nan,
                                  NULL};
    Suite *suite = unit_suite("train", tests);
    TCase *ways = tcase_create("ways");
    tcase_set_timeout(ways, 600);
    tcase_add_loop_test(ways, in_backward_same_bits, 0, 8);
    tcase_add_loop_test(ways, in_backward_large, 0, 2);
    suite_add_tcase(suite, ways);
    return unit_run(suite);
}
