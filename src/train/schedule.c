/* Schedules: constant, linear, cosine, step, multistep, each with a linear warm-up.
 *
 * Over W updates the value rises from start to peak: start + (peak - start) t / W. From t = W on the rule of
 * the schedule holds, counted from the first update and not from the end of the warm-up: SimMIM's official
 * schedules do so (the value steps down a little at t = W). `scale` multiplies everything. */
#include "train/schedule.h"

#include <math.h>
#include <string.h>

enum { PEAK = SG_SCHEDULE_PEAK, START, WARMUP, SCALE, OWN };
enum { END = OWN, OVER };
enum { EVERY = OWN, EVERY_FACTOR };
enum { AT = OWN, UNIT, AT_FACTOR };

double sg_schedule_span(const sg_attr *span, const sg_train_length *length) {
    bool epochs = span->text && strncmp(span->text, "epoch", 5) == 0;
    return epochs ? span->f * length->steps_an_epoch : span->f;
}

/* Whether `step` lies in the warm-up; then *value is what it gives. */
static bool warm_up(const sg_attr *attr, int64_t step, const sg_train_length *length, double *value) {
    double w = sg_schedule_span(&attr[WARMUP], length), t = (double)step;
    if (!(t < w)) return false;
    *value = attr[START].f + (attr[PEAK].f - attr[START].f) * t / w;
    return true;
}

static double progress(int64_t step, const sg_train_length *length) {
    if (length->steps < 1) return 1;
    double t = (double)step / (double)length->steps;
    return t < 1 ? t : 1;
}

static double constant_value(const sg_attr *attr, int64_t step, const sg_train_length *length) {
    double value = attr[PEAK].f;
    warm_up(attr, step, length, &value);
    return value;
}

static double linear_value(const sg_attr *attr, int64_t step, const sg_train_length *length) {
    double value;
    if (warm_up(attr, step, length, &value)) return value;
    return attr[PEAK].f + (attr[END].f - attr[PEAK].f) * progress(step, length);
}

/* The share of the training behind the warm-up that is over: MAE's schedule counts so. */
static double progress_of_rest(const sg_attr *attr, int64_t step, const sg_train_length *length) {
    double w = sg_schedule_span(&attr[WARMUP], length), rest = (double)length->steps - w;
    double t = rest > 0 ? ((double)step - w) / rest : 1;
    return t < 1 ? t : 1;
}

static double cosine_value(const sg_attr *attr, int64_t step, const sg_train_length *length) {
    double value;
    if (warm_up(attr, step, length, &value)) return value;
    bool rest = strcmp(attr[OVER].text, "rest") == 0;
    double t = rest ? progress_of_rest(attr, step, length) : progress(step, length);
    return attr[END].f + 0.5 * (attr[PEAK].f - attr[END].f) * (1 + cos(M_PI * t));
}

static double step_value(const sg_attr *attr, int64_t step, const sg_train_length *length) {
    double value, every = sg_schedule_span(&attr[EVERY], length);
    if (warm_up(attr, step, length, &value)) return value;
    if (!(every > 0)) return attr[PEAK].f;
    return attr[PEAK].f * pow(attr[EVERY_FACTOR].f, floor((double)step / every));
}

static double multistep_value(const sg_attr *attr, int64_t step, const sg_train_length *length) {
    double value;
    if (warm_up(attr, step, length, &value)) return value;
    value = attr[PEAK].f;
    for (int i = 0; i < attr[AT].n; i++) {
        sg_attr span = {.f = attr[AT].floats[i], .text = attr[UNIT].text};
        if ((double)step >= sg_schedule_span(&span, length)) value *= attr[AT_FACTOR].f;
    }
    return value;
}

double sg_rate_at(const sg_attr *rate, int64_t step, const sg_train_length *length) {
    if (!rate->call) return rate->f;
    const sg_schedule *schedule = (const sg_schedule *)rate->call->schema;
    return rate->call->attr[SCALE].f * schedule->value(rate->call->attr, step, length);
}

#define COMMON                                                                                              \
    {.name = "peak", .type = SG_ATTR_FLOAT, .doc = "value after the warm-up", .min = 0, .max = 1e6},        \
        {.name = "start",                                                                                   \
         .type = SG_ATTR_FLOAT,                                                                             \
         .fallback = "0",                                                                                   \
         .doc = "value of the first update of the warm-up",                                                 \
         .min = 0,                                                                                          \
         .max = 1e6},                                                                                       \
        {.name = "warmup", .type = SG_ATTR_SPAN, .fallback = "0 steps", .doc = "how long the value rises"}, \
    {                                                                                                       \
        .name = "scale", .type = SG_ATTR_FLOAT, .fallback = "1", .doc = "factor on all values", .min = 0,   \
        .max = 1e6                                                                                          \
    }
#define FACTOR                                                         \
    {                                                                  \
        .name = "factor", .type = SG_ATTR_FLOAT, .fallback = "0.1",    \
        .doc = "what the value is multiplied by", .min = 0, .max = 1e6 \
    }
#define TO_END(text) \
    { .name = "end", .type = SG_ATTR_FLOAT, .fallback = "0", .doc = text, .min = 0, .max = 1e6 }

const sg_schedule sg_schedule_constant = {
    .schema = {.kind = SG_KIND_SCHEDULE,
               .name = "constant",
               .doc = "one value, after an optional warm-up",
               .attrs = SG_ATTRS(COMMON)},
    .value = constant_value,
};

const sg_schedule sg_schedule_linear = {
    .schema = {.kind = SG_KIND_SCHEDULE,
               .name = "linear",
               .doc = "a straight line from peak to end over the whole training",
               .attrs = SG_ATTRS(COMMON, TO_END("value after the last update"))},
    .value = linear_value,
};

const sg_schedule sg_schedule_cosine = {
    .schema =
        {.kind = SG_KIND_SCHEDULE,
         .name = "cosine",
         .doc = "half a cosine from peak to end over the whole training",
         .attrs = SG_ATTRS(
             COMMON, TO_END("value after the last update"),
             {.name = "over",
              .type = SG_ATTR_TEXT,
              .fallback = "whole",
              .doc = "what the half cosine spans: the whole training, as in SimMIM, so that it steps down a "
                     "little after the warm-up, or the rest behind the warm-up, as in MAE",
              .one_of = "whole rest"})},
    .value = cosine_value,
};

const sg_schedule sg_schedule_step = {
    .schema = {.kind = SG_KIND_SCHEDULE,
               .name = "step",
               .doc = "multiplied by a factor after every span",
               .attrs = SG_ATTRS(COMMON,
                                 {.name = "every", .type = SG_ATTR_SPAN, .doc = "how long each value holds"},
                                 FACTOR)},
    .value = step_value,
};

const sg_schedule sg_schedule_multistep = {
    .schema = {.kind = SG_KIND_SCHEDULE,
               .name = "multistep",
               .doc = "multiplied by a factor at given times",
               .attrs = SG_ATTRS(COMMON,
                                 {.name = "at",
                                  .type = SG_ATTR_FLOATS,
                                  .doc = "when, counted from the beginning in `unit`",
                                  .min = 0,
                                  .max = 1e15},
                                 {.name = "unit",
                                  .type = SG_ATTR_TEXT,
                                  .fallback = "epochs",
                                  .doc = "of the numbers in `at`",
                                  .one_of = "epochs steps"},
                                 FACTOR)},
    .value = multistep_value,
};
