/* The loop: micro-batches, updates, records, evaluations, saves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "train/optimizer.h"
#include "train/trainer.h"

enum { MOST_RECORDS = 2000, MOST_COPIES = 1000000 };

/* What one update gave. */
typedef struct outcome {
    double loss, norm, rate;
    double report[SG_TRAIN_MAX_VALUES];
    bool ok;
    const sg_binding *binding; /* that made it; NULL: an earlier process did */
    double share;              /* of each of its micro-batches */
} outcome;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void tell_span(const sg_trainer *trainer, const char *what, double begin) {
    if (!trainer->options.span) return;
    sg_train_span span = {what, trainer->progress.step, begin, now()};
    trainer->options.span(trainer->options.data, &span);
}

double sg_trainer_seconds(const sg_trainer *trainer) {
    return now() - trainer->started;
}

static double fetch(const sg_binding *binding, sg_value value) {
    sg_tensor tensor = sg_program_fetch(binding->program, value);
    return sg_tensor_get(&tensor, 0);
}

static void put(const sg_binding *binding, sg_value value, int count, const double *numbers) {
    sg_tensor tensor = sg_program_feed(binding->program, value);
    for (int i = 0; tensor.data && i < count; i++) sg_tensor_set(&tensor, i, numbers[i]);
}

/* The order of an epoch: made when it is first asked for, in place of that of the epoch before the last. */
static const int64_t *order_of(sg_trainer *trainer, int64_t epoch) {
    if (!trainer->config->shuffle) return trainer->counting;
    int64_t *order = trainer->order[epoch % 2];
    if (trainer->order_epoch[epoch % 2] != epoch)
        sg_order_fill(order, sg_split_count(trainer->splits[trainer->config->train_split]),
                      trainer->config->seed, (uint32_t)epoch);
    trainer->order_epoch[epoch % 2] = epoch;
    return order;
}

/* Micro-batches of update `step`: fewer at the end of an epoch. */
static int64_t micro_batches_of(const sg_trainer *trainer, int64_t step) {
    int64_t first = step % trainer->epoch_steps * trainer->config->accumulate;
    int64_t left = trainer->micro_batches - first;
    return left < trainer->config->accumulate ? left : trainer->config->accumulate;
}

/* Micro-batch k of update `step`, and the binding that computes it. */
static const sg_binding *find_batch(sg_trainer *trainer, int64_t step, int64_t k, sg_batch *batch) {
    int64_t samples = sg_split_count(trainer->splits[trainer->config->train_split]);
    int64_t epoch = step / trainer->epoch_steps;
    int64_t m = step % trainer->epoch_steps * trainer->config->accumulate + k;
    int64_t begin = m * trainer->train[0].batch;
    *batch = (sg_batch){
        .seed = trainer->config->seed, .epoch = (uint32_t)epoch, .ids = order_of(trainer, epoch) + begin};
    return &trainer->train[samples - begin < trainer->train[0].batch];
}

static bool is_last_step(const sg_trainer *trainer, int64_t step) {
    int64_t most = trainer->options.max_steps;
    return step + 1 >= trainer->length.steps || (most > 0 && step + 1 >= most);
}

/* Begins to load what follows micro-batch k of update `step`. */
static void load_next(sg_trainer *trainer, int64_t step, int64_t k) {
    bool within = k + 1 < micro_batches_of(trainer, step);
    if (!within && is_last_step(trainer, step)) return;
    sg_batch next;
    const sg_binding *binding = find_batch(trainer, within ? step : step + 1, within ? k + 1 : 0, &next);
    sg_loader_start(trainer->loader, binding->staging, &next);
}

/* What update `step` is told: rates, and how many micro-batches it is the mean of. Returns the learning rate.
 */
static double put_rates(sg_trainer *trainer, const sg_binding *binding, int64_t step) {
    const sg_call *call = trainer->config->optimizer;
    const sg_optimizer *optimizer = (const sg_optimizer *)call->schema;
    double corrections[3], share = 1 / (double)micro_batches_of(trainer, step);
    double rate = sg_rate_at(&call->attr[optimizer->rate], step, &trainer->length);
    optimizer->corrections(call->attr, trainer->progress.updates + 1, corrections);
    const sg_attr *decay = optimizer->decay < 0 ? NULL : &call->attr[optimizer->decay];
    corrections[2] = decay && decay->call ? sg_rate_at(decay, step, &trainer->length) : 1;
    put(binding, binding->step.nodes.rate, 1, &rate);
    put(binding, binding->step.nodes.corrections, 3, corrections);
    put(binding, binding->step.nodes.share, 1, &share);
    for (int i = 0; i < binding->step.average_count; i++) {
        sg_attr average = {.call = binding->step.averages[i].schedule};
        double new = 1 - sg_rate_at(&average, step, &trainer->length);
        put(binding, binding->step.averages[i].share, 1, &new);
    }
    return rate;
}

static sg_status run_micro_batch(sg_trainer *trainer, int64_t step, int64_t k, const sg_binding **out,
                                 double *rate, sg_error *error) {
    const sg_train_config *config = trainer->config;
    sg_batch batch;
    const sg_binding *binding = *out = find_batch(trainer, step, k, &batch);
    double begun = now();
    sg_status status = sg_loader_take(trainer->loader, binding->staging, binding->program, &batch, error);
    double waited = now() - begun;
    trainer->waited_seconds += waited;
    trainer->record_waited += waited;
    tell_span(trainer, "load", begun);
    sg_trainer_tell_bad(trainer);
    if (status != SG_OK) return status;
    load_next(trainer, step, k);
    double place[] = {(double)(k / (config->accumulate / config->lanes)), k == 0};
    put(binding, binding->step.nodes.place, 2, place);
    *rate = put_rates(trainer, binding, step);
    sg_draw draw = {.seed = batch.seed, .epoch = batch.epoch, .batch = binding->batch, .ids = batch.ids};
    return sg_program_run(binding->program, SG_PHASE_GRADIENT, &draw, error);
}

static sg_status run_update(sg_trainer *trainer, const sg_binding *binding, uint32_t epoch, outcome *out,
                            sg_error *error) {
    sg_draw draw = {.seed = trainer->config->seed, .epoch = epoch, .batch = binding->batch};
    sg_status status = sg_program_run(binding->program, SG_PHASE_UPDATE, &draw, error);
    if (status != SG_OK) return status;
    out->norm = fetch(binding, binding->step.nodes.norm);
    out->ok = fetch(binding, binding->step.nodes.ok) != 0;
    return SG_OK;
}

static sg_status run_step(sg_trainer *trainer, outcome *out, sg_error *error) {
    const sg_train_config *config = trainer->config;
    int64_t step = trainer->progress.step, count = micro_batches_of(trainer, step);
    *out = (outcome){0};
    const sg_binding *binding = NULL;
    double begun = now();
    for (int64_t k = 0; k < count; k++) {
        sg_status status = run_micro_batch(trainer, step, k, &binding, &out->rate, error);
        if (status != SG_OK) return status;
        out->loss += fetch(binding, binding->step.nodes.loss) / (double)count;
        for (int i = 0; i < config->report_count; i++)
            out->report[i] += fetch(binding, binding->values[i]) / (double)count;
        trainer->record_images += binding->batch;
        trainer->trained_images += binding->batch;
    }
    out->binding = binding;
    out->share = 1 / (double)count;
    sg_status status = run_update(trainer, binding, (uint32_t)(step / trainer->epoch_steps), out, error);
    double seconds = now() - begun;
    trainer->record_seconds += seconds;
    trainer->trained_seconds += seconds;
    tell_span(trainer, "step", begun);
    return status;
}

static double speed(int64_t images, double seconds) {
    return seconds > 0 ? (double)images / seconds : 0;
}

static double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

static void tell_step(const sg_trainer *trainer, const outcome *out) {
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
        .seconds = now() - trainer->started,
        .seconds_left = rate > 0 ? (double)left * images / rate : 0,
        .value_count = trainer->config->report_count,
        .names = trainer->report_names,
        .values = out->report,
        .text = out->ok ? NULL : text,
    };
    sg_trainer_tell(trainer, &event);
}

static sg_status save_copies(sg_trainer *trainer, sg_error *error) {
    char name[64];
    if (trainer->config->keep < 1) return SG_OK;
    snprintf(name, sizeof name, "model-step-%lld.safetensors", (long long)trainer->progress.step);
    sg_status status = sg_trainer_save_model(trainer, name, error);
    /* The one that is now too old: saves are evenly spaced, but for the last. */
    bool given = trainer->config->save_every.number > 0;
    int64_t every =
        given ? sg_span_steps(&trainer->config->save_every, &trainer->length) : trainer->epoch_steps;
    int64_t old = (trainer->progress.step - 1) / every * every + every - trainer->config->keep * every;
    if (status != SG_OK || old < 1 || old > MOST_COPIES * every) return status;
    snprintf(name, sizeof name, "model-step-%lld.safetensors", (long long)old);
    char *path = sg_trainer_path(trainer, name);
    if (path) remove(path);
    free(path);
    return SG_OK;
}

static sg_status save(sg_trainer *trainer, bool copies, sg_error *error) {
    if (!trainer->directory) return SG_OK;
    double begun = now();
    /* What TensorBoard cannot be told is no reason to lose the weights: it is reported when they are safe. */
    sg_error untold;
    sg_status told = sg_board_flush(&trainer->board, &untold);
    if (told == SG_OK) told = sg_log_sync(&trainer->board.log, &untold);
    sg_status status = sg_metrics_sync(&trainer->metrics, error);
    trainer->progress.metrics_bytes = trainer->metrics.records.bytes;
    if (status == SG_OK) status = sg_trainer_save_model(trainer, "model.safetensors", error);
    if (status == SG_OK && copies) status = save_copies(trainer, error);
    if (status == SG_OK) status = sg_trainer_save_checkpoint(trainer, error);
    char *path = sg_trainer_path(trainer, "loss.svg");
    if (status == SG_OK)
        status = !path ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory")
                 : trainer->metrics.loss.count
                     ? sg_metrics_plot(&trainer->metrics, trainer->directory,
                                       trainer->config->value_count ? trainer->value_names[0] : "held out",
                                       path, error)
                     : SG_OK;
    free(path);
    tell_span(trainer, "save", begun);
    if (status != SG_OK || told == SG_OK) return status;
    if (error) *error = untold;
    return told;
}

static sg_status keep_best(sg_trainer *trainer, sg_error *error) {
    sg_progress *progress = &trainer->progress;
    int best = trainer->config->best;
    if (best < 0 || !isfinite(progress->values[best])) return SG_OK;
    double value = progress->values[best];
    if (progress->has_best &&
        !(trainer->config->best_is_highest ? value > progress->best : value < progress->best))
        return SG_OK;
    progress->has_best = true;
    progress->best = value;
    return trainer->directory ? sg_trainer_save_model(trainer, "model-best.safetensors", error) : SG_OK;
}

/* Of the split to evaluate on. */
static int64_t split_samples(const sg_trainer *trainer) {
    return trainer->config->evaluates ? sg_split_count(trainer->splits[trainer->config->evaluate_split]) : 0;
}

/* Whether TensorBoard gets the pictures of this evaluation: of so many, evenly spread, and of the last. */
static bool is_shown(const sg_trainer *trainer) {
    int64_t step = trainer->progress.step, steps = trainer->length.steps;
    const sg_span *span = &trainer->config->evaluate_every;
    int64_t every = span->number < 0 ? steps : sg_span_steps(span, &trainer->length);
    int64_t evaluations = (steps + every - 1) / every;
    int64_t apart = (evaluations + SG_BOARD_MOST_IMAGES - 1) / SG_BOARD_MOST_IMAGES;
    return step >= steps || step / every % apart == 0;
}

static sg_status show_pictures(sg_trainer *trainer, sg_error *error) {
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
static sg_status show_histograms(sg_trainer *trainer, const outcome *out, sg_error *error) {
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

static sg_status evaluate(sg_trainer *trainer, sg_error *error) {
    double begun = now();
    sg_status status = sg_trainer_run_evaluation(trainer, error);
    tell_span(trainer, "evaluate", begun);
    if (status == SG_OK && trainer->cut) return SG_OK;
    begun = now();
    if (status == SG_OK && trainer->config->picture_count) {
        status = sg_trainer_draw_pictures(trainer, error);
        if (status == SG_OK) status = show_pictures(trainer, error);
        tell_span(trainer, "pictures", begun);
    }
    if (status == SG_OK) status = keep_best(trainer, error);
    if (status != SG_OK) return status;
    sg_train_event event = {
        .kind = SG_TRAIN_EVALUATED,
        .seconds = now() - trainer->started,
        .value_count = trainer->config->value_count,
        .names = trainer->value_names,
        .values = trainer->progress.values,
        .empty = trainer->progress.empty,
        .evaluated = trainer->held_out_count,
        .held_out = split_samples(trainer),
    };
    sg_trainer_tell(trainer, &event);
    return SG_OK;
}

static sg_status record(sg_trainer *trainer, const outcome *out, bool evaluated, sg_error *error) {
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

static bool is_due(const sg_trainer *trainer, const sg_span *every, bool otherwise) {
    if (every->number < 0) return otherwise;
    return trainer->progress.step % sg_span_steps(every, &trainer->length) == 0;
}

/* An evaluation was cut off: it, and all that follows it, is left to the resume. */
static sg_status put_off(sg_trainer *trainer, const outcome *out, sg_error *error) {
    trainer->progress.pending = 1;
    trainer->progress.rate = out->rate;
    trainer->progress.norm = out->norm;
    return save(trainer, false, error);
}

/* All that may follow an update. */
static sg_status follow_up(sg_trainer *trainer, const outcome *out, bool stopped, sg_error *error) {
    const sg_train_config *config = trainer->config;
    int64_t step = trainer->progress.step, steps = trainer->length.steps;
    int64_t interval = (steps + MOST_RECORDS - 1) / MOST_RECORDS;
    bool end = step == steps, evaluated = false;
    bool due = end || is_due(trainer, &config->save_every, step % trainer->epoch_steps == 0);
    bool evaluates = config->evaluates && (end || is_due(trainer, &config->evaluate_every, false));
    sg_status status = due || evaluates ? show_histograms(trainer, out, error) : SG_OK;
    if (status == SG_OK && evaluates) {
        status = evaluate(trainer, error);
        evaluated = !trainer->cut;
        if (status == SG_OK && trainer->cut) return put_off(trainer, out, error);
    }
    if (status == SG_OK && (evaluated || end || step % interval == 0))
        status = record(trainer, out, evaluated, error);
    /* What was trained is kept even where it cannot be evaluated or drawn. */
    if (due || stopped || status != SG_OK) {
        sg_error problem = {0};
        sg_status saved = save(trainer, due, &problem);
        if (status == SG_OK && saved != SG_OK) {
            status = saved;
            if (error) *error = problem;
        }
    }
    if (status == SG_OK && (due || evaluated) && !end && !stopped) /* else it is written at the end */
        status = sg_run_file_write(&trainer->run_file, trainer, SG_RUN_RUNNING, NULL, error);
    return status;
}

static bool must_stop(const sg_trainer *trainer) {
    const sg_trainer_options *options = &trainer->options;
    return sg_trainer_stopped(trainer) ||
           (options->max_steps > 0 && trainer->progress.step >= options->max_steps);
}

/* What an update that was made before the interrupt still lacks. */
static sg_status catch_up(sg_trainer *trainer, sg_error *error) {
    sg_progress *progress = &trainer->progress;
    outcome out = {.rate = progress->rate, .norm = progress->norm};
    if (!progress->pending) return SG_OK;
    progress->pending = 0;
    return follow_up(trainer, &out, false, error);
}

/* A loss that looks at nothing is 0, and so is its gradient: with nothing hidden, say. */
static void warn_nothing(sg_trainer *trainer, const outcome *out) {
    if (trainer->warned || !out->ok || out->loss != 0 || out->norm != 0) return;
    trainer->warned = true;
    sg_train_event event = {
        .kind = SG_TRAIN_WARNING,
        .text = "the loss and its gradient are 0, so nothing is learned: is anything hidden that it could "
                "look at?"};
    sg_trainer_tell(trainer, &event);
}

/* Once a run. */
static void advise(sg_trainer *trainer, const outcome *out) {
    if (out->ok || trainer->skipped != 1) return;
    sg_trainer_note(trainer,
                    "an update that is not finite is left out; where there are several, lower the "
                    "learning rate, lengthen its warm-up, or set `clip`, the largest norm of a gradient");
}

/* "<the loss>: <message>", at the place of the loss. */
static sg_status fail_at_loss(const sg_trainer *trainer, sg_error *error, const char *message) {
    const sg_graph *graph = sg_bound_graph(trainer->train[0].bound);
    sg_value loss = trainer->train[0].step.nodes.loss;
    const sg_node *node = sg_graph_node(graph, sg_graph_value(graph, loss)->node);
    sg_fail(error, SG_NOT_FINITE, "%s: %s", node->path, message);
    sg_fail_in_graph(error, graph, node);
    return SG_NOT_FINITE;
}

static sg_status fail_skips(const sg_trainer *trainer, sg_error *error) {
    char text[SG_MESSAGE_MAX];
    snprintf(text, sizeof text,
             "%lld updates in a row were left out, at last at step %lld, since loss or gradients are NaN or "
             "infinite: lower the learning rate, lengthen the warm-up or clip",
             (long long)trainer->progress.left_out, (long long)trainer->progress.step);
    return fail_at_loss(trainer, error, text);
}

/* Other weights may have been updated when it shows that a gradient is not finite: such a step cannot be left
 * out. Where the loss is not finite, none has been. */
static bool is_torn(const sg_trainer *trainer, const outcome *out) {
    return trainer->config->in_backward && !out->ok && isfinite(out->loss);
}

static sg_status fail_torn(const sg_trainer *trainer, sg_error *error) {
    char text[SG_MESSAGE_MAX];
    snprintf(
        text, sizeof text,
        "a gradient of step %lld is NaN or infinite, and with `optimizer_in_backward` other weights have "
        "been updated: %s, with a lower learning rate or without the setting",
        (long long)trainer->progress.step,
        trainer->checkpoint_good || trainer->resumed ? "go back to the last checkpoint (--resume)"
                                                     : "start again");
    return fail_at_loss(trainer, error, text);
}

static sg_status train(sg_trainer *trainer, sg_train_result *result, sg_error *error) {
    sg_progress *progress = &trainer->progress;
    sg_status caught_up = must_stop(trainer) ? SG_OK : catch_up(trainer, error);
    if (caught_up != SG_OK) return caught_up;
    bool stopped = must_stop(trainer);
    /* Also before the first step: a run that says how it can be resumed has something to resume. */
    if (stopped && !trainer->resumed && progress->step < trainer->length.steps)
        return save(trainer, false, error);
    while (progress->step < trainer->length.steps && !stopped) {
        outcome out;
        sg_status status = run_step(trainer, &out, error);
        if (status != SG_OK) return status;
        progress->step++;
        if (out.ok) {
            progress->left_out = 0;
            progress->updates++;
            progress->loss_sum += out.loss;
            progress->loss_count++;
            progress->report_count++;
            for (int i = 0; i < trainer->config->report_count; i++) progress->report[i] += out.report[i];
            result->loss = out.loss;
            memcpy(result->report, out.report, sizeof result->report);
        } else {
            progress->left_out++;
            trainer->skipped++;
        }
        tell_step(trainer, &out);
        if (is_torn(trainer, &out)) return fail_torn(trainer, error);
        advise(trainer, &out);
        warn_nothing(trainer, &out);
        if (progress->left_out >= SG_TRAIN_MAX_SKIPS) return fail_skips(trainer, error);
        stopped = must_stop(trainer);
        status = follow_up(trainer, &out, stopped, error);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

/* A run that is complete, and is now to be evaluated in another way. */
static sg_status look_again(sg_trainer *trainer, sg_error *error) {
    if (!trainer->config->evaluates || trainer->progress.evaluated_step >= 0) return SG_OK;
    sg_status status = evaluate(trainer, error);
    return status == SG_OK && !trainer->cut ? save(trainer, false, error) : status;
}

static void fill_result(const sg_trainer *trainer, sg_train_result *out) {
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
    out->seconds = now() - trainer->started;
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

/* What became of the run. A failure to say so is told where nothing else is. */
static sg_status close_run(const sg_trainer *trainer, const sg_train_result *result, sg_status status,
                           sg_error *error) {
    sg_run_state state = status != SG_OK       ? SG_RUN_FAILED
                         : result->interrupted ? SG_RUN_INTERRUPTED
                                               : SG_RUN_FINISHED;
    sg_error problem = {0};
    sg_status written = sg_run_file_write(&trainer->run_file, trainer, state,
                                          status != SG_OK ? error->message : NULL, &problem);
    if (status == SG_OK && written != SG_OK) *error = problem;
    return status == SG_OK ? written : status;
}

static sg_status run(sg_trainer *trainer, sg_train_result *out, sg_error *error) {
    sg_status status = sg_run_file_write(&trainer->run_file, trainer, SG_RUN_RUNNING, NULL, error);
    if (status != SG_OK) return status;
    sg_train_event event = {.kind = SG_TRAIN_STARTED, .text = trainer->directory};
    sg_trainer_tell(trainer, &event);
    bool complete = trainer->progress.step >= trainer->length.steps && !trainer->progress.pending;
    if (complete)
        sg_trainer_note(trainer,
                        "this run is complete at step %lld: raise train.epochs or train.steps to go on",
                        (long long)trainer->progress.step);
    status = train(trainer, out, error);
    return status == SG_OK && complete ? look_again(trainer, error) : status;
}

sg_status sg_trainer_run(sg_trainer *trainer, sg_train_result *out, sg_error *error) {
    *out = (sg_train_result){.loss = NAN};
    trainer->started = now();
    sg_error problem = {0};
    sg_status status = run(trainer, out, &problem);
    sg_status told = sg_board_flush(&trainer->board, status == SG_OK ? &problem : NULL);
    if (status == SG_OK) status = told;
    fill_result(trainer, out);
    if (status != SG_OK && !trainer->resumed && trainer->progress.step == 0)
        sg_trainer_remove_directory(trainer);
    else
        status = close_run(trainer, out, status, &problem);
    if (status != SG_OK && error) *error = problem;
    return status;
}

sg_status sg_trainer_evaluate(sg_trainer *trainer, sg_train_result *out, sg_error *error) {
    *out = (sg_train_result){.loss = NAN};
    trainer->started = now();
    sg_status status = sg_trainer_run_evaluation(trainer, error);
    fill_result(trainer, out);
    return status;
}
