/* metrics.jsonl: one JSON record a line, appended as training goes on. */
#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "format/json.h"
#include "simgraph/file.h"
#include "simgraph/plot.h"

enum { LIMIT = 1 << 28 };

void sg_metrics_init(sg_metrics *metrics) {
    *metrics = (sg_metrics){0};
    sg_log_init(&metrics->records);
    sg_log_init(&metrics->table);
}

static void finish_curve(sg_curve *curve) {
    free(curve->x);
    free(curve->y);
    *curve = (sg_curve){0};
}

void sg_metrics_finish(sg_metrics *metrics) {
    sg_log_finish(&metrics->records);
    sg_log_finish(&metrics->table);
    finish_curve(&metrics->loss);
    finish_curve(&metrics->held_out);
    sg_metrics_init(metrics);
}

static bool add_point(sg_curve *curve, double x, double y) {
    if (!sg_array_grow(&curve->x, &curve->room_x, curve->count + 1, sizeof *curve->x) ||
        !sg_array_grow(&curve->y, &curve->room_y, curve->count + 1, sizeof *curve->y))
        return false;
    curve->x[curve->count] = x;
    curve->y[curve->count++] = y;
    return true;
}

static sg_status read_line(const char *line, size_t length, sg_record_function each, void *data,
                           sg_error *error) {
    sg_bump *memory = sg_bump_create();
    const sg_json *record = NULL;
    sg_status status = memory ? sg_json_read(&record, memory, line, length, error)
                              : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK)
        status = each(data, record, error);
    else if (status != SG_OUT_OF_MEMORY)
        status = SG_OK;
    sg_bump_destroy(memory);
    return status;
}

sg_status sg_metrics_read(const char *path, sg_record_function each, void *data, sg_error *error) {
    char *text = NULL;
    size_t bytes;
    sg_status status = sg_file_load(path, LIMIT, &text, &bytes, error);
    for (size_t at = 0; status == SG_OK && at < bytes;) {
        const char *end = memchr(text + at, '\n', bytes - at);
        size_t length = end ? (size_t)(end - text) - at : bytes - at;
        status = read_line(text + at, length, each, data, error);
        at += length + 1;
    }
    free(text);
    return status;
}

/* What is being read again: points of the plot, rows of the table. */
typedef struct rereading {
    sg_metrics *metrics;
    sg_text table;
} rereading;

static sg_status take_again(void *data, const sg_json *record, sg_error *error) {
    rereading *again = data;
    sg_metrics *metrics = again->metrics;
    double step, loss, held_out;
    bool kept = true;
    if (!sg_json_number(sg_json_member(record, "step"), &step)) return SG_OK;
    if (sg_json_number(sg_json_member(record, "loss"), &loss)) kept = add_point(&metrics->loss, step, loss);
    if (sg_json_member(record, "values") && sg_json_number(sg_json_member(record, "held_out"), &held_out))
        kept = kept && add_point(&metrics->held_out, step, held_out);
    sg_csv_append_row(&again->table, &metrics->names, record);
    return kept ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

sg_status sg_metrics_open(sg_metrics *metrics, const char *records, const char *table, int64_t bytes,
                          const sg_record *names, sg_error *error) {
    rereading again = {.metrics = metrics};
    metrics->names = *names;
    sg_status status = sg_log_open(&metrics->records, records, bytes, 0, error);
    sg_csv_append_head(&again.table, names);
    if (status == SG_OK && metrics->records.bytes)
        status = sg_metrics_read(records, take_again, &again, error);
    if (status == SG_OK && again.table.failed) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    /* The table of a run that goes on is replaced in one piece. */
    if (status == SG_OK) status = sg_file_save(table, again.table.bytes, again.table.length, error);
    if (status == SG_OK) status = sg_log_open(&metrics->table, table, (int64_t)again.table.length, 0, error);
    sg_text_finish(&again.table);
    return status;
}

/* JSON has neither NaN nor infinity. */
static void write_number(sg_text *text, double value) {
    if (isfinite(value))
        sg_text_printf(text, SG_RECORD_NUMBER, value);
    else
        sg_text_append(text, "null");
}

static void write_field(sg_text *text, const char *name, double value) {
    sg_text_printf(text, ", \"%s\": ", name);
    write_number(text, value);
}

static void write_values(sg_text *text, const char *key, int count, const char *const *names,
                         const double *values) {
    if (count) sg_text_printf(text, ", \"%s\": ", key);
    for (int i = 0; i < count; i++) {
        sg_text_append(text, i ? ", " : "{");
        sg_json_quote(text, names[i]);
        sg_text_append(text, ": ");
        write_number(text, values[i]);
    }
    if (count) sg_text_append(text, "}");
}

static size_t peak_memory(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}

static void write_record(sg_text *text, const sg_record *record) {
    sg_text_printf(text, "{\"step\": %lld", (long long)record->step);
    write_field(text, "epoch", record->epoch);
    write_field(text, "loss", record->loss);
    write_field(text, "held_out", record->held_out ? *record->held_out : NAN);
    write_field(text, "lr", record->rate);
    write_field(text, "gradient_norm", record->norm);
    write_field(text, "images_per_second", record->images_per_second);
    if (record->waiting >= 0) write_field(text, "waiting", record->waiting);
    sg_text_printf(text, ", \"peak_memory\": %zu", peak_memory());
    write_values(text, "report", record->report_count, record->report_names, record->report);
    if (record->evaluated) write_values(text, "values", record->value_count, record->names, record->values);
    if (record->evaluated && record->samples)
        sg_text_printf(text, ", \"held_out_samples\": %lld", (long long)record->samples);
    sg_text_append(text, "}\n");
}

static sg_status take_row(void *table, const sg_json *record, sg_error *error) {
    sg_metrics *metrics = table;
    sg_text row = {0};
    sg_csv_append_row(&row, &metrics->names, record);
    sg_status status = row.failed ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory")
                                  : sg_log_append(&metrics->table, row.bytes, row.length, error);
    sg_text_finish(&row);
    return status;
}

sg_status sg_metrics_write(sg_metrics *metrics, const sg_record *record, sg_error *error) {
    sg_text text = {0};
    write_record(&text, record);
    bool kept = add_point(&metrics->loss, (double)record->step, record->loss) &&
                (!record->evaluated || !record->value_count ||
                 add_point(&metrics->held_out, (double)record->step, *record->held_out));
    sg_status status = text.failed || !kept
                           ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory")
                           : sg_log_append(&metrics->records, text.bytes, text.length, error);
    if (status == SG_OK) status = read_line(text.bytes, text.length, take_row, metrics, error);
    sg_text_finish(&text);
    return status;
}

sg_status sg_metrics_sync(const sg_metrics *metrics, sg_error *error) {
    sg_status status = sg_log_sync(&metrics->records, error);
    return status == SG_OK ? sg_log_sync(&metrics->table, error) : status;
}

sg_status sg_metrics_plot(const sg_metrics *metrics, const char *title, const char *held_out_name,
                          const char *path, sg_error *error) {
    sg_plot_series series[2] = {
        {.name = "training loss", .x = metrics->loss.x, .y = metrics->loss.y, .count = metrics->loss.count},
        {.name = held_out_name,
         .x = metrics->held_out.x,
         .y = metrics->held_out.y,
         .count = metrics->held_out.count,
         .points = true},
    };
    sg_plot_options options = {
        .size = sizeof options,
        .title = title,
        .x_label = "step",
        .y_label = "loss",
        .series = series,
        .series_count = metrics->held_out.count ? 2 : 1,
    };
    return sg_plot_save(path, &options, error);
}
