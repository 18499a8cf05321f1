/* Checkpoints: everything that a run needs to go on to the same bits.
 *
 * A new one is written beside the old one, read back and verified; only then the old one becomes
 * checkpoint-previous and the new one takes its name. So at any moment one of the two is whole, and what was
 * told to be saved is on disk. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/numeric.h"
#include "base/text.h"
#include "format/file.h"
#include "simgraph/arrays.h"
#include "train/averages.h"
#include "train/trainer.h"

static const char new_name[] = "checkpoint-new.safetensors";
static const char current_name[] = "checkpoint.safetensors";
static const char previous_name[] = "checkpoint-previous.safetensors";

/* Accumulators are empty between updates. */
static bool is_kept(const char *name) {
    return strncmp(name, "accumulate", 10) != 0 || !strchr(name, '/');
}

/* Added by the trainer, and not part of the model. */
static bool is_of_training(const char *name) {
    return strchr(name, '/') != NULL;
}

static sg_status add_stored(const sg_trainer *trainer, sg_arrays *arrays, bool model, sg_error *error) {
    sg_status status = SG_OK;
    for (size_t i = 0; status == SG_OK && i < sg_store_count(trainer->store); i++) {
        const char *name = sg_store_name(trainer->store, i);
        if (model ? is_of_training(name) : !is_kept(name)) continue;
        const sg_tensor *tensor = sg_store_tensor(trainer->store, i);
        if (model && trainer->config->averages) {
            char *average = sg_average_name(name);
            if (!average) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
            const sg_tensor *averaged = sg_store_find(trainer->store, average);
            if (averaged) tensor = averaged;
            free(average);
        }
        status = sg_arrays_add_view(arrays, name, tensor, error);
    }
    return status;
}

sg_status sg_trainer_save_model(const sg_trainer *trainer, const char *name, sg_error *error) {
    sg_arrays arrays = {0};
    char *path = sg_trainer_path(trainer, name);
    sg_status status = path ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK) status = add_stored(trainer, &arrays, true, error);
    if (status == SG_OK) status = sg_arrays_save(&arrays, path, error);
    sg_arrays_finish(&arrays);
    free(path);
    return status;
}

/* Numbers as text that reads back to the same bits. */
typedef struct number {
    const char *key;
    int64_t *i;
    double *f;
    bool optional; /* older checkpoints have none */
} number;

enum { NUMBERS = 15 };

static const char evaluation_key[] = "evaluation";

static void list_numbers(sg_progress *p, int64_t *has_best, number list[NUMBERS]) {
    number all[NUMBERS] = {
        {"step", &p->step, NULL, false},
        {"updates", &p->updates, NULL, false},
        {"left_out", &p->left_out, NULL, true},
        {"loss_sum", NULL, &p->loss_sum, false},
        {"loss_count", &p->loss_count, NULL, false},
        {"evaluated_step", &p->evaluated_step, NULL, false},
        {"has_best", has_best, NULL, false},
        {"best", NULL, &p->best, false},
        {"metrics_bytes", &p->metrics_bytes, NULL, false},
        {"pending", &p->pending, NULL, true},
        {"pending_rate", NULL, &p->rate, true},
        {"pending_norm", NULL, &p->norm, true},
        {"report_count", &p->report_count, NULL, true},
    };
    memcpy(list, all, sizeof all);
}

/* What the values of an evaluation, and the best of them, are values of; to be freed. NULL without memory. */
static char *describe_evaluation(const sg_train_config *config) {
    sg_text text = {0};
    sg_text_append(&text, config->evaluates ? config->splits[config->evaluate_split].name : "none");
    if (config->evaluate_samples)
        sg_text_printf(&text, ", %lld samples", (long long)config->evaluate_samples);
    for (int i = 0; i < config->value_count; i++)
        sg_text_printf(&text, ", %s: %s%s", config->values[i].name, sg_tree_text(config->values[i].tree),
                       i != config->best         ? ""
                       : config->best_is_highest ? " (highest)"
                                                 : " (lowest)");
    return sg_text_take(&text);
}

static sg_status set_texts(const sg_trainer *trainer, sg_arrays *arrays, sg_error *error) {
    sg_progress progress = trainer->progress;
    int64_t has_best = progress.has_best, seed = (int64_t)trainer->config->seed,
            epoch_steps = trainer->epoch_steps;
    number list[NUMBERS];
    list_numbers(&progress, &has_best, list);
    list[NUMBERS - 2] = (number){"seed", &seed, NULL, false};
    list[NUMBERS - 1] = (number){"epoch_steps", &epoch_steps, NULL, false};
    char text[64], key[SG_MESSAGE_MAX];
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < trainer->config->report_count; i++) {
        snprintf(key, sizeof key, "report %s", trainer->report_names[i]);
        sg_snprintf(text, sizeof text, "%a", progress.report[i]);
        status = sg_arrays_set_text(arrays, key, text, error);
    }
    for (int k = 0; status == SG_OK && k < NUMBERS; k++) {
        if (list[k].i)
            snprintf(text, sizeof text, "%" PRId64, *list[k].i);
        else
            sg_snprintf(text, sizeof text, "%a", *list[k].f);
        status = sg_arrays_set_text(arrays, list[k].key, text, error);
    }
    for (int i = 0; status == SG_OK && i < trainer->config->value_count; i++) {
        snprintf(key, sizeof key, "value %s", trainer->value_names[i]);
        bool empty = progress.empty >> i & 1;
        sg_snprintf(text, sizeof text, empty ? "none" : "%a", progress.values[i]);
        status = sg_arrays_set_text(arrays, key, text, error);
    }
    char *evaluation = describe_evaluation(trainer->config);
    if (!evaluation) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK) status = sg_arrays_set_text(arrays, evaluation_key, evaluation, error);
    free(evaluation);
    if (status == SG_OK) status = sg_arrays_set_text(arrays, "simgraph", sg_version(), error);
    if (status == SG_OK)
        status = sg_arrays_set_text(arrays, "product", sg_context_product(trainer->context), error);
    if (status == SG_OK) status = sg_arrays_set_text(arrays, "cpu", sg_context_cpu(trainer->context), error);
    return status;
}

static sg_status load_whole(const char *path, sg_arrays *arrays, sg_error *error) {
    sg_status status = sg_arrays_load(arrays, path, error);
    if (status != SG_OK) return status;
    status = sg_arrays_verify(arrays, error);
    if (status == SG_OK) return SG_OK;
    sg_fail_prefix(error, "`%s`", path);
    sg_arrays_finish(arrays);
    return status;
}

static sg_status move(const char *from, const char *to, sg_error *error) {
    if (rename(from, to) == 0) return SG_OK;
    return sg_fail(error, SG_IO_ERROR, "cannot rename %s to %s: %s", from, to, strerror(errno));
}

static sg_status replace(sg_trainer *trainer, const sg_arrays *arrays, const char *fresh, const char *current,
                         const char *previous, sg_error *error) {
    sg_status status = sg_arrays_save(arrays, fresh, error);
    if (status == SG_OK) status = sg_arrays_verify_file(fresh, error);
    /* A current one that is damaged must not push out the previous one, which is whole; one that somebody
     * took away is no reason to end a run. */
    if (status == SG_OK && trainer->checkpoint_good && access(current, F_OK) == 0)
        status = move(current, previous, error);
    if (status == SG_OK) status = move(fresh, current, error);
    if (status != SG_OK) {
        unlink(fresh);
        return status;
    }
    trainer->checkpoint_good = true;
    int code = sg_directory_sync(current);
    if (code == 0) return SG_OK;
    return sg_fail(error, SG_IO_ERROR, "cannot sync the directory of `%s`: %s", current, strerror(code));
}

sg_status sg_trainer_save_checkpoint(sg_trainer *trainer, sg_error *error) {
    sg_arrays arrays = {0};
    char *fresh = sg_trainer_path(trainer, new_name), *current = sg_trainer_path(trainer, current_name),
         *previous = sg_trainer_path(trainer, previous_name);
    sg_status status =
        fresh && current && previous ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK) status = add_stored(trainer, &arrays, false, error);
    if (status == SG_OK) status = set_texts(trainer, &arrays, error);
    if (status == SG_OK) status = sg_arrays_seal(&arrays, error);
    if (status == SG_OK) status = replace(trainer, &arrays, fresh, current, previous, error);
    if (status == SG_OK) {
        sg_train_event event = {.kind = SG_TRAIN_SAVED, .text = current};
        sg_trainer_tell(trainer, &event);
    }
    sg_arrays_finish(&arrays);
    free(fresh);
    free(current);
    free(previous);
    return status;
}

static sg_status read_number(const sg_arrays *arrays, const char *path, const number *to, sg_error *error) {
    const char *text = sg_arrays_text(arrays, to->key);
    char *end = NULL;
    if (!text && to->optional) return SG_OK;
    if (text && to->i) *to->i = strtoll(text, &end, 10);
    if (text && to->f) *to->f = sg_strtod(text, &end);
    if (text && end != text && *end == 0) return SG_OK;
    return sg_fail(error, SG_BAD_CHECKPOINT, "%s is not a checkpoint: it does not say `%s`", path, to->key);
}

/* Sums of what is reported; values that were not reported before the checkpoint begin anew, and all with
 * them. */
static sg_status read_report(const sg_trainer *trainer, sg_progress *progress, const sg_arrays *arrays,
                             const char *path, sg_error *error) {
    for (int i = 0; i < trainer->config->report_count; i++) {
        char key[SG_MESSAGE_MAX];
        snprintf(key, sizeof key, "report %s", trainer->report_names[i]);
        number sum = {key, NULL, &progress->report[i], false};
        if (!sg_arrays_text(arrays, key))
            progress->report_count = 0;
        else if (read_number(arrays, path, &sum, error) != SG_OK)
            return SG_BAD_CHECKPOINT;
    }
    for (int i = 0; progress->report_count == 0 && i < trainer->config->report_count; i++)
        progress->report[i] = 0;
    return SG_OK;
}

static sg_status read_texts(sg_trainer *trainer, const sg_arrays *arrays, const char *path, sg_error *error) {
    sg_progress progress = trainer->progress;
    int64_t has_best = 0, seed = 0, epoch_steps = 0;
    number list[NUMBERS];
    list_numbers(&progress, &has_best, list);
    list[NUMBERS - 2] = (number){"seed", &seed, NULL, false};
    list[NUMBERS - 1] = (number){"epoch_steps", &epoch_steps, NULL, false};
    for (int k = 0; k < NUMBERS; k++) {
        sg_status status = read_number(arrays, path, &list[k], error);
        if (status != SG_OK) return status;
    }
    if (progress.step < 0 || progress.updates < 0 || progress.updates > progress.step ||
        progress.left_out < 0 || progress.left_out > progress.step || progress.metrics_bytes < 0)
        return sg_fail(error, SG_BAD_CHECKPOINT, "%s is not a checkpoint: its counters make no sense", path);
    if (seed != (int64_t)trainer->config->seed)
        return sg_fail(error, SG_BAD_CHECKPOINT,
                       "%s was trained with seed %" PRId64 ", but train.seed is %" PRIu64, path, seed,
                       trainer->config->seed);
    if (epoch_steps != trainer->epoch_steps)
        sg_trainer_note(trainer,
                        "batch or data have changed since %s was saved (an epoch had %" PRId64
                        " step%s and has %" PRId64 "): samples come in another order",
                        path, epoch_steps, sg_plural(epoch_steps), trainer->epoch_steps);
    sg_status report = read_report(trainer, &progress, arrays, path, error);
    if (report != SG_OK) return report;
    progress.has_best = has_best != 0;
    const char *evaluation = sg_arrays_text(arrays, evaluation_key);
    char *now = describe_evaluation(trainer->config);
    if (!now) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (evaluation && strcmp(evaluation, now) != 0) {
        progress.evaluated_step = -1; /* its values are not those of now, nor is the best of them */
        progress.has_best = false;
    }
    free(now);
    for (int i = 0; i < trainer->config->value_count; i++) {
        char key[SG_MESSAGE_MAX];
        snprintf(key, sizeof key, "value %s", trainer->value_names[i]);
        number value = {key, NULL, &progress.values[i], false};
        const char *text = sg_arrays_text(arrays, key);
        if (!text)
            progress.evaluated_step = -1; /* values were added since */
        else if (strcmp(text, "none") == 0) {
            progress.values[i] = NAN;
            progress.empty |= UINT32_C(1) << i;
        } else if (read_number(arrays, path, &value, error) != SG_OK)
            return SG_BAD_CHECKPOINT;
    }
    trainer->progress = progress;
    return SG_OK;
}

static void compare_machine(const sg_trainer *trainer, const sg_arrays *arrays, const char *path) {
    const char *product = sg_arrays_text(arrays, "product"), *cpu = sg_arrays_text(arrays, "cpu");
    const char *now = sg_context_product(trainer->context), *now_cpu = sg_context_cpu(trainer->context);
    if (product && cpu && strcmp(product, now) == 0 && strcmp(cpu, now_cpu) == 0) return;
    sg_trainer_note(trainer, "%s was made with %s and %s, this is %s and %s: the last bits may differ", path,
                    product ? product : "?", cpu ? cpu : "?", now, now_cpu);
}

/* Copies every array to its place; checks all before it touches one. */
static sg_status fill_store(const sg_trainer *trainer, const sg_arrays *arrays, const char *path,
                            sg_error *error) {
    size_t kept = 0;
    for (size_t i = 0; i < sg_store_count(trainer->store); i++) {
        const char *name = sg_store_name(trainer->store, i);
        const sg_tensor *to = sg_store_tensor(trainer->store, i), *from = sg_arrays_find(arrays, name);
        if (!is_kept(name)) continue;
        kept++;
        if (!from)
            return sg_fail(error, SG_BAD_CHECKPOINT,
                           "%s does not fit the graph: it has no `%s`; start a new run, or take its weights "
                           "with --init",
                           path, name);
        if (from->type == to->type && sg_shape_equal(&from->shape, &to->shape)) continue;
        char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
        return sg_fail(error, SG_BAD_CHECKPOINT,
                       "%s does not fit the graph: `%s` is %s %s there and %s %s here", path, name,
                       sg_type_name(from->type), sg_shape_text(&from->shape, 0, a), sg_type_name(to->type),
                       sg_shape_text(&to->shape, 0, b));
    }
    for (size_t i = 0; kept < arrays->count && i < arrays->count; i++)
        if (!sg_store_find(trainer->store, arrays->items[i].name))
            return sg_fail(
                error, SG_BAD_CHECKPOINT,
                "%s does not fit the graph, which has no `%s`; start a new run, or take its weights "
                "with --init",
                path, arrays->items[i].name);
    for (size_t i = 0; i < sg_store_count(trainer->store); i++) {
        const char *name = sg_store_name(trainer->store, i);
        if (!is_kept(name)) continue;
        sg_status status =
            sg_tensor_copy(sg_store_tensor(trainer->store, i), sg_arrays_find(arrays, name), error);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

static sg_status take_checkpoint(sg_trainer *trainer, const sg_arrays *arrays, const char *path,
                                 sg_error *error) {
    sg_progress before = trainer->progress;
    sg_status status = read_texts(trainer, arrays, path, error);
    if (status == SG_OK) status = fill_store(trainer, arrays, path, error);
    if (status == SG_OK)
        compare_machine(trainer, arrays, path);
    else
        trainer->progress = before;
    return status;
}

sg_status sg_trainer_load_checkpoint(sg_trainer *trainer, sg_error *error) {
    const char *names[] = {current_name, previous_name};
    sg_error first = {0};
    for (int k = 0; k < 2; k++) {
        char *path = sg_trainer_path(trainer, names[k]);
        if (!path) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        sg_arrays arrays = {0};
        sg_error problem = {0};
        bool there = access(path, F_OK) == 0;
        sg_status status = there ? load_whole(path, &arrays, &problem) : SG_IO_ERROR;
        if (status == SG_OK) {
            if (k && first.status != SG_OK)
                sg_trainer_note(trainer, "the checkpoint is damaged (%s); going on from %s", first.message,
                                path);
            status = take_checkpoint(trainer, &arrays, path, error);
            trainer->checkpoint_good = k == 0;
            sg_arrays_finish(&arrays);
            free(path);
            return status;
        }
        if (there && first.status == SG_OK) first = problem;
        free(path);
        if (status == SG_OUT_OF_MEMORY) return sg_fail(error, status, "%s", problem.message);
    }
    return sg_fail(error, SG_BAD_CHECKPOINT, "no checkpoint in %s is whole: %s", trainer->directory,
                   first.message);
}
