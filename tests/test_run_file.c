/* run.json: what it says while a run goes on, at its end, after a resume and after a failure, read by jansson
 * and by sg_run_load; damaged files. */
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "simgraph/run.h"
#include "train_unit.h"

static const char *const command[] = {"simgraph", "run", "tiny.yaml", "--set", "train.steps=20 \"\xff\""};
static const char *const settings[] = {"train.seed=1", NULL};

static sg_trainer_options options_of(const char *out) {
    return (sg_trainer_options){
        .out = out, .command = command, .command_count = 5, .set = settings, .set_count = 1};
}

static json_t *read_json(const char *path) {
    json_error_t problem;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    ck_assert_msg(json != NULL, "%s:%d: %s", path, problem.line, problem.text);
    return json;
}

static const char *text_of(const json_t *json, const char *key) {
    const json_t *value = json_object_get(json, key);
    ck_assert_msg(value != NULL, "no %s", key);
    return json_string_value(value);
}

/* What it says at every event of a run. */
typedef struct watch {
    sg_trainer *trainer;
    int64_t steps[64]; /* of run.json when an event came */
    int count;
} watch;

static void look(void *data, const sg_train_event *event) {
    watch *w = data;
    if (event->kind != SG_TRAIN_STEP) return;
    json_t *json = read_json("out/run.json");
    ck_assert_str_eq(text_of(json, "state"), "running");
    ck_assert(json_is_null(json_object_get(json, "ended")));
    w->steps[w->count++] = json_integer_value(json_object_get(json, "step"));
    json_decref(json);
}

/* An epoch has five steps: it is evaluated, and saved, after each. */
START_TEST(tells_while_it_runs) {
    scratch_enter();
    run r;
    watch w = {0};
    sg_trainer_options options = options_of("out");
    options.event = look;
    options.data = &w;
    run_ok(run_all(&r, tiny_graph, settings, options, 2), &r);
    ck_assert_int_eq(w.count, 20);
    for (int i = 0; i < w.count; i++) ck_assert_int_eq(w.steps[i], i / 5 * 5);
    json_t *json = read_json("out/run.json");
    ck_assert_str_eq(text_of(json, "state"), "finished");
    ck_assert_str_eq(text_of(json, "graph"), "tiny.yaml");
    ck_assert_ptr_null(text_of(json, "variant"));
    ck_assert_ptr_null(text_of(json, "error"));
    ck_assert_ptr_null(text_of(json, "resumed"));
    ck_assert_str_eq(text_of(json, "precision"), "f32");
    ck_assert_str_eq(text_of(json, "simgraph"), sg_version());
    ck_assert_str_eq(text_of(json, "kernels"), sg_context_cpu(r.context));
    ck_assert_str_eq(text_of(json, "products"), sg_context_product_of(r.context, SG_F32));
    ck_assert_ptr_nonnull(strstr(sg_context_product_of(r.context, SG_F64), text_of(json, "openblas")));
    ck_assert_int_eq(json_integer_value(json_object_get(json, "threads")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "pid")), getpid());
    struct utsname system;
    ck_assert_int_eq(uname(&system), 0);
    ck_assert_str_eq(text_of(json, "machine"), system.nodename);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "steps")), 20);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "command")), 5);
    /* Bytes that are no UTF-8 are replaced. */
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "command"), 4)),
                     "train.steps=20 \"\xef\xbf\xbd\"");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "set"), 0)), "train.seed=1");
    /* 16 * 24 + 24 of embed, token, position, two norms, attention, mlp, pixels. */
    int64_t parameters =
        16 * 24 + 24 + 24 + 16 * 24 + 2 * 48 + 4 * (24 * 24 + 24) + 2 * 24 * 48 + 48 + 24 + 24 * 16 + 16;
    ck_assert_int_eq(json_integer_value(json_object_get(json, "parameters")), parameters);
    json_decref(json);
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

START_TEST(is_read) {
    scratch_enter();
    run r;
    run_ok(run_all(&r, tiny_graph, settings, options_of("out"), 1), &r);
    sg_run *info;
    ck_assert_int_eq(sg_run_load(&info, "out", &r.error), SG_OK);
    ck_assert_int_eq(info->state, SG_RUN_FINISHED);
    ck_assert_int_eq(info->step, 20);
    ck_assert_int_eq(info->command_count, 5);
    ck_assert_str_eq(info->command[1], "run");
    ck_assert_str_eq(info->set[0], "train.seed=1");
    ck_assert_str_eq(info->graph, "tiny.yaml");
    ck_assert_uint_eq(strlen(info->started), 20);
    ck_assert_uint_eq(strlen(info->ended), 20);
    ck_assert_ptr_null(info->error);
    /* `loss` is a loss, so the first value is one of which less is better. */
    ck_assert_str_eq(info->best, "masked_l1");
    ck_assert(!info->best_is_highest);
    ck_assert_int_eq(info->records, 20);
    ck_assert_int_eq(info->value_count, 2);
    const sg_run_value *value = sg_run_main_value(info);
    ck_assert_str_eq(value->name, "masked_l1");
    ck_assert_int_eq(value->last_step, 20);
    ck_assert(fabs(value->last - r.result.values[0]) < 1e-9);
    ck_assert(value->lowest <= value->last && value->last <= value->highest &&
              value->lowest < value->highest);
    ck_assert(isfinite(info->loss) && info->images_per_second > 0);
    sg_run_destroy(info);
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

START_TEST(goes_on) {
    scratch_enter();
    run r;
    sg_run *first, *second;
    sg_trainer_options options = options_of("out");
    options.max_steps = 7;
    run_ok(run_all(&r, tiny_graph, settings, options, 1), &r);
    run_finish(&r);
    ck_assert_int_eq(sg_run_load(&first, "out", &r.error), SG_OK);
    ck_assert_int_eq(first->state, SG_RUN_INTERRUPTED);
    ck_assert_int_eq(first->step, 7);
    ck_assert_ptr_null(first->resumed);
    static const char *const other[] = {"simgraph", "run", "other.yaml", "--resume"};
    options = (sg_trainer_options){.out = "out", .resume = true, .command = other, .command_count = 4};
    run_ok(run_all(&r, tiny_graph, settings, options, 1), &r);
    run_finish(&r);
    ck_assert_int_eq(sg_run_load(&second, "out", &r.error), SG_OK);
    ck_assert_int_eq(second->state, SG_RUN_FINISHED);
    ck_assert_int_eq(second->command_count, 5); /* how it was started, at first */
    ck_assert_str_eq(second->command[2], "tiny.yaml");
    ck_assert_str_eq(second->started, first->started);
    ck_assert_ptr_nonnull(second->resumed);
    ck_assert(second->seconds > first->seconds);
    sg_run_destroy(first);
    sg_run_destroy(second);
    scratch_leave_runs();
}
END_TEST

START_TEST(says_why_it_failed) {
    static const char *const wild[] = {"nodes.loss=l1(recon, image, hidden) + sqrt(mean(recon) * 0 - 1)",
                                       NULL};
    scratch_enter();
    run r;
    sg_run *info;
    sg_status status = run_all(&r, tiny_graph, wild, options_of("out"), 1);
    ck_assert_int_eq(status, SG_NOT_FINITE);
    ck_assert_int_eq(sg_run_load(&info, "out", NULL), SG_OK);
    ck_assert_int_eq(info->state, SG_RUN_FAILED);
    ck_assert_str_eq(info->error, r.error.message);
    ck_assert_ptr_nonnull(info->ended);
    sg_run_destroy(info);
    run_finish(&r);
    scratch_leave_runs();
}
END_TEST

static void write_file(const char *text) {
    scratch_write("run.json", text, strlen(text));
}

/* The state that a reader sees of a running run with this process and start. */
static sg_run_state state_on(const char *machine, long long pid, const char *started) {
    char text[256];
    sg_run *info;
    sg_error error;
    snprintf(text, sizeof text,
             "{\"state\": \"running\", \"started\": \"%s\", \"machine\": %s, \"pid\": %lld, \"step\": 1, "
             "\"steps\": 2, \"seconds\": 0.5}",
             started, machine, pid);
    write_file(text);
    ck_assert_msg(sg_run_load(&info, ".", &error) == SG_OK, "%s", error.message);
    sg_run_state state = info->state;
    sg_run_destroy(info);
    return state;
}

static sg_run_state state_of(long long pid, const char *started) {
    return state_on("null", pid, started);
}

START_TEST(knows_the_dead) {
    scratch_enter();
    pid_t child = fork();
    if (child == 0) _exit(0);
    /* It ended, and nobody has asked yet how. */
    siginfo_t how;
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &how, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(state_of(child, "2999-01-01T00:00:00Z"), SG_RUN_STOPPED);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(state_of(getpid(), "2999-01-01T00:00:00Z"), SG_RUN_RUNNING);
    ck_assert_int_eq(state_of(child, "2999-01-01T00:00:00Z"), SG_RUN_STOPPED);
    /* This process was born long after: the number was given anew. */
    ck_assert_int_eq(state_of(getpid(), "2001-01-01T00:00:00Z"), SG_RUN_STOPPED);
    ck_assert_int_eq(state_of(0, "2999-01-01T00:00:00Z"), SG_RUN_STOPPED);
    ck_assert_int_eq(state_of(-1, "2999-01-01T00:00:00Z"), SG_RUN_STOPPED);
    /* A process of another machine is not one of this one. */
    struct utsname system;
    char here[128];
    ck_assert_int_eq(uname(&system), 0);
    snprintf(here, sizeof here, "\"%s\"", system.nodename);
    ck_assert_int_eq(state_on(here, child, "2999-01-01T00:00:00Z"), SG_RUN_STOPPED);
    ck_assert_int_eq(state_on("\"not here\"", child, "2999-01-01T00:00:00Z"), SG_RUN_RUNNING);
    scratch_leave();
}
END_TEST

/* Seconds since 1970. */
static void touch(const char *path, time_t seconds) {
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Of a run with run.json of step 1 after half a second, and records to step 6. */
static sg_run *far_as(const char *state, long long pid, time_t file, time_t records) {
    char text[256];
    sg_run *info;
    sg_error error;
    snprintf(text, sizeof text,
             "{\"state\": \"%s\", \"started\": \"2999-01-01T00:00:00Z\", \"pid\": %lld, \"step\": 1, "
             "\"steps\": 9, \"seconds\": 0.5}",
             state, pid);
    write_file(text);
    touch("run.json", file);
    touch("metrics.jsonl", records);
    ck_assert_msg(sg_run_load(&info, ".", &error) == SG_OK, "%s", error.message);
    return info;
}

START_TEST(knows_how_far) {
    const char *records = "{\"step\": 2, \"images_per_second\": 100, \"peak_memory\": 300}\n"
                          "{\"step\": 6, \"images_per_second\": 50, \"peak_memory\": 200}\n"
                          "{\"step\": 6, \"images_per_second\": 0}\n";
    time_t now = time(NULL);
    scratch_enter();
    scratch_write("metrics.jsonl", records, strlen(records));
    sg_run *info = far_as("running", getpid(), now - 1000, now - 900);
    ck_assert_int_eq(info->step, 6);
    ck_assert(info->seconds >= 1000 && info->seconds < 1500);
    /* Two updates at 100 and four at 50; the most of all processes. */
    ck_assert(fabs(info->images_per_second - 6 / (2 / 100.0 + 4 / 50.0)) < 1e-9);
    ck_assert(info->peak_memory == 300);
    sg_run_destroy(info);
    info = far_as("running", 0, now - 1000, now - 900);
    ck_assert_int_eq(info->state, SG_RUN_STOPPED);
    ck_assert_int_eq(info->step, 6);
    ck_assert(fabs(info->seconds - 100.5) < 1e-6);
    sg_run_destroy(info);
    /* Written in another order, as by a copy: nothing is taken off. */
    info = far_as("running", 0, now - 900, now - 1000);
    ck_assert(info->seconds == 0.5);
    sg_run_destroy(info);
    info = far_as("finished", getpid(), now - 1000, now - 900);
    ck_assert_int_eq(info->step, 1);
    ck_assert(info->seconds == 0.5);
    sg_run_destroy(info);
    scratch_leave();
}
END_TEST

START_TEST(refuses_what_is_damaged) {
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "`./run.json`: bad JSON at byte 0: the text ends here, expected a value"},
        {"{\"state\": \"runn", "`./run.json`: bad JSON at byte 10: the string does not end"},
        {"[]", "`./run.json`: it does not say `state`"},
        {"{\"state\": \"resting\", \"started\": \"x\", \"seconds\": 1, \"step\": 1, \"steps\": 1}",
         "`./run.json`: it does not say `state`"},
        {"{\"state\": \"finished\", \"seconds\": 1, \"step\": 1, \"steps\": 1}",
         "`./run.json`: it does not say `started`"},
        {"{\"state\": \"finished\", \"started\": \"x\", \"seconds\": \"1\", \"step\": 1, \"steps\": 1}",
         "`./run.json`: it does not say `seconds`"},
        {"{\"state\": \"finished\", \"started\": \"x\", \"seconds\": 1, \"step\": 1.5, \"steps\": 1}",
         "`./run.json`: it does not say `step`"},
        {"{\"state\": \"finished\", \"started\": \"x\", \"seconds\": 1, \"step\": 1}",
         "`./run.json`: it does not say `steps`"},
    };
    scratch_enter();
    sg_run *info;
    sg_error error;
    ck_assert_int_eq(sg_run_load(&info, ".", &error), SG_IO_ERROR);
    ck_assert_str_eq(error.message, "cannot read `./run.json`: No such file or directory");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(bad[i].text);
        sg_status status = sg_run_load(&info, ".", &error);
        ck_assert_int_eq(status, SG_BAD_DATA);
        ck_assert_ptr_null(info);
        ck_assert_str_eq(error.message, bad[i].message);
    }
    /* Of what is not needed, other kinds count as not there; a record that is being written is left out. */
    write_file("{\"state\": \"finished\", \"started\": \"x\", \"seconds\": 1, \"step\": 1, \"steps\": 1,"
               " \"command\": 3, \"set\": [1, \"a\"], \"threads\": -1, \"best\": [], \"cpu\": {}}");
    const char *records = "{\"step\": 1, \"loss\": null, \"values\": {\"a\": 2, \"b\": null}}\n"
                          "{\"step\": 2, \"loss\": 3, \"values\": {\"a\": 1}}\nnonsense\n{\"step\": 3, \"lo";
    scratch_write("metrics.jsonl", records, strlen(records));
    ck_assert_int_eq(sg_run_load(&info, ".", &error), SG_OK);
    ck_assert_ptr_null(info->command);
    ck_assert_int_eq(info->set_count, 1);
    ck_assert_int_eq(info->threads, 0);
    ck_assert_ptr_null(info->cpu);
    ck_assert_ptr_null(info->best);
    ck_assert_int_eq(info->records, 2);
    ck_assert(info->loss == 3);
    ck_assert_int_eq(info->value_count, 2);
    const sg_run_value *value = sg_run_main_value(info);
    ck_assert(value->last == 1 && value->lowest == 1 && value->highest == 2 && value->highest_step == 1);
    ck_assert_int_eq(info->values[1].last_step, -1);
    sg_run_destroy(info);
    scratch_leave();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        tells_while_it_runs,     is_read, goes_on, says_why_it_failed, knows_the_dead, knows_how_far,
        refuses_what_is_damaged, NULL};
    return unit_run(unit_suite("run_file", tests));
}
