#include "train/board.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "format/tfevents.h"
#include "simgraph/clock.h"
#include "simgraph/file.h"

enum { PENDING = 1 << 16, IMAGE_LIMIT = 1 << 28 };
static const long long LAST_TIME = 9999999999; /* of ten digits */
static const double PATIENCE = 5;              /* seconds that events may wait */

/* What events tell: seconds since 1970. */
static double wall_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void sg_board_init(sg_board *board) {
    *board = (sg_board){0};
    sg_log_init(&board->log);
}

void sg_board_finish(sg_board *board) {
    sg_log_finish(&board->log);
    sg_text_finish(&board->pending);
}

/* The highest time in the names of the directory's files of events; -1 where there are none. */
static long long latest_file(const char *directory) {
    long long latest = -1;
    DIR *open = opendir(directory);
    for (const struct dirent *entry; open && (entry = readdir(open));) {
        long long seconds;
        int end = 0;
        if (sscanf(entry->d_name, "events.out.tfevents.%10lld.%n", &seconds, &end) == 1 && end &&
            seconds > latest && seconds < LAST_TIME)
            latest = seconds;
    }
    if (open) closedir(open);
    return latest;
}

/* "events.out.tfevents.1764192000.host": TensorBoard reads files in the order of their names, so a later one
 * gets a later time, even where the clock was set back. */
static char *new_name(const char *directory) {
    struct utsname system;
    const char *host = uname(&system) == 0 && system.nodename[0] ? system.nodename : "host";
    long long seconds = (long long)time(NULL), latest = latest_file(directory);
    sg_text path = {0};
    sg_text_printf(&path, "%s/events.out.tfevents.%010lld.%s", directory,
                   seconds > latest ? seconds : latest + 1, host);
    return sg_text_take(&path);
}

/* A file begins with its version, and with what the steps after a checkpoint replace. */
static void begin(sg_board *board) {
    sg_tfevent_version(&board->pending, wall_clock());
    if (board->step > 0) sg_tfevent_restart(&board->pending, wall_clock(), board->step + 1);
    board->head = board->pending.length;
}

void sg_board_open(sg_board *board, const char *directory, int64_t step) {
    board->directory = directory;
    board->step = step;
    begin(board);
    board->flushed = sg_clock();
}

static sg_status make_file(sg_board *board, sg_error *error) {
    char *path = new_name(board->directory);
    sg_status status = path ? sg_log_open(&board->log, path, 0, O_EXCL, error)
                            : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(path);
    return status;
}

sg_status sg_board_flush(sg_board *board, sg_error *error) {
    sg_status status = SG_OK;
    if (board->pending.failed) { /* what it lacks is lost, what comes is not */
        sg_text_finish(&board->pending);
        board->head = 0;
        if (board->log.file < 0) begin(board);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    if (board->pending.length <= board->head) return SG_OK;
    if (board->log.file < 0) status = make_file(board, error);
    board->head = 0;
    if (status == SG_OK)
        status = sg_log_append(&board->log, board->pending.bytes, board->pending.length, error);
    if (status == SG_OK) sg_text_clear(&board->pending);
    board->flushed = sg_clock();
    return status;
}

sg_status sg_board_values(sg_board *board, int64_t step, sg_text *values, sg_error *error) {
    if (values->length || values->failed) sg_tfevent_summary(&board->pending, wall_clock(), step, values);
    sg_text_finish(values);
    bool due = board->pending.length > PENDING || sg_clock() - board->flushed > PATIENCE;
    return due || board->pending.failed ? sg_board_flush(board, error) : SG_OK;
}

static char *tag_of(const char *group, const char *name) {
    sg_text tag = {0};
    sg_text_printf(&tag, "%s/%s", group, name);
    return sg_text_take(&tag);
}

/* What is no number is left out. */
static void add_scalar(sg_text *values, const char *group, const char *name, double number) {
    if (!isfinite(number)) return;
    char *tag = group ? tag_of(group, name) : strdup(name);
    if (tag)
        sg_tfvalue_scalar(values, tag, number);
    else
        values->failed = true;
    free(tag);
}

sg_status sg_board_record(sg_board *board, const sg_record *record, sg_error *error) {
    sg_text values = {0};
    if (!board->directory) return SG_OK;
    add_scalar(&values, "train", "loss", record->loss);
    for (int i = 0; i < record->report_count; i++) {
        const char *name = record->report_names[i];
        add_scalar(&values, strcmp(name, "loss") == 0 ? "report" : "train", name, record->report[i]);
    }
    for (int i = 0; record->evaluated && i < record->value_count; i++)
        add_scalar(&values, "held_out", record->names[i], record->values[i]);
    add_scalar(&values, NULL, "rate", record->rate);
    add_scalar(&values, NULL, "norm", record->norm);
    add_scalar(&values, NULL, "images_per_second", record->images_per_second);
    if (record->waiting >= 0) add_scalar(&values, NULL, "waiting", record->waiting);
    return sg_board_values(board, record->step, &values, error);
}

sg_status sg_board_image(sg_board *board, int64_t step, const char *name, const char *path, sg_error *error) {
    char *png = NULL;
    size_t bytes;
    sg_text values = {0};
    if (!board->directory) return SG_OK;
    sg_status status = sg_file_load(path, IMAGE_LIMIT, &png, &bytes, error);
    if (status != SG_OK) return status;
    sg_tfvalue_png(&values, name, png, bytes);
    free(png);
    return sg_board_values(board, step, &values, error);
}

/* ---- histograms ---- */

/* Weights and gradients are f32 most often, and there are many of them. */
static double element(const sg_tensor *tensor, const float *plain, int64_t i) {
    return plain ? (double)plain[i] : sg_tensor_get(tensor, i);
}

static void add_range(sg_tfhistogram *h, double x) {
    if (!isfinite(x)) return;
    if (h->count == 0 || x < h->min) h->min = x;
    if (h->count == 0 || x > h->max) h->max = x;
    h->count++;
    h->sum += x;
    h->squares += x * x;
}

static void make_buckets(sg_tfhistogram *h) {
    h->buckets = h->count == 0 ? 0 : h->max > h->min ? SG_TF_BUCKETS : 1;
    for (int i = 0; i < h->buckets; i++)
        h->limit[i] = i + 1 == h->buckets ? h->max : h->min + (h->max - h->min) * (i + 1) / h->buckets;
}

/* A number on a limit belongs to the bucket that ends there. */
static void add_number(sg_tfhistogram *h, double x) {
    if (!isfinite(x)) return;
    int i = h->buckets == 1 ? 0 : (int)ceil((x - h->min) / (h->max - h->min) * h->buckets) - 1;
    i = i < 0 ? 0 : i >= h->buckets ? h->buckets - 1 : i;
    if (i > 0 && x <= h->limit[i - 1]) i--; /* where rounding went the other way */
    if (i + 1 < h->buckets && x > h->limit[i]) i++;
    h->in[i]++;
}

void sg_board_histogram(sg_text *values, const char *group, const char *name, const sg_tensor *tensor,
                        double factor) {
    sg_tfhistogram h = {0};
    int64_t count = sg_tensor_elements(tensor);
    const float *plain = tensor->type == SG_F32 && sg_tensor_contiguous(tensor) ? tensor->data : NULL;
    for (int64_t i = 0; i < count; i++) add_range(&h, element(tensor, plain, i) * factor);
    make_buckets(&h);
    for (int64_t i = 0; i < count; i++) add_number(&h, element(tensor, plain, i) * factor);
    char *tag = tag_of(group, name);
    if (!tag)
        values->failed = true;
    else if (h.buckets)
        sg_tfvalue_histogram(values, tag, &h);
    free(tag);
}
