/* Binding the graphs to the batches that a run would make of them: what only shows with real sizes. */
#include <stdio.h>

#include "train/picture.h"
#include "train/trainer.h"

/* `picture` is what the batch is for, or NULL. */
static sg_status check_batch(const sg_train_config *config, bool training, int64_t batch,
                             const sg_picture_config *picture, sg_diagnostics *diagnostics) {
    sg_diagnostics *aside;
    sg_bound *bound = NULL;
    if (batch < 1) return SG_OK;
    if (sg_diagnostics_create(&aside, NULL) != SG_OK) return SG_OUT_OF_MEMORY;
    sg_bind_options options = {sizeof options, batch, training, config->float_type};
    sg_status status = sg_document_bind(&bound, config->document, &options, aside);
    char link[80];
    snprintf(link, sizeof link, "%s with a batch of %lld", training ? "training" : "evaluating",
             (long long)batch);
    const sg_tree *where = sg_tree_find(sg_document_section(config->document, "train"), "batch");
    if (status == SG_BAD_GRAPH) status = sg_diagnostics_merge(diagnostics, aside, link, sg_tree_mark(where));
    sg_value values[SG_PICTURE_MAX_IN];
    if (bound && picture && sg_find_picture_values(picture, config->document, bound, values, diagnostics))
        status = sg_check_picture(picture, sg_bound_graph(bound), values, diagnostics);
    sg_bound_destroy(bound);
    sg_diagnostics_destroy(aside);
    return status;
}

/* Full batches, and the smaller one at the end where the source tells how many samples it has. */
static sg_status check_split(const sg_train_config *config, bool training, const sg_split *split,
                             sg_diagnostics *diagnostics) {
    int64_t batch = config->batch, samples = split ? sg_split_count(split) : 0;
    if (samples > 0 && !training) samples = sg_config_evaluated(config, split);
    if (samples > 0 && batch > samples) batch = samples;
    sg_status status = check_batch(config, training, batch, NULL, diagnostics);
    if (status == SG_OK && samples > 0)
        status = check_batch(config, training, samples % batch, NULL, diagnostics);
    return status;
}

sg_status sg_check_batches(const sg_train_config *config, sg_split *const *splits,
                           sg_diagnostics *diagnostics) {
    sg_status status = SG_OK;
    if (!config->trains) return SG_OK;
    status = check_split(config, true, splits[config->train_split], diagnostics);
    if (status != SG_OK || !config->evaluates) return status;
    const sg_split *split = splits[config->evaluate_split];
    if (config->value_count) status = check_split(config, false, split, diagnostics);
    for (int p = 0; status == SG_OK && p < config->picture_count; p++) {
        const sg_call *call = config->pictures[p].call;
        int64_t count = call->attr[((const sg_picture *)call->schema)->count].i;
        int64_t samples = split ? sg_split_count(split) : 0;
        bool known = samples > 0; /* else there may be fewer, and room for them */
        status = check_batch(config, false, known && count > samples ? samples : count,
                             known ? &config->pictures[p] : NULL, diagnostics);
    }
    return status;
}
