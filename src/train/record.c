/* Telling of a run while it goes on, and keeping its numbers and pictures. */
#include "train/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* ---- what is told ---- */

/* Of the split to evaluate on. */
static int64_t split_samples(const sg_trainer *trainer) {
    return trainer->config->evaluates ? sg_split_count(trainer->splits[trainer->config->evaluate_split]) : 0;
}

static double speed(int64_t images, double seconds) {
    return seconds > 0 ? (double)images / seconds : 0;
}

static double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

void sg_trainer_tell_step(const sg_trainer *trainer, const sg_outcome *out) {
    int64_t left = trainer->length.steps - trainer->progress.step;
    double images = (double)trainer->train[0].batch * (double)trainer->config->accumulate;
    double rate = speed(trainer->trained_images, trainer->trained_seconds);
    char text[128];
    snprintf(text, sizeof text, "the %s is %s", isfinite(out->loss) ? "gradient norm" : "loss",
             isnan(isfinite(out->loss) ? out->norm : out->loss) ? "NaN" : "infinite");
    sg_train_event event = {
        .kind = out->ok ? SG_TRAIN_STEP : SG_TRAIN_SKIPPED,
        .loss = out->loss,
        .rate = out->rate,
        .norm = out->norm,
        .images_per_second = rate,
        .waiting = sg_trainer_reads(trainer) ? share(trainer->waited_seconds, trainer->trained_seconds) : -1,
        .seconds = sg_trainer_seconds(trainer),
        .seconds_left = rate > 0 ? (double)left * images / rate : 0,
        .value_count = trainer->config->report_count,
        .names = trainer->report_names,
        .values = out->report,
        .text = out->ok ? NULL : text,
    };
    sg_trainer_tell(trainer, &event);
}

/* Once a run. */
static void advise_skips(sg_trainer *trainer, const sg_outcome *out) {
    if (out->ok || trainer->skipped != 1) return;
    sg_trainer_note(trainer,
                    "an update that is not finite is left out; where there are several, lower the "
                    "learning rate, lengthen its warm-up, or set `clip`, the largest norm of a gradient");
}

/* A loss that looks at nothing is 0, and so is its gradient: with nothing hidden, say. */
static void warn_nothing(sg_trainer *trainer, const sg_outcome *out) {
    if (trainer->warned || !out->ok || out->loss != 0 || out->norm != 0) return;
    trainer->warned = true;
    sg_train_event event = {
        .kind = SG_TRAIN_WARNING,
        .text = "the loss and its gradient are 0, so nothing is learned: is anything hidden that it could "
                "look at?"};
    sg_trainer_tell(trainer, &event);
}

void sg_trainer_advise(sg_trainer *trainer, const sg_outcome *out) {
    advise_skips(trainer, out);
    warn_nothing(trainer, out);
}

void sg_trainer_tell_evaluation(const sg_trainer *trainer) {
    sg_train_event event = {
        .kind = SG_TRAIN_EVALUATED,
        .seconds = sg_trainer_seconds(trainer),
        .value_count = trainer->config->value_count,
        .names = trainer->value_names,
        .values = trainer->progress.values,
        .empty = trainer->progress.empty,
        .evaluated = trainer->held_out_count,
        .held_out = split_samples(trainer),
    };
    sg_trainer_tell(trainer, &event);
}

/* ---- what TensorBoard shows ---- */

/* Whether TensorBoard gets the pictures of this evaluation: of so many, evenly spread, and of the last. */
static bool is_shown(const sg_trainer *trainer) {
    int64_t step = trainer->progress.step, steps = trainer->length.steps;
    const sg_span *span = &trainer->config->evaluate_every;
    int64_t every = span->number < 0 ? steps : sg_span_steps(span, &trainer->length);
    int64_t evaluations = (steps + every - 1) / every;
    int64_t apart = (evaluations + SG_BOARD_MOST_IMAGES - 1) / SG_BOARD_MOST_IMAGES;
    return step >= steps || step / every % apart == 0;
}

sg_status sg_trainer_show_pictures(sg_trainer *trainer, sg_error *error) {
    const sg_train_config *config = trainer->config;
    sg_status status = SG_OK;
    if (!trainer->directory || !(config->board & SG_BOARD_IMAGES) || !is_shown(trainer)) return SG_OK;
    for (int p = 0; status == SG_OK && p < config->picture_count; p++) {
        char *path = sg_trainer_picture_path(trainer, config->pictures[p].name);
        status = path ? sg_board_image(&trainer->board, trainer->progress.step, config->pictures[p].name,
                                       path, error)
                      : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        free(path);
    }
    return status;
}

/* The weights after an update, and the gradients that led to it, before they are clipped. */
sg_status sg_trainer_show_histograms(sg_trainer *trainer, const sg_outcome *out, sg_error *error) {
    if (!trainer->directory || !(trainer->config->board & SG_BOARD_HISTOGRAMS) || !out->binding) return SG_OK;
    const sg_train_step *step = &out->binding->step;
    const sg_graph *graph = sg_bound_graph(out->binding->bound);
    sg_text values = {0};
    for (int i = 0; i < step->weight_count; i++) {
        const char *path = sg_graph_node(graph, sg_graph_value(graph, step->weights[i])->node)->path;
        const sg_tensor *weight = sg_store_find(trainer->store, path);
        sg_tensor gradient = sg_program_fetch(out->binding->program, step->gradients[i]);
        if (weight) sg_board_histogram(&values, "weights", path, weight, 1);
        if (gradient.data) sg_board_histogram(&values, "gradients", path, &gradient, out->share);
    }
    return sg_board_values(&trainer->board, trainer->progress.step, &values, error);
}

/* ---- what is kept ---- */

sg_status sg_trainer_record(sg_trainer *trainer, const sg_outcome *out, bool evaluated, sg_error *error) {
    sg_progress *progress = &trainer->progress;
    double loss = progress->loss_count ? progress->loss_sum / (double)progress->loss_count : NAN;
    bool known = progress->evaluated_step >= 0 && trainer->config->value_count;
    double report[SG_TRAIN_MAX_VALUES];
    for (int i = 0; i < trainer->config->report_count; i++) {
        report[i] = progress->report_count ? progress->report[i] / (double)progress->report_count : NAN;
        progress->report[i] = 0;
    }
    progress->report_count = 0;
    sg_record line = {
        .step = progress->step,
        .epoch = (double)progress->step / (double)trainer->epoch_steps,
        .loss = loss,
        .rate = out->rate,
        .norm = out->norm,
        .images_per_second = speed(trainer->record_images, trainer->record_seconds),
        .waiting = sg_trainer_reads(trainer) ? share(trainer->record_waited, trainer->record_seconds) : -1,
        .held_out = known ? &progress->values[0] : NULL,
        .evaluated = evaluated,
        .samples = trainer->held_out_count < split_samples(trainer) ? trainer->held_out_count : 0,
        .value_count = trainer->config->value_count,
        .names = trainer->value_names,
        .values = progress->values,
        .report_count = trainer->config->report_count,
        .report_names = trainer->report_names,
        .report = report,
    };
    trainer->rate = line.images_per_second;
    trainer->record_images = 0;
    trainer->record_seconds = trainer->record_waited = 0;
    progress->loss_sum = 0;
    progress->loss_count = 0;
    if (!trainer->directory) return SG_OK;
    sg_status status = sg_metrics_write(&trainer->metrics, &line, error);
    return status == SG_OK && trainer->config->board & SG_BOARD_SCALARS
               ? sg_board_record(&trainer->board, &line, error)
               : status;
}

void sg_trainer_fill_result(const sg_trainer *trainer, sg_train_result *out) {
    struct rusage usage;
    out->interrupted =
        trainer->progress.step < trainer->length.steps || trainer->progress.pending || trainer->cut;
    out->report_count = trainer->config->report_count;
    out->report_names = trainer->report_names;
    out->step = trainer->progress.step;
    out->steps = trainer->length.steps;
    out->skipped = trainer->skipped;
    out->names = trainer->value_names;
    out->value_count = trainer->progress.evaluated_step >= 0 ? trainer->config->value_count : 0;
    out->empty = trainer->progress.empty;
    out->evaluated = trainer->held_out_count;
    out->held_out = split_samples(trainer);
    memcpy(out->values, trainer->progress.values, sizeof out->values);
    out->seconds = sg_trainer_seconds(trainer);
    out->images_per_second = speed(trainer->trained_images, trainer->trained_seconds);
    sg_memory planned = sg_trainer_memory(trainer);
    out->planned_memory = planned.arena + planned.tiles + planned.feeds + planned.store;
    for (int s = 0; s < trainer->config->split_count; s++)
        if (trainer->splits[s]) out->data_memory += sg_split_bytes(trainer->splits[s]);
    out->reads = sg_trainer_reads(trainer);
    out->waiting = share(trainer->waited_seconds, trainer->trained_seconds);
    out->bad = sg_trainer_tell_bad(trainer);
    out->peak_memory = getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}
