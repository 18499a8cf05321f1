/* Evaluating over the held-out split, or some samples of it, and drawing pictures of its first samples.
 *
 * The result does not depend on the batch size as far as a value allows it: the value of a loss op, which is
 * a ratio sum(w e) / sum(w), is the ratio of the sums over the whole split; any other value is the mean over
 * batches, each counted by its samples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/picture.h"
#include "train/trainer.h"

static sg_batch batch_of(const sg_trainer *trainer, const int64_t *ids) {
    return (sg_batch){.seed = trainer->config->seed, .epoch = SG_EVALUATION_EPOCH, .ids = ids};
}

static sg_status take(const sg_trainer *trainer, const sg_binding *binding, const int64_t *ids,
                      sg_error *error) {
    sg_batch batch = batch_of(trainer, ids);
    sg_status status = sg_loader_take(trainer->loader, binding->staging, binding->program, &batch, error);
    sg_trainer_tell_bad(trainer);
    return status;
}

static sg_status run(const sg_trainer *trainer, const sg_binding *binding, const int64_t *ids,
                     sg_error *error) {
    sg_batch batch = batch_of(trainer, ids);
    sg_draw draw = {.seed = batch.seed, .epoch = batch.epoch, .batch = binding->batch, .ids = batch.ids};
    return sg_program_run(binding->program, SG_PHASE_GRADIENT, &draw, error);
}

/* The binding of the batch that begins at sample `at`. */
static const sg_binding *binding_at(const sg_trainer *trainer, int64_t samples, int64_t at) {
    return &trainer->evaluate[samples - at < trainer->evaluate[0].batch];
}

/* Loads the batch at `at`, the one behind it while this one runs. */
static sg_status run_batch(const sg_trainer *trainer, int64_t samples, int64_t at, sg_error *error) {
    const sg_binding *binding = binding_at(trainer, samples, at);
    int64_t end = at + binding->batch;
    sg_status status = take(trainer, binding, trainer->held_out + at, error);
    if (status != SG_OK) return status;
    if (end < samples) {
        sg_batch next = batch_of(trainer, trainer->held_out + end);
        sg_loader_start(trainer->loader, binding_at(trainer, samples, end)->staging, &next);
    }
    return run(trainer, binding, trainer->held_out + at, error);
}

static double fetch(const sg_binding *binding, sg_value value) {
    sg_tensor tensor = sg_program_fetch(binding->program, value);
    return sg_tensor_get(&tensor, 0);
}

/* What 1 / norm of a weighted loss is where all weights are 0: its eps, as often as a weight is repeated. A
 * cross-entropy repeats it less often than its output has elements: this is then the larger number, yet far
 * below a weight of 1. */
static double nothing(const sg_binding *binding, sg_value norm) {
    enum { OUTPUT, TARGET, WEIGHT };
    const sg_graph *graph = sg_bound_graph(binding->bound);
    const sg_node *node = sg_graph_node(graph, sg_graph_value(graph, norm)->node);
    int eps = sg_schema_attr_index(sg_op_schema(node->op), "eps");
    if (eps < 0 || node->in_count <= WEIGHT || node->in[WEIGHT] == SG_NO_VALUE) return 0;
    const sg_shape *output = &sg_graph_value(graph, node->in[OUTPUT])->shape;
    const sg_shape *weight = &sg_graph_value(graph, node->in[WEIGHT])->shape;
    double repeats = (double)sg_shape_elements(output) / (double)sg_shape_elements(weight);
    return 1.01 * node->attr[eps].f * repeats;
}

/* Adds what a batch says of one value. */
static void add_value(const sg_binding *binding, sg_value value, sg_value norm, double *sum, double *weight) {
    double share = (double)binding->batch;
    if (norm != SG_NO_VALUE) share = 1 / fetch(binding, norm);
    if (norm != SG_NO_VALUE && share <= nothing(binding, norm)) return;
    *sum += share * fetch(binding, value);
    *weight += share;
}

sg_status sg_trainer_run_evaluation(sg_trainer *trainer, sg_error *error) {
    int count = trainer->config->value_count;
    double sums[SG_TRAIN_MAX_VALUES] = {0}, weights[SG_TRAIN_MAX_VALUES] = {0};
    trainer->cut = false;
    if (!count) return SG_OK;
    int64_t samples = trainer->held_out_count;
    for (int64_t at = 0; at < samples;) {
        const sg_binding *binding = binding_at(trainer, samples, at);
        trainer->cut = sg_trainer_stopped(trainer);
        if (trainer->cut) return SG_OK;
        sg_status status = run_batch(trainer, samples, at, error);
        if (status != SG_OK) return status;
        for (int i = 0; i < count; i++)
            add_value(binding, binding->values[i], binding->values[count + i], &sums[i], &weights[i]);
        at += binding->batch;
        sg_train_event event = {.kind = SG_TRAIN_EVALUATING,
                                .seconds = sg_trainer_seconds(trainer),
                                .evaluated = at,
                                .held_out = samples};
        sg_trainer_tell(trainer, &event);
    }
    trainer->progress.empty = 0;
    for (int i = 0; i < count; i++) {
        trainer->progress.values[i] = sums[i] / weights[i];
        if (weights[i] == 0) trainer->progress.empty |= UINT32_C(1) << i;
    }
    trainer->progress.evaluated_step = trainer->progress.step;
    return SG_OK;
}

/* Numbers that undo the normalisation of the field behind a picture's first input. */
static void find_pixels(const sg_binding *binding, double *scale, double *shift, int64_t channels) {
    for (int64_t c = 0; c < channels; c++) {
        scale[c] = 1;
        shift[c] = 0;
        for (int f = 0; f < binding->feed_count; f++)
            if (binding->feeds[f].value == binding->values[0])
                sg_split_field_pixel(binding->split, binding->feeds[f].field, c, &scale[c], &shift[c]);
    }
}

char *sg_trainer_picture_path(const sg_trainer *trainer, const char *name) {
    char file[256];
    snprintf(file, sizeof file, "%.200s.png", name);
    return sg_trainer_path(trainer, file);
}

static sg_status draw(const sg_trainer *trainer, const sg_binding *binding, const sg_picture_config *picture,
                      sg_error *error) {
    sg_status status = take(trainer, binding, trainer->counting, error);
    if (status == SG_OK) status = run(trainer, binding, trainer->counting, error);
    if (status != SG_OK) return status;
    sg_picture_task task = {.attr = picture->call->attr};
    for (int k = 0; k < SG_PICTURE_MAX_IN; k++)
        if (binding->values[k] != SG_NO_VALUE)
            task.in[k] = sg_program_fetch(binding->program, binding->values[k]);
    int64_t channels = task.in[0].shape.rank > 1 ? task.in[0].shape.dim[1] : 1;
    double *numbers = sg_array_alloc((size_t)channels + 1, 2 * sizeof *numbers);
    char *path = sg_trainer_picture_path(trainer, picture->name);
    if (numbers && path) {
        find_pixels(binding, numbers, numbers + channels, channels);
        task.scale = numbers;
        task.shift = numbers + channels;
        task.path = path;
        status = ((const sg_picture *)picture->call->schema)->save(&task, error);
        if (status == SG_OK) status = sg_trainer_keep_picture(trainer, picture->name, error);
    } else
        status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(numbers);
    free(path);
    return status;
}

sg_status sg_trainer_draw_pictures(sg_trainer *trainer, sg_error *error) {
    if (!trainer->directory) return SG_OK;
    for (int p = 0; p < trainer->config->picture_count; p++) {
        sg_status status = draw(trainer, &trainer->pictures[p], &trainer->config->pictures[p], error);
        if (status != SG_OK) {
            sg_fail_prefix(error, "picture `%s`", trainer->config->pictures[p].name);
            return status;
        }
    }
    return SG_OK;
}
