#include "progress_json.h"

#include <stdio.h>

#include "json.h"

static const double PAUSE = 0.1; /* seconds between steps that are told */

static void put(json_t *object, const char *key, json_t *value) {
    json_object_set_new(object, key, value);
}

static void put_values(json_t *object, const char *key, int count, const char *const *names,
                       const double *values) {
    json_t *all = json_object();
    for (int i = 0; i < count; i++) put(all, names[i], cli_json_number(values[i]));
    put(object, key, all);
}

static void print(json_t *object) {
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(10));
    putchar('\n');
    fflush(stdout); /* whoever reads it waits for it */
    json_decref(object);
}

static json_t *begin(const char *what, const sg_train_event *event) {
    json_t *object = json_object();
    put(object, "event", json_string(what));
    put(object, "step", json_integer(event->step));
    put(object, "steps", json_integer(event->steps));
    put(object, "epoch", cli_json_number(event->epoch));
    return object;
}

static void tell_text(const char *what, const char *key, const sg_train_event *event) {
    json_t *object = begin(what, event);
    put(object, key, cli_json_text(event->text));
    print(object);
}

static void tell_step(const sg_train_event *event) {
    json_t *object = begin("step", event);
    put(object, "loss", cli_json_number(event->loss));
    put(object, "lr", cli_json_number(event->rate));
    put(object, "gradient_norm", cli_json_number(event->norm));
    put(object, "images_per_second", cli_json_number(event->images_per_second));
    if (event->waiting >= 0) put(object, "waiting", cli_json_number(event->waiting));
    put(object, "seconds", cli_json_number(event->seconds));
    put(object, "seconds_left", cli_json_number(event->seconds_left));
    if (event->value_count) put_values(object, "report", event->value_count, event->names, event->values);
    print(object);
}

static void tell_evaluated(const sg_train_event *event) {
    json_t *object = begin("evaluated", event);
    put(object, "seconds", cli_json_number(event->seconds));
    put(object, "samples", json_integer(event->evaluated));
    put_values(object, "values", event->value_count, event->names, event->values);
    print(object);
}

void cli_json_event(const sg_train_event *event, double *shown) {
    switch (event->kind) {
    case SG_TRAIN_STARTED:
        tell_text("started", "directory", event);
        break;
    case SG_TRAIN_STEP:
        if (*shown >= 0 && event->seconds - *shown < PAUSE && event->step < event->steps) break;
        *shown = event->seconds;
        tell_step(event);
        break;
    case SG_TRAIN_EVALUATED:
        tell_evaluated(event);
        break;
    case SG_TRAIN_SAVED:
        tell_text("saved", "path", event);
        break;
    case SG_TRAIN_SKIPPED:
    case SG_TRAIN_WARNING:
        tell_text("warning", "message", event);
        break;
    case SG_TRAIN_NOTE:
        tell_text("note", "message", event);
        break;
    case SG_TRAIN_EVALUATING:
        break;
    }
}

void cli_json_finished(const sg_train_result *result, const char *directory) {
    json_t *object = json_object();
    put(object, "event", json_string("finished"));
    put(object, "state", json_string(result->interrupted ? "interrupted" : "finished"));
    put(object, "step", json_integer(result->step));
    put(object, "steps", json_integer(result->steps));
    put(object, "loss", cli_json_number(result->loss));
    put_values(object, "report", result->report_count, result->report_names, result->report);
    put_values(object, "values", result->value_count, result->names, result->values);
    put(object, "seconds", cli_json_number(result->seconds));
    put(object, "images_per_second", cli_json_number(result->images_per_second));
    put(object, "peak_memory", json_integer((json_int_t)result->peak_memory));
    put(object, "left_out", json_integer(result->skipped));
    put(object, "directory", cli_json_text(directory));
    print(object);
}

void cli_json_error(sg_status status, const char *message) {
    json_t *object = json_object();
    put(object, "event", json_string("error"));
    put(object, "message", cli_json_text(message));
    put(object, "code", json_integer(status));
    print(object);
}
