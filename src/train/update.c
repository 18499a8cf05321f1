/* One update of the weights. */
#include "train/update.h"

#include "simgraph/clock.h"
#include "train/optimizer.h"

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
    double begun = sg_clock();
    sg_status status = sg_loader_take(trainer->loader, binding->staging, binding->program, &batch, error);
    double waited = sg_clock() - begun;
    trainer->waited_seconds += waited;
    trainer->record_waited += waited;
    sg_trainer_tell_span(trainer, "load", begun);
    sg_trainer_tell_bad(trainer);
    if (status != SG_OK) return status;
    load_next(trainer, step, k);
    double place[] = {(double)(k / (config->accumulate / config->lanes)), k == 0};
    put(binding, binding->step.nodes.place, 2, place);
    *rate = put_rates(trainer, binding, step);
    sg_draw draw = {.seed = batch.seed, .epoch = batch.epoch, .batch = binding->batch, .ids = batch.ids};
    return sg_program_run(binding->program, SG_PHASE_GRADIENT, &draw, error);
}

static sg_status run_update(sg_trainer *trainer, const sg_binding *binding, uint32_t epoch, sg_outcome *out,
                            sg_error *error) {
    sg_draw draw = {.seed = trainer->config->seed, .epoch = epoch, .batch = binding->batch};
    sg_status status = sg_program_run(binding->program, SG_PHASE_UPDATE, &draw, error);
    if (status != SG_OK) return status;
    out->norm = fetch(binding, binding->step.nodes.norm);
    out->ok = fetch(binding, binding->step.nodes.ok) != 0;
    return SG_OK;
}

sg_status sg_trainer_update(sg_trainer *trainer, sg_outcome *out, sg_error *error) {
    const sg_train_config *config = trainer->config;
    int64_t step = trainer->progress.step, count = micro_batches_of(trainer, step);
    *out = (sg_outcome){0};
    const sg_binding *binding = NULL;
    double begun = sg_clock();
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
    double seconds = sg_clock() - begun;
    trainer->record_seconds += seconds;
    trainer->trained_seconds += seconds;
    sg_trainer_tell_span(trainer, "step", begun);
    return status;
}
