/* metrics.jsonl as columns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "simgraph/file.h"

enum { MOST_BYTES = 1 << 28 };

/* Lines that cannot be read are left out: one may be being written. So are records of steps that were made
 * twice. */
static json_t *read_lines(const char *text) {
    json_t *records = json_array();
    double last = -1;
    while (*text) {
        size_t length = strcspn(text, "\n");
        json_t *record = json_loadb(text, length, 0, NULL), *step = json_object_get(record, "step");
        if (json_is_number(step) && json_number_value(step) > last) {
            last = json_number_value(step);
            json_array_append(records, record);
        }
        json_decref(record);
        text += length + (text[length] != 0);
    }
    return records;
}

static void append(json_t *lists, const char *column, json_t *value) {
    json_array_append_new(json_object_get(lists, column),
                          json_is_number(value) ? json_incref(value) : json_null());
}

static json_t *with_columns(const char *const *names) {
    json_t *lists = json_object();
    for (; *names; names++) json_object_set_new(lists, *names, json_array());
    return lists;
}

static json_t *read_columns(const json_t *records) {
    static const char *const names[] = {
        "step",        "epoch", "loss", "held_out", "lr", "gradient_norm", "waiting", "images_per_second",
        "peak_memory", NULL};
    json_t *columns = with_columns(names), *record;
    size_t i;
    json_array_foreach(records, i, record) for (const char *const *name = names; *name; name++)
        append(columns, *name, json_object_get(record, *name));
    return columns;
}

/* The values of the objects `key` in the records, under names of their own: a value may be called "step". */
static json_t *read_named(const json_t *records, const char *key) {
    static const char *const fixed[] = {"step", "epoch", "names", NULL};
    json_t *lists = with_columns(fixed), *all = json_object(), *names = json_object_get(lists, "names");
    json_t *record, *value;
    const char *name;
    size_t i;
    json_array_foreach(records, i, record)
        json_object_foreach(json_object_get(record, key), name, value) if (!json_object_get(all, name)) {
        char column[24];
        snprintf(column, sizeof column, "v%zu", json_array_size(names));
        json_object_set_new(all, name, json_string(column));
        json_object_set_new(lists, column, json_array());
        json_array_append_new(names, json_string(name));
    }
    json_array_foreach(records, i, record) {
        const json_t *values = json_object_get(record, key);
        if (!json_is_object(values)) continue;
        append(lists, "step", json_object_get(record, "step"));
        append(lists, "epoch", json_object_get(record, "epoch"));
        json_object_foreach(all, name, value)
            append(lists, json_string_value(value), json_object_get(values, name));
    }
    json_decref(all);
    return lists;
}

int cli_run_read_records(cli_run *run) {
    char *path = cli_run_path(run, "metrics.jsonl"), *text = NULL;
    size_t bytes;
    sg_error error;
    if (!path) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    sg_status status =
        access(path, F_OK) == 0 ? sg_file_load(path, MOST_BYTES, &text, &bytes, &error) : SG_OK;
    free(path);
    if (status != SG_OK) return cli_fail_with(&error);
    json_t *records = read_lines(text ? text : "");
    free(text);
    json_object_set_new(run->json, "columns", read_columns(records));
    json_object_set_new(run->json, "evaluations", read_named(records, "values"));
    json_object_set_new(run->json, "reports", read_named(records, "report"));
    json_decref(records);
    return SG_OK;
}

static const json_t *column_of(const cli_run *run, const char *list, const char *column) {
    return json_object_get(json_object_get(run->json, list), column);
}

bool cli_run_recorded(const cli_run *run) {
    return json_array_size(column_of(run, "columns", "step")) > 0;
}

double cli_run_last(const cli_run *run, const char *list, const char *column) {
    const json_t *values = column_of(run, list, column);
    for (size_t i = json_array_size(values); i--;)
        if (json_is_number(json_array_get(values, i))) return json_number_value(json_array_get(values, i));
    return NAN;
}

double cli_run_best(const cli_run *run, int value) {
    char column[24];
    snprintf(column, sizeof column, "v%d", value);
    const json_t *names = column_of(run, "evaluations", "names"), *number;
    const char *name = json_string_value(json_array_get(names, (size_t)value));
    const char *best = json_string_value(json_object_get(run->json, "best"));
    bool highest =
        best && name && strcmp(best, name) == 0 && json_is_true(json_object_get(run->json, "highest"));
    double found = NAN;
    size_t i;
    json_array_foreach(column_of(run, "evaluations", column), i, number) {
        double y = json_is_number(number) ? json_number_value(number) : NAN;
        if (isnan(found) || (highest ? y > found : y < found)) found = y;
    }
    return found;
}
