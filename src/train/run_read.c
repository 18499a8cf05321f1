/* Reading what the directory of a run says: run.json, and the records of metrics.jsonl. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/numeric.h"
#include "format/json.h"
#include "simgraph/file.h"
#include "train/metrics.h"
#include "train/run_file.h"

enum { FILE_LIMIT = 1 << 26, MOST_VALUES = 256 };

/* The run lies in its own memory. */
typedef struct loaded {
    sg_run run;
    sg_bump *memory;
    sg_run_value *values; /* of the run, with room for MOST_VALUES */
    double written;       /* when run.json was, in seconds since 1970 */
    double timed, taken;  /* updates of which a speed is known, and as many as long as they took at it */
    int64_t last;         /* step of the record before; 0: none */
} loaded;

static const char *const states[] = {"running", "finished", "interrupted", "failed", "stopped"};

const char *sg_run_state_name(sg_run_state state) {
    return states[state];
}

void sg_run_destroy(sg_run *run) {
    if (run) sg_bump_destroy(((loaded *)run)->memory);
}

/* ---- whether its process lives ---- */

/* Seconds since 1970 of "2026-11-26T21:10:05Z"; -1 where it is no such text. */
static double seconds_of(const char *text) {
    struct tm parts = {0};
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts) : NULL;
    return end && !*end ? (double)timegm(&parts) : -1;
}

/* When a process was started, in seconds since 1970; -1 where the system does not tell. `ended`: it has, and
 * only waits for whoever started it to take notice. */
static double process_start(int64_t pid, bool *ended) {
    char path[64], text[1024];
    double ticks = -1, boot = -1;
    *ended = false;
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "re");
    if (file && fgets(text, sizeof text, file)) {
        const char *at = strrchr(text, ')'); /* behind the name, which may hold anything */
        *ended = at && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0);
        for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
        if (at) ticks = sg_strtod(at, NULL);
    }
    if (file) fclose(file);
    file = fopen("/proc/stat", "re");
    while (file && fgets(text, sizeof text, file))
        if (strncmp(text, "btime ", 6) == 0) boot = sg_strtod(text + 6, NULL);
    if (file) fclose(file);
    return ticks < 0 || boot < 0 ? -1 : boot + ticks / (double)sysconf(_SC_CLK_TCK);
}

bool sg_run_is_here(const sg_run *run) {
    struct utsname system;
    return run->machine && uname(&system) == 0 && strcmp(run->machine, system.nodename) == 0;
}

/* Numbers of processes are given anew: one that began after the run is another. Those of another machine,
 * with which a directory is shared, say nothing: it is believed. */
static bool lives(const sg_run *run) {
    const double slack = 5; /* of clocks that are set */
    if (run->machine && !sg_run_is_here(run)) return true;
    if (run->pid < 1 || (kill((pid_t)run->pid, 0) != 0 && errno != EPERM)) return false;
    bool ended;
    double began = seconds_of(run->resumed ? run->resumed : run->started),
           born = process_start(run->pid, &ended);
    return !ended && (began < 0 || born < 0 || born <= began + slack);
}

/* ---- run.json ---- */

static const char *const *read_texts(loaded *l, const sg_json *list, int *count) {
    if (!list || list->kind != SG_JSON_ARRAY) return NULL;
    const char **texts = sg_bump_array(l->memory, (size_t)list->count + 1, sizeof *texts);
    for (const sg_json *entry = list->first; texts && entry; entry = entry->next)
        if (sg_json_string(entry)) texts[(*count)++] = entry->string;
    return texts;
}

static bool read_state(sg_run *run, const char *name) {
    for (size_t i = 0; name && i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i], name) == 0) {
            run->state = (sg_run_state)i;
            return true;
        }
    return false;
}

static const char *read_members(loaded *l, const sg_json *json) {
    sg_run *run = &l->run;
    const struct {
        const char *key, **to;
    } texts[] = {{"graph", &run->graph},         {"variant", &run->variant},
                 {"started", &run->started},     {"resumed", &run->resumed},
                 {"ended", &run->ended},         {"error", &run->error},
                 {"simgraph", &run->simgraph},   {"cpu", &run->cpu},
                 {"kernels", &run->kernels},     {"products", &run->products},
                 {"precision", &run->precision}, {"openblas", &run->openblas},
                 {"host", &run->host},           {"machine", &run->machine}};
    const struct {
        const char *key;
        int64_t *to;
    } numbers[] = {{"pid", &run->pid}, {"parameters", &run->parameters}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i].to = sg_json_string(sg_json_member(json, texts[i].key));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sg_json_integer(sg_json_member(json, numbers[i].key), numbers[i].to);
    int64_t threads = 0;
    if (sg_json_integer(sg_json_member(json, "threads"), &threads) && threads > 0 && threads < 1 << 20)
        run->threads = (int)threads;
    run->command = read_texts(l, sg_json_member(json, "command"), &run->command_count);
    run->set = read_texts(l, sg_json_member(json, "set"), &run->set_count);
    const sg_json *best = sg_json_member(json, "best");
    const char *keep = sg_json_string(sg_json_member(best, "keep"));
    run->best = sg_json_string(sg_json_member(best, "of"));
    run->best_is_highest = keep && strcmp(keep, "highest") == 0;
    if (!read_state(run, sg_json_string(sg_json_member(json, "state")))) return "state";
    if (!run->started) return "started";
    if (!sg_json_number(sg_json_member(json, "seconds"), &run->seconds)) return "seconds";
    if (!sg_json_integer(sg_json_member(json, "step"), &run->step)) return "step";
    return sg_json_integer(sg_json_member(json, "steps"), &run->steps) ? NULL : "steps";
}

static sg_status read_file(loaded *l, const char *path, sg_error *error) {
    char *text = NULL;
    size_t bytes;
    const sg_json *json;
    sg_status status = sg_file_load(path, FILE_LIMIT, &text, &bytes, error);
    if (status != SG_OK) return status;
    status = sg_json_read(&json, l->memory, text, bytes, error);
    if (status == SG_OK) {
        const char *missing = read_members(l, json);
        if (missing) status = sg_fail(error, SG_BAD_DATA, "it does not say `%s`", missing);
    }
    free(text);
    if (status != SG_OK) sg_fail_prefix(error, "`%s`", path);
    return status;
}

/* When a file was written last, in seconds since 1970; -1 where there is none. */
static double written(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_mtim.tv_sec + 1e-9 * (double)info.st_mtim.tv_nsec : -1;
}

static double clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static sg_status load(loaded **out, const char *directory, sg_error *error) {
    sg_bump *memory = sg_bump_create();
    loaded *l = memory ? sg_bump_alloc(memory, sizeof *l) : NULL;
    sg_text path = {0};
    sg_text_printf(&path, "%s/run.json", directory);
    sg_status status = SG_OK;
    if (!l || path.failed)
        status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    else {
        *l = (loaded){.run = {.loss = NAN, .images_per_second = NAN, .peak_memory = NAN}, .memory = memory};
        l->written = written(sg_text_get(&path));
        status = read_file(l, sg_text_get(&path), error);
    }
    sg_text_finish(&path);
    if (status == SG_OK && l->run.state == SG_RUN_RUNNING && !lives(&l->run)) l->run.state = SG_RUN_STOPPED;
    if (status != SG_OK) {
        sg_bump_destroy(memory);
        l = NULL;
    }
    *out = l;
    return status;
}

sg_status sg_run_load_file(sg_run **out, const char *directory, sg_error *error) {
    loaded *l;
    sg_status status = load(&l, directory, error);
    *out = l ? &l->run : NULL;
    return status;
}

/* ---- records ---- */

static sg_run_value *find_value(loaded *l, const char *name) {
    for (int i = 0; i < l->run.value_count; i++)
        if (strcmp(l->values[i].name, name) == 0) return &l->values[i];
    if (!l->values) l->values = sg_bump_array(l->memory, MOST_VALUES, sizeof *l->values);
    if (!l->values || l->run.value_count == MOST_VALUES) return NULL;
    sg_run_value *value = &l->values[l->run.value_count];
    *value = (sg_run_value){.name = sg_bump_text(l->memory, name),
                            .last = NAN,
                            .lowest = NAN,
                            .highest = NAN,
                            .last_step = -1,
                            .lowest_step = -1,
                            .highest_step = -1};
    l->run.values = l->values;
    if (value->name) l->run.value_count++;
    return value->name ? value : NULL;
}

static void take_value(sg_run_value *value, double number, int64_t step) {
    value->last = number;
    value->last_step = step;
    if (value->lowest_step < 0 || number < value->lowest) value->lowest = number, value->lowest_step = step;
    if (value->highest_step < 0 || number > value->highest)
        value->highest = number, value->highest_step = step;
}

/* A record tells the speed since the one before. */
static void take_speed(loaded *l, int64_t step, double speed) {
    double updates = (double)step - (double)l->last;
    if (updates > 0 && speed > 0) {
        l->timed += updates;
        l->taken += updates / speed;
        l->run.images_per_second = l->timed / l->taken;
    }
    l->last = step;
}

static sg_status take_record(void *data, const sg_json *record, sg_error *error) {
    loaded *l = data;
    int64_t step;
    double number;
    if (!sg_json_integer(sg_json_member(record, "step"), &step)) return SG_OK;
    l->run.records++;
    l->run.loss = sg_json_number(sg_json_member(record, "loss"), &number) ? number : NAN;
    take_speed(l, step, sg_json_number(sg_json_member(record, "images_per_second"), &number) ? number : NAN);
    if (sg_json_number(sg_json_member(record, "peak_memory"), &number) && !(number <= l->run.peak_memory))
        l->run.peak_memory = number;
    const sg_json *values = sg_json_member(record, "values");
    for (const sg_json *v = values && values->kind == SG_JSON_OBJECT ? values->first : NULL; v; v = v->next) {
        sg_run_value *value = find_value(l, v->key);
        if (!value && l->run.value_count < MOST_VALUES)
            return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        if (value && sg_json_number(v, &number)) take_value(value, number, step);
    }
    return SG_OK;
}

/* run.json is written at evaluations and saves, records more often: while a run goes on, and where it ended
 * without a word, they know better how far it came. */
static void bring_up(loaded *l, const char *records) {
    sg_run *run = &l->run;
    if (run->state != SG_RUN_RUNNING && run->state != SG_RUN_STOPPED) return;
    double since = (run->state == SG_RUN_RUNNING ? clock_now() : written(records)) - l->written;
    if (since > 0) run->seconds += since;
    if (l->last > run->step) run->step = l->last;
}

sg_status sg_run_load(sg_run **out, const char *directory, sg_error *error) {
    loaded *l;
    *out = NULL;
    sg_status status = load(&l, directory, error);
    if (status != SG_OK) return status;
    sg_text path = {0};
    sg_text_printf(&path, "%s/metrics.jsonl", directory);
    status = path.failed ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory")
             : access(sg_text_get(&path), F_OK) == 0
                 ? sg_metrics_read(sg_text_get(&path), take_record, l, error)
                 : SG_OK;
    if (status == SG_OK) bring_up(l, sg_text_get(&path));
    sg_text_finish(&path);
    if (status == SG_OK)
        *out = &l->run;
    else
        sg_run_destroy(&l->run);
    return status;
}

const sg_run_value *sg_run_main_value(const sg_run *run) {
    for (int i = 0; run->best && i < run->value_count; i++)
        if (strcmp(run->values[i].name, run->best) == 0) return &run->values[i];
    return run->value_count ? &run->values[0] : NULL;
}
