/* Bindings: the document at one batch size, with its program and the fields that feed it. */
#include <stdlib.h>
#include <string.h>

#include "simgraph/op.h"
#include "train/averages.h"
#include "train/picture.h"
#include "train/trainer.h"

static sg_status bind(sg_binding *binding, sg_trainer *trainer, int64_t batch, bool training, int values,
                      sg_diagnostics *diagnostics, sg_error *error) {
    *binding = (sg_binding){.batch = batch, .value_count = values};
    binding->values = sg_array_alloc((size_t)values + 1, sizeof *binding->values);
    if (!binding->values) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_bind_options options = {sizeof options, batch, training, trainer->config->float_type};
    return sg_document_bind(&binding->bound, trainer->config->document, &options, diagnostics);
}

/* Plans the program alone. */
static sg_status measure(sg_measuring *out, const sg_binding *binding, const sg_trainer *trainer,
                         const sg_program_options *options, sg_error *error) {
    sg_memory needs;
    sg_status status = sg_program_measure(&needs, &out->flops, trainer->context,
                                          sg_bound_graph(binding->bound), options, error);
    if (status == SG_OK) sg_memory_add_program(&out->memory, &needs, 2 * needs.feeds); /* loaded ahead */
    return status;
}

/* Plans the program, and fills the inputs that stay the same. */
static sg_status plan(sg_binding *binding, sg_trainer *trainer, int fetch_count, const sg_value *fetch,
                      int update_count, const sg_value *updates, sg_error *error) {
    sg_program_options options = {
        .size = sizeof options,
        .fetch = fetch,
        .fetch_count = fetch_count,
        .keep_updates = updates,
        .update_count = update_count,
        .no_group = trainer->options.no_group,
        .no_recompute = trainer->options.no_recompute,
    };
    if (trainer->measuring) return measure(trainer->measuring, binding, trainer, &options, error);
    sg_status status = sg_program_create(&binding->program, trainer->context, sg_bound_graph(binding->bound),
                                         trainer->store, trainer->arena, &options, error);
    for (int f = 0; status == SG_OK && f < binding->feed_count; f++) {
        const sg_feed *feed = &binding->feeds[f];
        if (!sg_split_field(binding->split, feed->field)->whole) continue;
        sg_tensor to = sg_program_feed(binding->program, feed->value);
        if (to.data)
            status = sg_split_fill(binding->split, feed->field, trainer->config->seed, SG_EVALUATION_EPOCH,
                                   NULL, 0, &to, error);
    }
    if (status == SG_OK)
        status =
            sg_staging_create(&binding->staging, binding->program, binding->split, binding->batch,
                              binding->feeds, binding->feed_count, sg_loader_threads(trainer->loader), error);
    return status;
}

/* Histograms look at every gradient as well. */
static sg_status plan_training(sg_binding *binding, sg_trainer *trainer, int count, const sg_value *wanted,
                               sg_error *error) {
    const sg_train_step *step = &binding->step;
    int gradients = trainer->config->board & SG_BOARD_HISTOGRAMS ? step->weight_count : 0;
    sg_value *fetch = sg_array_alloc((size_t)count + (size_t)gradients, sizeof *fetch);
    if (!fetch) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    memcpy(fetch, wanted, sizeof *fetch * (size_t)count);
    memcpy(fetch + count, step->gradients, sizeof *fetch * (size_t)gradients);
    sg_status status =
        plan(binding, trainer, count + gradients, fetch, step->update_count, step->updates, error);
    free(fetch);
    return status;
}

sg_status sg_binding_init_train(sg_binding *binding, sg_trainer *trainer, int64_t batch,
                                sg_diagnostics *diagnostics, sg_error *error) {
    const sg_train_config *config = trainer->config;
    sg_status status = bind(binding, trainer, batch, true, config->report_count, diagnostics, error);
    if (status != SG_OK) return status;
    binding->split = trainer->splits[config->train_split];
    sg_value wanted[SG_TRAIN_MAX_VALUES + 3];
    if (!sg_find_train_values(config, binding->bound, &wanted[0], wanted + 1, diagnostics))
        return SG_BAD_GRAPH;
    memcpy(binding->values, wanted + 1, sizeof *wanted * (size_t)config->report_count);
    status = sg_find_feeds(&config->splits[config->train_split], binding->split, binding->bound,
                           config->report_count + 1, wanted, true, &binding->feeds, &binding->feed_count,
                           diagnostics);
    sg_graph *graph = sg_bound_graph(binding->bound);
    if (status == SG_OK)
        status = sg_train_step_init(&binding->step, config, graph, wanted, diagnostics, error);
    if (status == SG_OK && !trainer->measuring)
        status = sg_store_initialise(trainer->store, trainer->context, graph, config->seed, error);
    if (status != SG_OK) return status;
    wanted[config->report_count + 1] = binding->step.nodes.norm;
    wanted[config->report_count + 2] = binding->step.nodes.ok;
    return plan_training(binding, trainer, config->report_count + 3, wanted, error);
}

/* Whether the training has a weight or a state of this name. */
static bool is_stored(const void *trainer, const char *name) {
    const sg_trainer *t = trainer;
    return t->measuring ? sg_graph_find(sg_bound_graph(t->train[0].bound), name) != SG_NO_VALUE
                        : sg_store_find(t->store, name) != NULL;
}

static sg_status plan_evaluation(sg_binding *binding, sg_trainer *trainer, int count, const sg_value *fetch,
                                 sg_diagnostics *diagnostics, sg_error *error) {
    const sg_train_config *config = trainer->config;
    binding->split = trainer->splits[config->evaluate_split];
    sg_graph *graph = sg_bound_graph(binding->bound);
    sg_status status = sg_averages_read(graph, is_stored, trainer, error);
    if (status != SG_OK) return status;
    if (!sg_check_stored(graph, count, fetch, is_stored, trainer, diagnostics)) return SG_BAD_GRAPH;
    status = sg_find_feeds(&config->splits[config->evaluate_split], binding->split, binding->bound, count,
                           fetch, false, &binding->feeds, &binding->feed_count, diagnostics);
    /* A list without any update's output: an evaluation changes nothing. */
    if (status == SG_OK)
        status = plan(binding, trainer, count, fetch, 1, (const sg_value[]){SG_NO_VALUE}, error);
    return status;
}

/* A loss is a ratio: its denominator counts when batches are joined. Its second output is the inverse. */
static sg_value norm_of(const sg_graph *graph, sg_value value) {
    const sg_value_info *info = sg_graph_value(graph, value);
    const sg_node *node = sg_graph_node(graph, info->node);
    bool loss = info->output == 0 && node->out_count == 2 && strcmp(sg_op_family(node->op), "loss") == 0 &&
                strcmp(sg_op_out_port(node->op, 1)->name, "norm") == 0;
    return loss ? node->out[1] : SG_NO_VALUE;
}

sg_status sg_binding_init_evaluate(sg_binding *binding, sg_trainer *trainer, int64_t batch,
                                   sg_diagnostics *diagnostics, sg_error *error) {
    int count = trainer->config->value_count;
    sg_status status = bind(binding, trainer, batch, false, 2 * count, diagnostics, error);
    if (status != SG_OK) return status;
    if (!sg_find_evaluate_values(trainer->config, binding->bound, binding->values, diagnostics))
        return SG_BAD_GRAPH;
    sg_value fetch[2 * SG_TRAIN_MAX_VALUES];
    int fetches = 0;
    for (int i = 0; i < count; i++) {
        binding->values[count + i] = norm_of(sg_bound_graph(binding->bound), binding->values[i]);
        fetch[fetches++] = binding->values[i];
        if (binding->values[count + i] != SG_NO_VALUE) fetch[fetches++] = binding->values[count + i];
    }
    return plan_evaluation(binding, trainer, fetches, fetch, diagnostics, error);
}

sg_status sg_binding_init_picture(sg_binding *binding, sg_trainer *trainer, const sg_picture_config *picture,
                                  sg_diagnostics *diagnostics, sg_error *error) {
    const sg_picture *kind = (const sg_picture *)picture->call->schema;
    const sg_split *split = trainer->splits[trainer->config->evaluate_split];
    int64_t samples = split ? sg_split_count(split) : 0; /* where it is only measured, it may be unknown */
    int64_t batch = picture->call->attr[kind->count].i;
    if (samples > 0 && batch > samples) batch = samples;
    sg_status status = bind(binding, trainer, batch, false, SG_PICTURE_MAX_IN, diagnostics, error);
    if (status != SG_OK) return status;
    if (!sg_find_picture_values(picture, trainer->config->document, binding->bound, binding->values,
                                diagnostics))
        return SG_BAD_GRAPH;
    sg_value fetch[SG_PICTURE_MAX_IN];
    int fetches = 0;
    for (int k = 0; k < SG_PICTURE_MAX_IN; k++)
        if (binding->values[k] != SG_NO_VALUE) fetch[fetches++] = binding->values[k];
    return plan_evaluation(binding, trainer, fetches, fetch, diagnostics, error);
}

void sg_binding_finish(sg_binding *binding) {
    sg_staging_destroy(binding->staging);
    sg_program_destroy(binding->program);
    sg_train_step_finish(&binding->step);
    sg_bound_destroy(binding->bound);
    free(binding->values);
    free(binding->feeds);
    *binding = (sg_binding){0};
}
