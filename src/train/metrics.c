/* metrics.jsonl: one JSON record a line, appended as training goes on. */
#include "train/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "format/json.h"
#include "simgraph/file.h"
#include "simgraph/plot.h"

enum { LIMIT = 1 << 28 };

void sg_metrics_init(sg_metrics *metrics) {
    *metrics = (sg_metrics){.file = -1};
}

static void finish_curve(sg_curve *curve) {
    free(curve->x);
    free(curve->y);
    *curve = (sg_curve){0};
}

void sg_metrics_finish(sg_metrics *metrics) {
    if (metrics->file >= 0) close(metrics->file);
    free(metrics->path);
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

/* The points of one line; a line that cannot be read gives none. */
static sg_status read_line(sg_metrics *metrics, const char *line, size_t length, sg_error *error) {
    sg_bump *memory = sg_bump_create();
    const sg_json *record = NULL;
    double step, loss, held_out;
    sg_status status = memory ? sg_json_read(&record, memory, line, length, error) : SG_OUT_OF_MEMORY;
    bool kept = true;
    if (sg_json_number(sg_json_member(record, "step"), &step)) {
        if (sg_json_number(sg_json_member(record, "loss"), &loss))
            kept = add_point(&metrics->loss, step, loss);
        if (sg_json_member(record, "values") && sg_json_number(sg_json_member(record, "held_out"), &held_out))
            kept = kept && add_point(&metrics->held_out, step, held_out);
    }
    sg_bump_destroy(memory);
    return status == SG_OUT_OF_MEMORY || !kept ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory") : SG_OK;
}

static sg_status read_lines(sg_metrics *metrics, sg_error *error) {
    char *text = NULL;
    size_t bytes;
    sg_status status = sg_file_load(metrics->path, LIMIT, &text, &bytes, error);
    for (size_t at = 0; status == SG_OK && at < bytes;) {
        const char *end = memchr(text + at, '\n', bytes - at);
        size_t length = end ? (size_t)(end - text) - at : bytes - at;
        status = read_line(metrics, text + at, length, error);
        at += length + 1;
    }
    free(text);
    return status;
}

sg_status sg_metrics_open(sg_metrics *metrics, const char *path, int64_t bytes, sg_error *error) {
    metrics->path = strdup(path);
    if (!metrics->path) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    metrics->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    off_t length = metrics->file < 0 ? -1 : lseek(metrics->file, 0, SEEK_END);
    if (length < 0 || (length > bytes && ftruncate(metrics->file, bytes) != 0))
        return sg_fail(error, SG_IO_ERROR, "cannot write %s: %s", path, strerror(errno));
    metrics->bytes = length < bytes ? length : bytes;
    return metrics->bytes ? read_lines(metrics, error) : SG_OK;
}

/* JSON has neither NaN nor infinity. */
static void write_number(sg_text *text, double value) {
    if (isfinite(value))
        sg_text_printf(text, "%.10g", value);
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

sg_status sg_metrics_write(sg_metrics *metrics, const sg_record *record, sg_error *error) {
    sg_text text = {0};
    write_record(&text, record);
    bool kept = add_point(&metrics->loss, (double)record->step, record->loss) &&
                (!record->evaluated || !record->value_count ||
                 add_point(&metrics->held_out, (double)record->step, *record->held_out));
    sg_status status = SG_OK;
    if (text.failed || !kept) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (size_t at = 0; status == SG_OK && at < text.length;) {
        ssize_t wrote = write(metrics->file, text.bytes + at, text.length - at);
        if (wrote < 0 && errno != EINTR)
            status = sg_fail(error, SG_IO_ERROR, "cannot write %s: %s", metrics->path, strerror(errno));
        else if (wrote > 0)
            at += (size_t)wrote;
    }
    /* What a full disk cut short is taken back. */
    if (status == SG_OK)
        metrics->bytes += (int64_t)text.length;
    else if (ftruncate(metrics->file, metrics->bytes) != 0)
        status = SG_IO_ERROR;
    sg_text_finish(&text);
    return status;
}

sg_status sg_metrics_sync(sg_metrics *metrics, sg_error *error) {
    if (fsync(metrics->file) == 0) return SG_OK;
    return sg_fail(error, SG_IO_ERROR, "cannot write %s: %s", metrics->path, strerror(errno));
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
