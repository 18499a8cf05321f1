/* A comparison as a table and as JSON. */
#include <math.h>
#include <string.h>

#include "compare.h"
#include "screen_line.h"

enum { WIDEST = 40 }; /* columns of a cell on a terminal */

static const char none[] = "-";

/* ---- rows ---- */

static const json_t *names_of(const cli_run *run) {
    return json_object_get(json_object_get(run->json, "evaluations"), "names");
}

/* The index of a value among those of a run, or -1. */
static int find_value(const cli_run *run, const char *name) {
    const json_t *each;
    size_t i;
    json_array_foreach(names_of(run), i, each) if (strcmp(json_string_value(each), name) == 0) return (int)i;
    return -1;
}

typedef const char *cell_function(const cli_comparison *c, int run, const char *name,
                                  char buffer[CLI_NUMBER]);

static void add_row(json_t *table, const cli_comparison *c, const char *label, cell_function *cell,
                    const char *name) {
    json_t *row = json_array();
    char buffer[CLI_NUMBER];
    bool any = false;
    json_array_append_new(row, json_string(label));
    for (int i = 0; i < c->count; i++) {
        const char *text = cell(c, i, name, buffer);
        any = any || text;
        json_array_append_new(row, json_string(text ? text : none));
    }
    if (any) json_array_append(table, row);
    json_decref(row);
}

static const char *put_number(double number, char buffer[CLI_NUMBER]) {
    if (!isfinite(number)) return NULL;
    snprintf(buffer, CLI_NUMBER, "%.5g", number);
    return buffer;
}

static const char *state_cell(const cli_comparison *c, int i, const char *name, char buffer[CLI_NUMBER]) {
    (void)name, (void)buffer;
    return c->run[i].run ? sg_run_state_name(c->run[i].run->state) : NULL;
}

static const char *steps_cell(const cli_comparison *c, int i, const char *name, char buffer[CLI_NUMBER]) {
    (void)name;
    int64_t steps = cli_run_steps(&c->run[i]);
    return steps < 0 ? NULL : cli_thousands(steps, buffer);
}

static const char *column_cell(const cli_comparison *c, int i, const char *name, char buffer[CLI_NUMBER]) {
    return put_number(cli_run_last(&c->run[i], "columns", name), buffer);
}

static double last_value(const cli_run *run, const char *name) {
    char column[24];
    int value = find_value(run, name);
    snprintf(column, sizeof column, "v%d", value);
    return value < 0 ? NAN : cli_run_last(run, "evaluations", column);
}

static const char *last_cell(const cli_comparison *c, int i, const char *name, char buffer[CLI_NUMBER]) {
    return put_number(last_value(&c->run[i], name), buffer);
}

static const char *best_cell(const cli_comparison *c, int i, const char *name, char buffer[CLI_NUMBER]) {
    int value = find_value(&c->run[i], name);
    return value < 0 ? NULL : put_number(cli_run_best(&c->run[i], value), buffer);
}

static const char *time_cell(const cli_comparison *c, int i, const char *name, char buffer[CLI_NUMBER]) {
    (void)name;
    const sg_run *run = c->run[i].run;
    return run && run->seconds > 0 ? cli_duration(run->seconds, buffer) : NULL;
}

static const char *rate_cell(const cli_comparison *c, int i, const char *name, char buffer[CLI_NUMBER]) {
    (void)name;
    double rate = c->run[i].run ? c->run[i].run->images_per_second : NAN;
    return isfinite(rate) ? cli_rate(rate, buffer) : NULL;
}

static const char *memory_cell(const cli_comparison *c, int i, const char *name, char buffer[CLI_NUMBER]) {
    (void)name;
    double bytes = c->run[i].run ? c->run[i].run->peak_memory : NAN;
    return cli_whole(bytes) >= 0 ? cli_bytes(bytes, buffer) : NULL;
}

static const char *parameters_cell(const cli_comparison *c, int i, const char *name,
                                   char buffer[CLI_NUMBER]) {
    (void)name;
    return c->parameters[i] ? cli_thousands(c->parameters[i], buffer) : NULL;
}

/* Whether more is better of this value, as the first run that compares its evaluations by it says. */
static bool is_highest(const cli_comparison *c, const char *name) {
    for (int i = 0; i < c->count; i++) {
        const char *best = json_string_value(json_object_get(c->run[i].json, "best"));
        if (best && strcmp(best, name) == 0) return json_is_true(json_object_get(c->run[i].json, "highest"));
    }
    return false;
}

/* Whether an earlier evaluation of any run was better than its last one. */
static bool is_ever_better(const cli_comparison *c, const char *name) {
    for (int i = 0; i < c->count; i++) {
        int value = find_value(&c->run[i], name);
        if (value >= 0 && cli_run_best(&c->run[i], value) != last_value(&c->run[i], name)) return true;
    }
    return false;
}

/* Of all runs, each once, in their order. */
static void add_values(json_t *table, const cli_comparison *c) {
    for (int i = 0; i < c->count; i++) {
        const json_t *each;
        size_t k;
        json_array_foreach(names_of(&c->run[i]), k, each) {
            const char *name = json_string_value(each);
            bool known = false;
            for (int before = 0; before < i; before++)
                known = known || find_value(&c->run[before], name) >= 0;
            if (known) continue;
            add_row(table, c, name, last_cell, name);
            if (!is_ever_better(c, name)) continue;
            json_t *label = json_sprintf("%s, %s", name, is_highest(c, name) ? "highest" : "lowest");
            add_row(table, c, json_string_value(label), best_cell, name);
            json_decref(label);
        }
    }
}

/* ---- what differs ---- */

static const json_t *find_path(const json_t *list, const char *path) {
    const json_t *each;
    size_t i;
    json_array_foreach(list, i, each) if (strcmp(json_string_value(json_object_get(each, "path")), path) ==
                                          0) return each;
    return NULL;
}

/* Whether what stands at `path` of a file is `$name` or `$(name)` alone. */
static bool is_written(const sg_document *text, const char *path, const char *name) {
    const sg_tree *tree = text ? sg_document_tree(text) : NULL;
    char key[256];
    for (; *path; path += strcspn(path, "."), path += *path == '.') {
        snprintf(key, sizeof key, "%.*s", (int)strcspn(path, "."), path);
        tree = sg_tree_find(tree, key);
    }
    const char *found = sg_tree_text(tree);
    snprintf(key, sizeof key, "$(%s)", name);
    return found && found[0] == '$' && (strcmp(found + 1, name) == 0 || strcmp(found, key) == 0);
}

/* "data.train.count" of a graph where that is `$images`, or "train.epochs" of one with an argument `epochs`,
 * with the same values: the row of the argument tells it already. Rows of arguments begin at `first`. */
static bool is_told(const cli_comparison *c, const json_t *table, size_t first, const json_t *row) {
    const char *path = json_string_value(json_array_get(row, 0)), *dot = path ? strrchr(path, '.') : NULL;
    for (size_t r = first; dot && r < json_array_size(table); r++) {
        const json_t *argument = json_array_get(table, r);
        const char *name = json_string_value(json_array_get(argument, 0));
        bool same = strcmp(name, dot + 1) == 0 || is_written(c->text, path, name);
        for (size_t i = 1; same && i < json_array_size(row); i++)
            same = json_equal(json_array_get(argument, i), json_array_get(row, i));
        if (same) return true;
    }
    return false;
}

/* The first run's value is told by whichever other one has another. */
static void add_key(json_t *table, size_t begin, const cli_comparison *c, const char *part,
                    const json_t *found) {
    const char *path = json_string_value(json_object_get(found, "path"));
    const char *first = json_string_value(json_object_get(found, "before"));
    json_t *row = json_array();
    json_array_append_new(row, json_string(path));
    json_array_append_new(row, json_string(first ? first : none));
    for (int i = 1; i < c->count; i++) {
        const json_t *pair = json_array_get(c->differences, (size_t)i - 1);
        const json_t *own = find_path(json_object_get(pair, part), path);
        const char *text = own ? json_string_value(json_object_get(own, "after")) : first;
        json_array_append_new(row, json_string(text && json_object_get(pair, part) ? text : none));
    }
    if (!is_told(c, table, begin, row)) json_array_append(table, row);
    json_decref(row);
}

static void add_differences(json_t *table, const cli_comparison *c) {
    static const char *const parts[] = {"arguments", "sections"};
    size_t begin = json_array_size(table);
    for (int part = 0; part < 2; part++) {
        json_t *told = json_object(), *pair, *each;
        size_t i, k;
        json_array_foreach(c->differences, i, pair)
            json_array_foreach(json_object_get(pair, parts[part]), k, each) {
            const char *path = json_string_value(json_object_get(each, "path"));
            if (json_object_get(told, path)) continue;
            json_object_set_new(told, path, json_true());
            add_key(table, begin, c, parts[part], each);
        }
        json_decref(told);
    }
}

json_t *cli_compare_table(const cli_comparison *c) {
    json_t *table = json_array();
    add_row(table, c, "state", state_cell, NULL);
    add_row(table, c, "steps", steps_cell, NULL);
    add_row(table, c, "loss", column_cell, "loss");
    add_values(table, c);
    add_row(table, c, "time", time_cell, NULL);
    add_row(table, c, "images a second", rate_cell, NULL);
    add_row(table, c, "memory at most", memory_cell, NULL);
    add_row(table, c, "parameters", parameters_cell, NULL);
    add_differences(table, c);
    return table;
}

/* ---- on a terminal ---- */

/* Gives the columns that it takes. */
static int print_cell(const json_t *cell, FILE *to) {
    char text[8 * WIDEST];
    const char *whole = json_string_value(cell);
    int columns = cli_cell(text, sizeof text, whole ? whole : none, WIDEST);
    if (to) fputs(text, to);
    return columns;
}

static void print_row(const cli_comparison *c, const json_t *row, const int *width) {
    for (int i = 0; i <= c->count; i++) {
        int columns = print_cell(json_array_get(row, (size_t)i), stdout);
        if (i < c->count) printf("%*s", width[i] - columns + 2, "");
    }
    putchar('\n');
}

void cli_compare_print(const cli_comparison *c, const json_t *table) {
    int width[CLI_MAX_ARGS + 1] = {0};
    json_t *head = json_array();
    const json_t *row;
    size_t r;
    json_array_append_new(head, json_string(""));
    for (int i = 0; i < c->count; i++) json_array_append(head, json_object_get(c->run[i].json, "name"));
    for (int i = 0; i <= c->count; i++) {
        width[i] = print_cell(json_array_get(head, (size_t)i), NULL);
        json_array_foreach(table, r, row) {
            int columns = print_cell(json_array_get(row, (size_t)i), NULL);
            width[i] = columns > width[i] ? columns : width[i];
        }
    }
    print_row(c, head, width);
    json_array_foreach(table, r, row) print_row(c, row, width);
    json_decref(head);
}

/* ---- JSON ---- */

static json_t *held_out_json(const cli_run *run) {
    json_t *all = json_object();
    const json_t *each;
    size_t i;
    json_array_foreach(names_of(run), i, each) {
        const char *name = json_string_value(each);
        json_object_set_new(all, name,
                            json_pack("{s:o, s:o}", "last", cli_json_number(last_value(run, name)), "best",
                                      cli_json_number(cli_run_best(run, (int)i))));
    }
    return all;
}

static json_t *whole_json(double number) {
    int64_t whole = cli_whole(number);
    return whole >= 0 ? json_integer(whole) : json_null();
}

static json_t *run_json(const cli_comparison *c, int i) {
    const cli_run *run = &c->run[i];
    int64_t steps = cli_run_steps(run);
    json_t *object = json_pack("{s:O, s:O}", "run", json_object_get(run->json, "name"), "state",
                               json_object_get(run->json, "state"));
    json_object_set_new(object, "step", steps < 0 ? json_null() : json_integer(steps));
    json_object_set_new(object, "steps", run->run ? json_integer(run->run->steps) : json_null());
    json_object_set_new(object, "loss", cli_json_number(cli_run_last(run, "columns", "loss")));
    json_object_set_new(object, "held_out", held_out_json(run));
    json_object_set_new(object, "seconds", run->run ? cli_json_number(run->run->seconds) : json_null());
    json_object_set_new(object, "images_per_second",
                        cli_json_number(run->run ? run->run->images_per_second : NAN));
    json_object_set_new(object, "peak_memory", whole_json(run->run ? run->run->peak_memory : NAN));
    json_object_set_new(object, "parameters",
                        c->parameters[i] ? json_integer(c->parameters[i]) : json_null());
    return object;
}

int cli_compare_json(const cli_comparison *c) {
    json_t *runs = json_array();
    for (int i = 0; i < c->count; i++) json_array_append_new(runs, run_json(c, i));
    return cli_json_print(json_pack("{s:o, s:O}", "runs", runs, "differences", c->differences));
}
