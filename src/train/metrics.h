/* train/metrics.h - metrics.jsonl, and what is kept of it for the plot. */
#ifndef SG_TRAIN_METRICS_H
#define SG_TRAIN_METRICS_H

#include "base/text.h"
#include "simgraph/train.h"

typedef struct sg_curve {
    double *x, *y;
    size_t count, room_x, room_y;
} sg_curve;

/* Zero-initialised is closed and empty, but for `file`, which sg_metrics_init sets. */
typedef struct sg_metrics {
    int file; /* -1: closed */
    char *path;
    int64_t bytes; /* written */
    sg_curve loss, held_out;
} sg_metrics;

void sg_metrics_init(sg_metrics *metrics);
void sg_metrics_finish(sg_metrics *metrics);
/* Opens the file and cuts it to `bytes`, reading what is there for the plot. */
sg_status sg_metrics_open(sg_metrics *metrics, const char *path, int64_t bytes, sg_error *error);

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

/* Appends a line. */
sg_status sg_metrics_write(sg_metrics *metrics, const sg_record *record, sg_error *error);
/* Makes sure that all lines are on the disk. */
sg_status sg_metrics_sync(sg_metrics *metrics, sg_error *error);
/* Draws loss.svg. */
sg_status sg_metrics_plot(const sg_metrics *metrics, const char *title, const char *held_out_name,
                          const char *path, sg_error *error);

#endif
