/* train/schedule.h - numbers that change from update to update. */
#ifndef SG_TRAIN_SCHEDULE_H
#define SG_TRAIN_SCHEDULE_H

#include "simgraph/train.h"

/* A constant `const sg_schedule sg_schedule_<name> = {...}` enters the registry. */
struct sg_schedule {
    sg_schema schema;
    /* The value at update `step`, counted from 0. */
    double (*value)(const sg_attr *attr, int64_t step, const sg_train_length *length);
};

/* Attributes that all schedules begin with, in this order. */
enum { SG_SCHEDULE_PEAK, SG_SCHEDULE_START, SG_SCHEDULE_WARMUP, SG_SCHEDULE_SCALE, SG_SCHEDULE_OWN };

/* Updates in a span of epochs or steps, not rounded. */
double sg_schedule_span(const sg_attr *span, const sg_train_length *length);

#endif
