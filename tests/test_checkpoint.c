/* Checkpoints and run directories: resuming to the same bits, damage, full disks, weights from elsewhere. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "train_unit.h"

static sg_status go(run *r, const char *const *settings, const char *out, bool resume, int64_t max_steps) {
    sg_trainer_options options = {.out = out, .resume = resume, .max_steps = max_steps};
    return run_all(r, tiny_graph, settings, options, 2);
}

static void go_well(const char *const *settings, const char *out, bool resume, int64_t max_steps) {
    run r;
    run_ok(go(&r, settings, out, resume, max_steps), &r);
    run_finish(&r);
}

/* metrics.jsonl without what depends on the clock. */
static char *metrics_of(const char *directory) {
    char path[128];
    size_t bytes, length = 0;
    snprintf(path, sizeof path, "%s/metrics.jsonl", directory);
    char *text = (char *)scratch_read(path, &bytes);
    for (char *at = text; *at;) {
        if (strncmp(at, "\"images_per_second\"", 19) == 0 || strncmp(at, "\"peak_memory\"", 13) == 0)
            at += strcspn(at, ",}");
        else
            text[length++] = *at++;
    }
    text[length] = 0;
    return text;
}

static void assert_same_run(const char *a, const char *b) {
    char x[128], y[128];
    snprintf(x, sizeof x, "%s/model.safetensors", a);
    snprintf(y, sizeof y, "%s/model.safetensors", b);
    assert_same_file(x, y);
    char *m = metrics_of(a), *n = metrics_of(b);
    ck_assert_str_eq(m, n);
    free(m);
    free(n);
}

START_TEST(resumes_to_the_same_bits) {
    scratch_enter();
    go_well(NULL, "straight", false, 0);
    go_well(NULL, "parts", false, 7); /* in the middle of an epoch */
    go_well(NULL, "parts", true, 10); /* at the end of one */
    go_well(NULL, "parts", true, 0);
    assert_same_run("straight", "parts");
    scratch_leave_runs();
}
END_TEST

/* With accumulation and records that are means over several steps. */
START_TEST(resumes_accumulation) {
    static const char *const settings[] = {"train.batch=8", "train.accumulate=3", "train.steps=25",
                                           "save.every=4 steps", NULL};
    scratch_enter();
    go_well(settings, "straight", false, 0);
    go_well(settings, "parts", false, 11);
    go_well(settings, "parts", true, 0);
    assert_same_run("straight", "parts");
    scratch_leave_runs();
}
END_TEST

static volatile sig_atomic_t stop;

typedef struct stop_at {
    run_log log;
    int64_t step;
    sg_train_event_kind when;
} stop_at;

/* As the step has been made, before what follows it; or, SG_TRAIN_EVALUATING, within its evaluation. */
static void stop_after(void *data, const sg_train_event *event) {
    stop_at *at = data;
    run_on_event(&at->log, event);
    if (event->kind == at->when && event->step == at->step) stop = 1;
}

static void interrupt(const char *const *settings, const char *out, bool resume, int64_t step,
                      sg_train_event_kind when) {
    run r;
    stop_at at = {.step = step, .when = when};
    sg_trainer_options options = {
        .out = out, .resume = resume, .stop = &stop, .event = stop_after, .data = &at};
    stop = 0;
    run_ok(run_all(&r, tiny_graph, settings, options, 2), &r);
    ck_assert_int_eq(r.result.step, step);
    ck_assert(r.result.interrupted);
    ck_assert_int_eq(at.log.evaluations, (step - 1) / 10); /* those before it */
    run_finish(&r);
}

/* An interrupt within an evaluation, on the way and at the end: the resume makes it, with all that follows.
 */
START_TEST(resumes_an_evaluation) {
    static const char *const settings[] = {"evaluate.best={of: masked_l1}", "evaluate.every=10 steps",
                                           "train.batch=25", NULL};
    scratch_enter();
    go_well(settings, "straight", false, 0);
    interrupt(settings, "parts", false, 10, SG_TRAIN_STEP);
    run r;
    stop_at at = {.step = 20, .when = SG_TRAIN_STEP};
    sg_trainer_options options = {
        .out = "parts", .resume = true, .stop = &stop, .event = stop_after, .data = &at};
    stop = 0;
    run_ok(run_all(&r, tiny_graph, settings, options, 2), &r);
    ck_assert_int_eq(at.log.evaluations, 1); /* that of step 10 */
    ck_assert_int_eq(r.result.step, r.result.steps);
    ck_assert(r.result.interrupted);
    run_finish(&r);
    interrupt(settings, "stopped", false, 20, SG_TRAIN_STEP);
    go_well(settings, "stopped", true, 0);
    assert_same_run("straight", "stopped");
    interrupt(settings, "within", false, 10, SG_TRAIN_EVALUATING);
    go_well(settings, "within", true, 0);
    assert_same_run("straight", "within");
    assert_same_file("straight/model-best.safetensors", "within/model-best.safetensors");
    run_ok(go(&r, settings, "parts", true, 0), &r);
    ck_assert_int_eq(r.log.notes, 0);
    ck_assert_int_eq(r.log.evaluations, 1);
    ck_assert(!r.result.interrupted);
    ck_assert_int_eq(r.result.value_count, 2);
    run_finish(&r);
    assert_same_run("straight", "parts");
    assert_same_file("straight/model-best.safetensors", "parts/model-best.safetensors");
    assert_same_file("straight/recon.png", "parts/recon.png");
    scratch_leave_runs();
}
END_TEST

START_TEST(a_complete_run_stays) {
    scratch_enter();
    go_well(NULL, "a", false, 0);
    char *before = metrics_of("a");
    run r;
    run_ok(go(&r, NULL, "a", true, 0), &r);
    ck_assert_str_eq(r.log.note,
                     "this run is complete at step 20: raise train.epochs or train.steps to go on");
    ck_assert_int_eq(r.result.value_count, 2);
    run_finish(&r);
    char *after = metrics_of("a");
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    scratch_leave_runs();
}
END_TEST

static void cut_file(const char *path, off_t bytes) {
    ck_assert_int_eq(truncate(path, bytes), 0);
}

static void flip_byte(const char *path, long at) {
    size_t bytes;
    unsigned char *data = scratch_read(path, &bytes);
    data[at < 0 ? (long)bytes + at : at] ^= 1;
    scratch_write(path, data, bytes);
    free(data);
}

START_TEST(takes_the_previous_one) {
    scratch_enter();
    go_well(NULL, "straight", false, 0);
    go_well(NULL, "parts", false, 12);
    flip_byte("parts/checkpoint.safetensors", -3);
    run r;
    run_ok(go(&r, NULL, "parts", true, 0), &r);
    static const char begin[] =
        "the checkpoint is damaged (`parts/checkpoint.safetensors`: its contents have crc32 ",
                      end[] = " as recorded); going on from parts/checkpoint-previous.safetensors";
    ck_assert_msg(strncmp(r.log.note, begin, sizeof begin - 1) == 0 && strstr(r.log.note, end), "%s",
                  r.log.note);
    run_finish(&r);
    assert_same_run("straight", "parts");
    /* A previous one alone will do, too: what a crash between two renames leaves. */
    ck_assert_int_eq(unlink("parts/checkpoint.safetensors"), 0);
    run_ok(go(&r, NULL, "parts", true, 0), &r);
    ck_assert_int_eq(r.log.notes, 0);
    run_finish(&r);
    assert_same_run("straight", "parts");
    scratch_leave_runs();
}
END_TEST

START_TEST(damage) {
    scratch_enter();
    go_well(NULL, "a", false, 12);
    cut_file("a/checkpoint.safetensors", 1000);
    cut_file("a/checkpoint-previous.safetensors", 5);
    run r;
    sg_status status = go(&r, NULL, "a", true, 0);
    sg_error error = r.error;
    ck_assert_int_eq(status, SG_BAD_CHECKPOINT);
    ck_assert_msg(
        strstr(error.message,
               "no checkpoint in a is whole: `a/checkpoint.safetensors` is cut short: header of ") != NULL,
        "%s", error.message);
    run_finish(&r);
    /* Weights without the rest are no checkpoint. */
    unlink("a/checkpoint-previous.safetensors");
    ck_assert_int_eq(rename("a/model.safetensors", "a/checkpoint.safetensors"), 0);
    status = go(&r, NULL, "a", true, 0);
    ck_assert_int_eq(status, SG_BAD_CHECKPOINT);
    run_finish(&r);
    unlink("a/checkpoint.safetensors");
    status = go(&r, NULL, "a", true, 0);
    error = r.error;
    assert_fails(status, SG_BAD_CHECKPOINT, "there is no checkpoint in a");
    run_finish(&r);
    status = go(&r, NULL, NULL, true, 0);
    error = r.error;
    assert_fails(status, SG_BAD_CHECKPOINT,
                 "there is no checkpoint in runs/tiny: name the run to be resumed with --out, or start "
                 "without --resume");
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

START_TEST(does_not_fit) {
    scratch_enter();
    go_well(NULL, "a", false, 5);
    static const struct {
        const char *setting, *message;
    } cases[] = {
        {"nodes.mlp.hidden=40", "a/checkpoint.safetensors does not fit the graph: `mlp.fc1.weight` is f32 "
                                "[48, 24] there and f32 [40, 24] here"},
        {"train.seed=4", "a/checkpoint.safetensors was trained with seed 0, but train.seed is 4"},
        {"nodes.mlp.op=norm", NULL},
    };
    for (int i = 0; i < 2; i++) {
        const char *const settings[] = {cases[i].setting, NULL};
        run r;
        sg_status status = go(&r, settings, "a", true, 0);
        sg_error error = r.error;
        assert_fails(status, SG_BAD_CHECKPOINT, cases[i].message);
        run_finish(&r);
    }
    /* Another batch: goes on, and says so. */
    static const char *const batch[] = {"train.batch=50", NULL};
    run r;
    run_ok(go(&r, batch, "a", true, 0), &r);
    ck_assert_str_eq(r.log.first,
                     "batch or data have changed since a/checkpoint.safetensors was saved (an epoch had 5 "
                     "steps and has 3): samples come in another order");
    ck_assert_str_eq(r.log.note,
                     "the graph or its arguments differ from a/graph.yaml, which is written anew: "
                     "to go on unchanged, run that file");
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

START_TEST(another_machine) {
    scratch_enter();
    go_well(NULL, "a", false, 5);
    sg_arrays arrays = {0};
    sg_error error;
    assert_ok(sg_arrays_load(&arrays, "a/checkpoint.safetensors", &error));
    assert_ok(sg_arrays_set_text(&arrays, "cpu", "abacus", &error));
    assert_ok(sg_arrays_seal(&arrays, &error));
    assert_ok(sg_arrays_save(&arrays, "a/checkpoint.safetensors", &error));
    sg_arrays_finish(&arrays);
    run r;
    run_ok(go(&r, NULL, "a", true, 0), &r);
    char wanted[SG_MESSAGE_MAX];
    const char *product = sg_context_product(r.context);
    snprintf(
        wanted, sizeof wanted,
        "a/checkpoint.safetensors was made with %s and abacus, this is %s and %s: the last bits may differ",
        product, product, sg_context_cpu(r.context));
    ck_assert_str_eq(r.log.note, wanted);
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

START_TEST(names_of_runs) {
    scratch_enter();
    static const char *const names[] = {"runs/tiny", "runs/tiny-2", "runs/tiny-3"};
    run r;
    for (int i = 0; i < 3; i++) {
        run_ok(go(&r, NULL, NULL, false, 3), &r);
        ck_assert_str_eq(sg_trainer_directory(r.trainer), names[i]);
        run_finish(&r);
    }
    run_ok(go(&r, NULL, NULL, true, 4), &r); /* the latest */
    ck_assert_str_eq(sg_trainer_directory(r.trainer), "runs/tiny-3");
    ck_assert_int_eq(r.result.step, 4);
    run_finish(&r);
    sg_status status = go(&r, NULL, "runs/tiny", false, 3);
    sg_error error = r.error;
    assert_fails(status, SG_BAD_USAGE,
                 "runs/tiny is there already: continue it with --resume, or name another directory");
    run_finish(&r);
    ck_assert_int_eq(unlink("runs/tiny/checkpoint.safetensors"), 0);
    status = go(&r, NULL, "runs/tiny", false, 3);
    error = r.error;
    assert_fails(status, SG_BAD_USAGE,
                 "runs/tiny is there already, without a checkpoint to go on from: name another directory, or "
                 "remove it");
    run_finish(&r);
    scratch_write("file", "x", 1);
    status = go(&r, NULL, "file/run", false, 3);
    error = r.error;
    assert_fails(status, SG_IO_ERROR, "cannot make the directory file: a file has that name");
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

/* A process that was killed leaves what it was writing. */
START_TEST(takes_away_what_was_left) {
    scratch_enter();
    go_well(NULL, "a", false, 3);
    char own[64];
    snprintf(own, sizeof own, "a/report.html.%ld-0.tmp", (long)getppid()); /* it lives */
    mkdir("a/pictures", 0777);
    scratch_write("a/checkpoint-new.safetensors.999999999-0.tmp", "x", 1); /* no process has such a number */
    scratch_write("a/pictures/recon-2.png.999999999-12.tmp", "x", 1);
    scratch_write("a/mine.tmp", "x", 1);
    scratch_write("a/notes.999999999-11.tmp", "x", 1);
    scratch_write(own, "x", 1);
    go_well(NULL, "a", true, 4);
    ck_assert_int_ne(access("a/checkpoint-new.safetensors.999999999-0.tmp", F_OK), 0);
    ck_assert_int_ne(access("a/pictures/recon-2.png.999999999-12.tmp", F_OK), 0);
    ck_assert_int_eq(access("a/mine.tmp", F_OK), 0);
    ck_assert_int_eq(access(own, F_OK), 0);
    unlink(own);
    ck_assert_int_eq(access("a/notes.999999999-11.tmp", F_OK), 0);
    unlink("a/mine.tmp");
    unlink("a/notes.999999999-11.tmp");
    scratch_leave_runs();
}
END_TEST

/* A second process would write over what the first one saves. */
START_TEST(is_resumed_by_one_process) {
    scratch_enter();
    go_well(NULL, "a", false, 3);
    struct utsname system;
    char text[256], said[128];
    ck_assert_int_eq(uname(&system), 0);
    snprintf(text, sizeof text,
             "{\"state\": \"running\", \"started\": \"2099-01-01T00:00:00Z\", \"seconds\": 1, \"step\": 3, "
             "\"steps\": 9, \"machine\": \"%.64s\", \"pid\": %ld}",
             system.nodename, (long)getppid());
    scratch_write("a/run.json", text, strlen(text));
    run r;
    sg_status status = go(&r, NULL, "a", true, 4);
    sg_error error = r.error;
    snprintf(said, sizeof said, "process %ld is training in a: wait for it, or end it", (long)getppid());
    assert_fails(status, SG_BAD_USAGE, said);
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

/* The run's own graph.yaml runs again, to the same bits, and resumes its own run. */
START_TEST(runs_again_from_its_graph) {
    static const char *const settings[] = {"train.steps=6", NULL};
    scratch_enter();
    go_well(settings, "a", false, 4);
    run r = {0};
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(sg_diagnostics_create(&r.diagnostics, &r.error), SG_OK);
        run_ok(sg_document_load(&r.document, "a/graph.yaml", NULL, r.diagnostics), &r);
        run_ok(sg_train_config_create(&r.config, r.document, r.diagnostics), &r);
        sg_trainer_options options = {.out = k ? NULL : "again", .resume = k};
        run_ok(run_create(&r, options, 1), &r);
        run_ok(sg_trainer_run(r.trainer, &r.result, &r.error), &r);
        ck_assert_str_eq(sg_trainer_directory(r.trainer), k ? "a" : "again");
        run_finish(&r);
    }
    assert_same_run("again", "a");
    scratch_leave_runs();
}
END_TEST

/* A file may not grow beyond the limit: what a full disk does. */
START_TEST(a_full_disk_loses_nothing) {
    scratch_enter();
    go_well(NULL, "straight", false, 0);
    go_well(NULL, "a", false, 7);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, old;
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 30000; /* the model fits, the checkpoint does not */
    setrlimit(RLIMIT_FSIZE, &limit);
    run r;
    sg_status status = go(&r, NULL, "a", true, 0);
    sg_error error = r.error;
    run_finish(&r);
    limit.rlim_cur = 500;
    setrlimit(RLIMIT_FSIZE, &limit);
    run s;
    sg_status other = go(&s, NULL, "b", false, 0);
    run_finish(&s);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_int_eq(status, SG_IO_ERROR);
    ck_assert_msg(strstr(error.message, "checkpoint-new.safetensors") &&
                      strstr(error.message, strerror(EFBIG)),
                  "%s", error.message);
    ck_assert_int_eq(other, SG_IO_ERROR);
    go_well(NULL, "a", true, 0);
    assert_same_run("straight", "a");
    scratch_leave_runs();
}
END_TEST

/* Whichever write fails: what is there resumes to the same bits. */
START_TEST(any_write_may_fail) {
    static const char *const settings[] = {"save.every=2 steps", "evaluate.every=3 steps", NULL};
    static const rlim_t limits[] = {0, 300, 900, 2500, 5000, 20000, 28000, 70000};
    scratch_enter();
    go_well(settings, "straight", false, 0);
    go_well(settings, "a", false, 3);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, old;
    getrlimit(RLIMIT_FSIZE, &old);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        limit = old;
        limit.rlim_cur = limits[i];
        setrlimit(RLIMIT_FSIZE, &limit);
        run r;
        sg_status status = go(&r, settings, "a", true, 0);
        sg_error error = r.error;
        run_finish(&r);
        setrlimit(RLIMIT_FSIZE, &old);
        ck_assert_msg(status == SG_IO_ERROR, "%d: %s", (int)i, error.message);
        ck_assert_msg(strstr(error.message, strerror(EFBIG)) != NULL, "%s", error.message);
    }
    go_well(settings, "a", true, 0);
    assert_same_run("straight", "a");
    scratch_leave_runs();
}
END_TEST

/* Killed at any moment, again and again. */
START_TEST(killed_at_any_point) {
    static const char *const settings[] = {"save.every=1 steps", "train.steps=30", NULL};
    scratch_enter();
    go_well(settings, "straight", false, 0);
    go_well(settings, "a", false, 1);
    for (int i = 0; i < 8; i++) {
        pid_t child = fork();
        if (child == 0) {
            run r;
            go(&r, settings, "a", true, 29);
            _exit(0);
        }
        usleep(12000 + 7919 * (useconds_t)i);
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
    }
    go_well(settings, "a", true, 0);
    assert_same_run("straight", "a");
    scratch_leave_runs();
}
END_TEST

/* A run that would end because of updates left out in a row ends at the same one when it is resumed. */
START_TEST(left_out_updates_count_on) {
    static const char *const settings[] = {"nodes.loss=l1(recon, image, hidden) + sqrt(mean(recon) * 0 - 1)",
                                           NULL};
    static const char message[] = "--set:1:37: loss: 5 updates in a row were left out, at last at step 5, "
                                  "since loss or gradients are NaN or "
                                  "infinite: lower the learning rate, lengthen the warm-up or clip";
    scratch_enter();
    run r;
    ck_assert_int_eq(go(&r, settings, "straight", false, 0), SG_NOT_FINITE);
    ck_assert_str_eq(r.error.message, message);
    run_finish(&r);
    go_well(settings, "parts", false, 2);
    go_well(settings, "parts", true, 3);
    ck_assert_int_eq(go(&r, settings, "parts", true, 0), SG_NOT_FINITE);
    ck_assert_str_eq(r.error.message, message);
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

static void take_away(void *data, const sg_train_event *event) {
    run_on_event(data, event);
    if (event->kind == SG_TRAIN_SAVED) ck_assert_int_eq(remove(event->text), 0);
}

/* Whoever moves a checkpoint elsewhere while a run goes on ends nothing. */
START_TEST(a_checkpoint_may_be_taken_away) {
    static const char *const settings[] = {"save.every=4 steps", NULL};
    scratch_enter();
    run r;
    run_log log = {0};
    sg_trainer_options options = {.out = "a", .event = take_away, .data = &log};
    run_ok(run_all(&r, tiny_graph, settings, options, 2), &r);
    run_finish(&r);
    ck_assert_int_eq(log.saves, 5);
    ck_assert_int_eq(log.steps, 20);
    scratch_leave_runs();
}
END_TEST

START_TEST(keeps_copies_and_the_best) {
    static const char *const settings[] = {"train.steps=13",
                                           "save.every=4 steps",
                                           "save.keep=2",
                                           "evaluate.every=4 steps",
                                           "evaluate.best={of: masked_l1, keep: highest}",
                                           NULL};
    scratch_enter();
    go_well(settings, "a", false, 0);
    ck_assert_int_ne(access("a/model-step-4.safetensors", F_OK), 0);
    ck_assert_int_ne(access("a/model-step-8.safetensors", F_OK), 0);
    ck_assert_int_eq(access("a/model-step-12.safetensors", F_OK), 0);
    ck_assert_int_eq(access("a/model-step-13.safetensors", F_OK), 0);
    assert_same_file("a/model-step-13.safetensors", "a/model.safetensors");
    ck_assert_int_eq(access("a/model-best.safetensors", F_OK), 0);
    scratch_leave_runs();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {resumes_to_the_same_bits,
                                  resumes_accumulation,
                                  resumes_an_evaluation,
                                  a_complete_run_stays,
                                  takes_the_previous_one,
                                  damage,
                                  does_not_fit,
                                  another_machine,
                                  names_of_runs,
                                  takes_away_what_was_left,
                                  is_resumed_by_one_process,
                                  runs_again_from_its_graph,
                                  a_full_disk_loses_nothing,
                                  any_write_may_fail,
                                  killed_at_any_point,
                                  left_out_updates_count_on,
                                  a_checkpoint_may_be_taken_away,
                                  keeps_copies_and_the_best,
                                  NULL};
    return unit_run(unit_suite("checkpoint", tests));
}
