/* train/metrics.h - metrics.jsonl, the same as a table, and what is kept of it for the plot. */
#ifndef SG_TRAIN_METRICS_H
#define SG_TRAIN_METRICS_H

#include "format/json.h"
#include "simgraph/train.h"
#include "train/log_file.h"

typedef struct sg_curve {
    double *x, *y;
    size_t count, room_x, room_y;
} sg_curve;

typedef struct sg_record {
    int64_t step;
    double epoch, loss, rate, norm, images_per_second;
    double waiting;         /* share of the time in which batches were waited for; below 0: not told */
    const double *held_out; /* NULL: there was no evaluation yet */
    bool evaluated;         /* at this step: `values` are written as well */
    int64_t samples;        /* that were looked at, where it was not all of the split; else 0 */
    int value_count;
    const char *const *names;
    const double *values;
    int report_count; /* what is reported, each time */
    const char *const *report_names;
    const double *report;
} sg_record;

#define SG_RECORD_NUMBER "%.10g" /* how numbers are written */

/* Zero-initialised is closed and empty, but for the files, which sg_metrics_init sets. */
typedef struct sg_metrics {
    sg_log_file records, table; /* metrics.jsonl, metrics.csv */
    sg_record names;            /* counts and names alone: the columns of the table */
    sg_curve loss, held_out;
} sg_metrics;

void sg_metrics_init(sg_metrics *metrics);
void sg_metrics_finish(sg_metrics *metrics);
/* Opens the records and cuts them to `bytes`, reading what is there for the plot; the table is written anew
 * from them. The names stay the caller's. */
sg_status sg_metrics_open(sg_metrics *metrics, const char *records, const char *table, int64_t bytes,
                          const sg_record *names, sg_error *error);
/* Appends a record and a row. */
sg_status sg_metrics_write(sg_metrics *metrics, const sg_record *record, sg_error *error);
/* Makes sure that all of it is on the disk. */
sg_status sg_metrics_sync(const sg_metrics *metrics, sg_error *error);

/* Of the table: names of columns, and a row. */
void sg_csv_append_head(sg_text *table, const sg_record *names);
void sg_csv_append_row(sg_text *table, const sg_record *names, const sg_json *record);

/* Reads the records of such a file, one after the other; lines that cannot be read are left out. Stops where
 * `each` fails. */
typedef sg_status (*sg_record_function)(void *data, const sg_json *record, sg_error *error);
sg_status sg_metrics_read(const char *path, sg_record_function each, void *data, sg_error *error);
/* Draws loss.svg. */
sg_status sg_metrics_plot(const sg_metrics *metrics, const char *title, const char *held_out_name,
                          const char *path, sg_error *error);

#endif
