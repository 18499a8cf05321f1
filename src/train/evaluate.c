<<<<<<< HEAD
/* Evaluating over the whole held-out split, and drawing pictures of its first samples.
 *
 * The result does not depend on the batch size as far as a value allows it: the value of a loss op, which is
 * a ratio sum(w e) / sum(w), is the ratio of the sums over the whole split; any other value is the mean over
 * batches, each counted by its samples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/picture.h"
#include "train/trainer.h"

static sg_status run(const sg_trainer *trainer, const sg_binding *binding, const int64_t *ids,
                     sg_error *error) {
    uint64_t seed = trainer->config->seed;
    sg_status status = sg_binding_fill(binding, trainer->context, seed, SG_EVALUATION_EPOCH, ids, error);
    sg_draw draw = {.seed = seed, .epoch = SG_EVALUATION_EPOCH, .batch = binding->batch, .ids = ids};
    if (status == SG_OK) status = sg_program_run(binding->program, SG_PHASE_GRADIENT, &draw, error);
    return status;
}

static double fetch(const sg_binding *binding, sg_value value) {
    sg_tensor tensor = sg_program_fetch(binding->program, value);
    return sg_tensor_get(&tensor, 0);
}

sg_status sg_trainer_run_evaluation(sg_trainer *trainer, sg_error *error) {
    int count = trainer->config->value_count;
    double sums[SG_TRAIN_MAX_VALUES] = {0}, weights[SG_TRAIN_MAX_VALUES] = {0};
    if (!count) return SG_OK;
    int64_t samples = sg_split_count(trainer->splits[trainer->config->evaluate_split]);
    for (int64_t at = 0; at < samples;) {
        const sg_binding *binding = &trainer->evaluate[samples - at < trainer->evaluate[0].batch];
        sg_status status = run(trainer, binding, trainer->counting + at, error);
        if (status != SG_OK) return status;
        for (int i = 0; i < count; i++) {
            sg_value norm = binding->values[count + i];
            double weight = norm == SG_NO_VALUE ? (double)binding->batch : 1 / fetch(binding, norm);
            sums[i] += weight * fetch(binding, binding->values[i]);
            weights[i] += weight;
        }
        at += binding->batch;
    }
    for (int i = 0; i < count; i++) trainer->progress.values[i] = sums[i] / weights[i];
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

static sg_status draw(const sg_trainer *trainer, const sg_binding *binding, const sg_picture_config *picture,
                      sg_error *error) {
    sg_status status = run(trainer, binding, trainer->counting, error);
    if (status != SG_OK) return status;
    sg_picture_task task = {.attr = picture->call->attr};
    for (int k = 0; k < SG_PICTURE_MAX_IN; k++)
        if (binding->values[k] != SG_NO_VALUE)
            task.in[k] = sg_program_fetch(binding->program, binding->values[k]);
    int64_t channels = task.in[0].shape.rank > 1 ? task.in[0].shape.dim[1] : 1;
    double *numbers = sg_array_alloc((size_t)channels + 1, 2 * sizeof *numbers);
    char file[256];
    snprintf(file, sizeof file, "%.200s.png", picture->name);
    char *path = sg_trainer_path(trainer, file);
    if (numbers && path) {
        find_pixels(binding, numbers, numbers + channels, channels);
        task.scale = numbers;
        task.shift = numbers + channels;
        task.path = path;
        status = ((const sg_picture *)picture->call->schema)->save(&task, error);
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
            sg_fail_prefix(error, "picture '%s'", trainer->config->pictures[p].name);
            return status;
        }
    }
    return SG_OK;
}
=======
/* Evaluating named values and gradients of a document. */
#include "train/evaluate.h"

#include <stdlib.h>
#include <string.h>

static sg_status run(sg_evaluation *e, sg_context *context, sg_error *error) {
    static const sg_value no_update = SG_NO_VALUE;
    const sg_evaluate_options *o = e->options;
    sg_program_options program = {
        .size = sizeof program,
        .fetch = e->fetch,
        .fetch_count = e->count,
        .keep_updates = &no_update, /* of which none is asked for: an evaluation changes nothing */
        .update_count = 1,
        .no_group = o->no_group,
    };
    sg_status status = sg_store_initialise(e->store, e->graph, o->seed, error);

    if (status == SG_OK) status = sg_evaluation_replace(e, error);
    if (status == SG_OK) status = sg_evaluation_choose(e, error);
    program.fetch = e->fetch;
    program.fetch_count = e->count;
    if (status == SG_OK)
        status = sg_program_create(&e->program, context, e->graph, e->store, e->arena, &program, error);
    if (status == SG_OK) status = sg_evaluation_feed(e, error);
    if (status != SG_OK) return status;
    sg_draw draw = {.seed = o->seed, .epoch = 0, .batch = e->batch, .ids = NULL};
    return sg_program_run(e->program, SG_PHASE_GRADIENT, &draw, error);
}

static sg_status collect(const sg_evaluation *e, sg_arrays *out, sg_error *error) {
    for (int i = 0; i < e->count; i++) {
        if (sg_arrays_find(out, e->name[i])) continue; /* asked for twice */
        sg_tensor value = sg_program_fetch(e->program, e->fetch[i]), copy;
        sg_status status = sg_tensor_init(&copy, value.type, value.shape, error);
        if (status != SG_OK) return status;
        status = sg_tensor_copy(&copy, &value, error);
        if (status == SG_OK) status = sg_arrays_add(out, e->name[i], &copy, error);
        sg_tensor_finish(&copy);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

static void finish(sg_evaluation *e) {
    sg_program_destroy(e->program);
    sg_arena_destroy(e->arena);
    sg_store_destroy(e->store);
    sg_bound_destroy(e->bound);
    for (int i = 0; i < e->count; i++) free(e->name[i]);
    free(e->name);
    free(e->fetch);
    free(e->instead);
    free(e->fed);
}

sg_status sg_document_evaluate(sg_arrays *out, sg_context *context, const sg_document *document,
                               const sg_evaluate_options *options, sg_diagnostics *diagnostics,
                               sg_error *error) {
    sg_evaluate_options wanted = {.size = sizeof wanted, .float_type = SG_F32};
    memcpy(&wanted, options, options->size < sizeof wanted ? options->size : sizeof wanted);
    if (wanted.float_type != SG_F32 && wanted.float_type != SG_F64)
        return sg_fail(error, SG_BAD_USAGE, "the float type of a graph is f32 or f64, not %s",
                       sg_type_name(wanted.float_type));
    sg_evaluation e = {.document = document, .options = &wanted, .diagnostics = diagnostics};
    sg_status status = sg_evaluation_bind(&e, error);
    if (status == SG_OK) status = sg_store_create(&e.store, error);
    if (status == SG_OK) status = sg_arena_create(&e.arena, error);
    if (status == SG_OK) status = run(&e, context, error);
    if (status == SG_OK) status = collect(&e, out, error);
    if (status != SG_OK) sg_arrays_finish(out);
    finish(&e);
    return status;
}
>>>>>>> 75fb07d (Evaluate documents; check gradients by differences; verbs eval and gradcheck)
