/* simgraph runs: which runs there are, and how far they came. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document.h"
#include "json.h"
#include "screen_line.h"
#include "simgraph/run.h"
#include "verbs.h"

typedef struct entry {
    char *name, *path;
    sg_run *run;
} entry;

typedef struct listing {
    int count, room;
    entry *entries;
} listing;

/* ---- finding them ---- */

static bool grow(listing *l) {
    if (l->count < l->room) return true;
    int room = l->room ? 2 * l->room : 32;
    entry *more = realloc(l->entries, sizeof *more * (size_t)room);
    if (!more) return false;
    l->entries = more;
    l->room = room;
    return true;
}

/* What cannot be read as a run is told, and left out. */
static int add(listing *l, const char *name, const char *path) {
    sg_error error;
    if (!grow(l)) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    entry *e = &l->entries[l->count];
    *e = (entry){.name = strdup(name), .path = strdup(path)};
    sg_status status = e->name && e->path ? sg_run_load(&e->run, path, &error)
                                          : sg_fail(&error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK) {
        l->count++;
        return SG_OK;
    }
    free(e->name);
    free(e->path);
    if (status == SG_OUT_OF_MEMORY) return cli_fail_with(&error);
    char file[4096];
    snprintf(file, sizeof file, "%s/run.json", path);
    if (access(file, F_OK) == 0)
        cli_warn("%s", error.message);
    else
        cli_warn("%s is no run of this version: it has no run.json", path);
    return SG_OK;
}

static int is_directory(const struct dirent *candidate) {
    return candidate->d_name[0] != '.';
}

static int find(listing *l, const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", directory);
    if (access(path, F_OK) == 0) return add(l, directory, directory);
    struct dirent **names;
    int count = scandir(directory, &names, is_directory, alphasort), code = SG_OK;
    if (count < 0 && errno == ENOTDIR)
        return cli_fail(SG_BAD_USAGE, "%s is a file: give a directory of runs", directory);
    if (count < 0)
        return errno == ENOENT && strcmp(directory, "runs") == 0
                   ? SG_OK
                   : cli_fail(SG_IO_ERROR, "cannot read the directory %s: %s", directory, strerror(errno));
    for (int i = 0; i < count; i++) {
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", directory, names[i]->d_name);
        if (code == SG_OK && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            code = add(l, names[i]->d_name, path);
        free(names[i]);
    }
    free(names);
    return code;
}

static void finish(listing *l) {
    for (int i = 0; i < l->count; i++) {
        free(l->entries[i].name);
        free(l->entries[i].path);
        sg_run_destroy(l->entries[i].run);
    }
    free(l->entries);
}

/* ---- their order ---- */

/* The best held-out value, or the last where the run does not say what is better. */
static bool knows_best(const sg_run *run) {
    const sg_run_value *value = sg_run_main_value(run);
    return value && run->best && strcmp(value->name, run->best) == 0;
}

static double value_of(const sg_run *run, int64_t *step) {
    const sg_run_value *value = sg_run_main_value(run);
    bool known = knows_best(run);
    *step = -1;
    if (!value) return NAN;
    *step = !known ? value->last_step : run->best_is_highest ? value->highest_step : value->lowest_step;
    return !known ? value->last : run->best_is_highest ? value->highest : value->lowest;
}

static int compare_numbers(double x, double y) {
    if (isnan(x) || isnan(y)) return isnan(x) - isnan(y);
    return (x > y) - (x < y);
}

static int by_start(const void *a, const void *b) {
    const entry *x = a, *y = b;
    int order = strcmp(x->run->started, y->run->started);
    return order ? order : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static int by_state(const void *a, const void *b) {
    int order = (int)((const entry *)a)->run->state - (int)((const entry *)b)->run->state;
    return order ? order : by_start(a, b);
}

static int by_loss(const void *a, const void *b) {
    int order = compare_numbers(((const entry *)a)->run->loss, ((const entry *)b)->run->loss);
    return order ? order : by_start(a, b);
}

static int by_value(const void *a, const void *b) {
    int64_t step;
    int order =
        compare_numbers(value_of(((const entry *)a)->run, &step), value_of(((const entry *)b)->run, &step));
    return order ? order : by_start(a, b);
}

static int by_time(const void *a, const void *b) {
    int order = compare_numbers(((const entry *)a)->run->seconds, ((const entry *)b)->run->seconds);
    return order ? order : by_start(a, b);
}

static const struct {
    const char *name;
    int (*compare)(const void *a, const void *b);
} orders[] = {{"started", by_start}, {"name", by_name},   {"state", by_state},
              {"loss", by_loss},     {"value", by_value}, {"time", by_time}};

static void sort(listing *l, const char *order) {
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (l->count && strcmp(orders[i].name, order) == 0)
            qsort(l->entries, (size_t)l->count, sizeof *l->entries, orders[i].compare);
}

/* ---- showing them ---- */

enum { COLUMNS = 8, CELL = 160 };

/* Names may hold anything. */
static void put_text(char cell[CELL], const char *text) {
    cli_cell(cell, CELL, text, CELL);
}

static void put_graph(char cell[CELL], const sg_run *run) {
    char text[2 * CELL];
    snprintf(text, sizeof text, "%s%s%s", run->graph ? run->graph : "-", run->variant ? "@" : "",
             run->variant ? run->variant : "");
    put_text(cell, text);
}

static void fill_row(char row[COLUMNS][CELL], const entry *e) {
    const sg_run *run = e->run;
    const sg_run_value *value = sg_run_main_value(run);
    char a[CLI_NUMBER], b[CLI_NUMBER], name[100], started[20];
    int64_t step;
    double number = value_of(run, &step);
    put_text(row[0], e->name);
    snprintf(row[1], CELL, "%s", sg_run_state_name(run->state));
    put_graph(row[2], run);
    snprintf(row[3], CELL, "%s of %s", cli_thousands(run->step, a), cli_thousands(run->steps, b));
    snprintf(row[4], CELL, isnan(run->loss) ? "-" : "%.4f", run->loss);
    if (value) cli_cell(name, sizeof name, value->name, CELL);
    if (!value || isnan(number))
        snprintf(row[5], CELL, "-");
    else if (knows_best(run))
        snprintf(row[5], CELL, "%s %.4f at step %s", name, number, cli_thousands(step, a));
    else
        snprintf(row[5], CELL, "%s %.4f (last)", name, number);
    snprintf(row[6], CELL, "%s", cli_duration(run->seconds, a));
    snprintf(started, sizeof started, "%.10s %.5s", run->started,
             strlen(run->started) > 11 ? run->started + 11 : "");
    put_text(row[7], started);
}

static int print_table(const listing *l) {
    static const char *const titles[COLUMNS] = {"run",  "state",         "graph", "step",
                                                "loss", "best held out", "time",  "started (UTC)"};
    char(*rows)[COLUMNS][CELL] = calloc((size_t)l->count + 1, sizeof *rows);
    int widths[COLUMNS] = {0};
    if (!rows) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    for (int c = 0; c < COLUMNS; c++) snprintf(rows[0][c], CELL, "%s", titles[c]);
    for (int i = 0; i < l->count; i++) fill_row(rows[i + 1], &l->entries[i]);
    for (int i = 0; i <= l->count; i++)
        for (int c = 0; c < COLUMNS; c++) {
            int width = cli_columns(rows[i][c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    for (int i = 0; i <= l->count; i++)
        for (int c = 0; c < COLUMNS; c++) {
            int space = c + 1 < COLUMNS ? widths[c] - cli_columns(rows[i][c]) + 2 : 0;
            printf("%s%*s%s", rows[i][c], space, "", c + 1 < COLUMNS ? "" : "\n");
        }
    free(rows);
    return SG_OK;
}

static json_t *step_json(int64_t step) {
    return step < 0 ? json_null() : json_integer(step);
}

static json_t *value_json(const sg_run_value *v) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "last", cli_json_number(v->last), "last_step",
                     step_json(v->last_step), "lowest", cli_json_number(v->lowest), "lowest_step",
                     step_json(v->lowest_step), "highest", cli_json_number(v->highest), "highest_step",
                     step_json(v->highest_step));
}

static json_t *run_json(const entry *e) {
    const sg_run *run = e->run;
    json_t *values = json_object(), *set = json_array();
    for (int i = 0; i < run->value_count; i++)
        json_object_set_new(values, run->values[i].name, value_json(&run->values[i]));
    for (int i = 0; i < run->set_count; i++) json_array_append_new(set, cli_json_text(run->set[i]));
    int64_t step;
    double best = value_of(run, &step);
    const sg_run_value *value = sg_run_main_value(run);
    json_t *all = json_object();
    const struct {
        const char *key;
        json_t *value;
    } members[] = {{"run", cli_json_text(e->name)},
                   {"directory", cli_json_text(e->path)},
                   {"state", json_string(sg_run_state_name(run->state))},
                   {"graph", cli_json_text(run->graph)},
                   {"variant", cli_json_text(run->variant)},
                   {"set", set},
                   {"step", json_integer(run->step)},
                   {"steps", json_integer(run->steps)},
                   {"loss", cli_json_number(run->loss)},
                   {"best", value ? json_pack("{s:o, s:o, s:o}", "value", cli_json_text(value->name),
                                              "number", cli_json_number(best), "step", step_json(step))
                                  : json_null()},
                   {"values", values},
                   {"images_per_second", cli_json_number(run->images_per_second)},
                   {"parameters", json_integer(run->parameters)},
                   {"seconds", cli_json_number(run->seconds)},
                   {"started", cli_json_text(run->started)},
                   {"ended", cli_json_text(run->ended)},
                   {"error", cli_json_text(run->error)}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set_new(all, members[i].key, members[i].value);
    return all;
}

static int print_json(const listing *l) {
    json_t *all = json_array();
    for (int i = 0; i < l->count; i++) json_array_append_new(all, run_json(&l->entries[i]));
    return cli_json_print(all);
}

static int run(const cli_args *args) {
    listing l = {0};
    const char *directory = args->count ? args->arg[0] : "runs", *order = cli_text(args, "sort");
    int code = find(&l, directory);
    sort(&l, order ? order : "started");
    if (code == SG_OK && cli_flag(args, "json"))
        code = print_json(&l);
    else if (code == SG_OK && l.count)
        code = print_table(&l);
    else if (code == SG_OK) {
        printf("there is no run in %s; to start one:\n  simgraph run GRAPH", directory);
        if (args->count) printf(" --out %s/NAME", directory);
        putchar('\n');
    }
    finish(&l);
    return code;
}

static const cli_option options[] = {
    {.name = "sort",
     .letter = 's',
     .type = CLI_TEXT,
     .value = "KEY",
     .one_of = "started name state loss value time",
     .doc = "started (the default, newest last), name, state, loss, value\n(the best held-out one) or time"},
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_runs = {
    .name = "runs",
    .doc = "list runs: their state, how far they came, their losses",
    .examples = "simgraph runs\n"
                "simgraph runs runs --sort value",
    .usage = "[DIR] [options]",
    .more =
        "DIR (runs, unless given) holds directories of runs, or is one itself. A run is running, finished,\n"
        "interrupted (it was asked to stop), failed, or stopped: its process ended without a word.",
    .max_args = 1,
    .options = options,
    .run = run,
};
