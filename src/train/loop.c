/* The loop: updates, evaluations, saves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simgraph/clock.h"
#include "train/record.h"

enum { MOST_RECORDS = 2000, MOST_COPIES = 1000000 };

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
    double begun = sg_clock();
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
    sg_trainer_tell_span(trainer, "save", begun);
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

static sg_status evaluate(sg_trainer *trainer, sg_error *error) {
    double begun = sg_clock();
    sg_status status = sg_trainer_run_evaluation(trainer, error);
    sg_trainer_tell_span(trainer, "evaluate", begun);
    if (status == SG_OK && trainer->cut) return SG_OK;
    begun = sg_clock();
    if (status == SG_OK && trainer->config->picture_count) {
        status = sg_trainer_draw_pictures(trainer, error);
        if (status == SG_OK) status = sg_trainer_show_pictures(trainer, error);
        sg_trainer_tell_span(trainer, "pictures", begun);
    }
    if (status == SG_OK) status = keep_best(trainer, error);
    if (status != SG_OK) return status;
    sg_trainer_tell_evaluation(trainer);
    return SG_OK;
}

static bool is_due(const sg_trainer *trainer, const sg_span *every, bool otherwise) {
    if (every->number < 0) return otherwise;
    return trainer->progress.step % sg_span_steps(every, &trainer->length) == 0;
}

/* An evaluation was cut off: it, and all that follows it, is left to the resume. */
static sg_status put_off(sg_trainer *trainer, const sg_outcome *out, sg_error *error) {
    trainer->progress.pending = 1;
    trainer->progress.rate = out->rate;
    trainer->progress.norm = out->norm;
    return save(trainer, false, error);
}

/* All that may follow an update. */
static sg_status follow_up(sg_trainer *trainer, const sg_outcome *out, bool stopped, sg_error *error) {
    const sg_train_config *config = trainer->config;
    int64_t step = trainer->progress.step, steps = trainer->length.steps;
    int64_t interval = (steps + MOST_RECORDS - 1) / MOST_RECORDS;
    bool end = step == steps, evaluated = false;
    bool due = end || is_due(trainer, &config->save_every, step % trainer->epoch_steps == 0);
    bool evaluates = config->evaluates && (end || is_due(trainer, &config->evaluate_every, false));
    sg_status status = due || evaluates ? sg_trainer_show_histograms(trainer, out, error) : SG_OK;
    if (status == SG_OK && evaluates) {
        status = evaluate(trainer, error);
        evaluated = !trainer->cut;
        if (status == SG_OK && trainer->cut) return put_off(trainer, out, error);
    }
    if (status == SG_OK && (evaluated || end || step % interval == 0))
        status = sg_trainer_record(trainer, out, evaluated, error);
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
    sg_outcome out = {.rate = progress->rate, .norm = progress->norm};
    if (!progress->pending) return SG_OK;
    progress->pending = 0;
    return follow_up(trainer, &out, false, error);
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
static bool is_torn(const sg_trainer *trainer, const sg_outcome *out) {
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
        sg_outcome out;
        sg_status status = sg_trainer_update(trainer, &out, error);
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
        sg_trainer_tell_step(trainer, &out);
        if (is_torn(trainer, &out)) return fail_torn(trainer, error);
        sg_trainer_advise(trainer, &out);
        if (progress->left_out >= SG_TRAIN_MAX_SKIPS) return fail_skips(trainer, error);
        stopped = must_stop(trainer);
        status = follow_up(trainer, &out, stopped, error);
        if (status != SG_OK) return status;
        stopped = stopped || trainer->cut; /* what is put off belongs to this step: the next one waits, too */
    }
    return SG_OK;
}

/* A run that is complete, and is now to be evaluated in another way. */
static sg_status look_again(sg_trainer *trainer, sg_error *error) {
    if (!trainer->config->evaluates || trainer->progress.evaluated_step >= 0) return SG_OK;
    sg_status status = evaluate(trainer, error);
    return status == SG_OK && !trainer->cut ? save(trainer, false, error) : status;
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
    trainer->started = sg_clock();
    sg_error problem = {0};
    sg_status status = run(trainer, out, &problem);
    sg_status told = sg_board_flush(&trainer->board, status == SG_OK ? &problem : NULL);
    if (status == SG_OK) status = told;
    sg_trainer_fill_result(trainer, out);
    if (status != SG_OK && !trainer->resumed && trainer->progress.step == 0)
        sg_trainer_remove_directory(trainer);
    else
        status = close_run(trainer, out, status, &problem);
    if (status != SG_OK && error) *error = problem;
    return status;
}

sg_status sg_trainer_evaluate(sg_trainer *trainer, sg_train_result *out, sg_error *error) {
    *out = (sg_train_result){.loss = NAN};
    trainer->started = sg_clock();
    sg_status status = sg_trainer_run_evaluation(trainer, error);
    sg_trainer_fill_result(trainer, out);
    return status;
}
