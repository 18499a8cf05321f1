/* What a training needs, before anything runs: its programs are planned as a trainer would make them. */
#include <stdlib.h>

#include "graph/graph.h"
#include "train/trainer.h"

/* All that the graph stores, whether a step reads it or not. */
static size_t stored_bytes(const sg_graph *graph) {
    size_t bytes = 0;
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        const sg_value_info *info = node->out_count ? sg_graph_value(graph, node->out[0]) : NULL;
        if (info && node->op->flags & SG_OP_STORED)
            bytes += (size_t)sg_shape_elements(&info->shape) * sg_type_size(info->type);
    }
    return bytes;
}

static void fill(sg_train_measure *out, const sg_train_step *step, double flops) {
    *out = (sg_train_measure){
        .learned = step->learned,
        .frozen = step->frozen,
        .flops = flops,
        .spared_nodes = step->rewritten.nodes,
        .shared_nodes = step->rewritten.shared,
        .cells = step->rewritten.cells,
        .hidden = step->rewritten.hidden,
        .spared_flops = step->rewritten.flops,
    };
}

/* 0 where only loading tells. */
static int64_t samples_of(const sg_split *split) {
    int64_t count = split ? sg_split_count(split) : 0;
    return count > 0 ? count : 0;
}

/* The programs of training: full batches, and the last one where it is smaller. */
static sg_status measure_training(sg_train_measure *out, sg_trainer *t, sg_diagnostics *diagnostics,
                                  sg_error *error) {
    const sg_train_config *config = t->config;
    int64_t samples = samples_of(t->splits[config->train_split]);
    int64_t last = samples > config->batch ? samples % config->batch : 0;
    sg_status status = sg_binding_init_train(&t->train[0], t, config->batch, diagnostics, error);
    if (status != SG_OK) return status;
    fill(out, &t->train[0].step, t->measuring->flops);
    t->measuring->memory.store = stored_bytes(sg_bound_graph(t->train[0].bound));
    return last ? sg_binding_init_train(&t->train[1], t, last, diagnostics, error) : SG_OK;
}

/* Those of evaluations, each with inputs of its own. */
static sg_status measure_evaluation(sg_trainer *t, sg_diagnostics *diagnostics, sg_error *error) {
    const sg_train_config *config = t->config;
    const sg_split *split = t->splits[config->evaluate_split];
    int64_t samples = samples_of(split) ? sg_config_evaluated(config, split) : 0, batch = config->batch;
    if (samples && batch > samples) batch = samples;
    sg_status status = SG_OK;
    if (config->value_count) status = sg_binding_init_evaluate(&t->evaluate[0], t, batch, diagnostics, error);
    if (status == SG_OK && config->value_count && samples % batch)
        status = sg_binding_init_evaluate(&t->evaluate[1], t, samples % batch, diagnostics, error);
    for (int p = 0; status == SG_OK && p < config->picture_count; p++) {
        sg_binding picture = {0};
        status = sg_binding_init_picture(&picture, t, &config->pictures[p], diagnostics, error);
        sg_binding_finish(&picture);
    }
    return status;
}

/* How many samples there are: NULL where only loading tells. What is wrong with the data is for `check`. */
static sg_split **describe_splits(const sg_train_config *config) {
    sg_split **splits = calloc((size_t)config->split_count + 1, sizeof(sg_split *));
    sg_diagnostics *aside = NULL;
    if (!splits || sg_diagnostics_create(&aside, NULL) != SG_OK) return splits;
    sg_check_data(config, splits, true, aside);
    sg_diagnostics_destroy(aside);
    return splits;
}

sg_status sg_train_measure_graph(sg_train_measure *out, sg_context *context, const sg_train_config *config,
                                 sg_diagnostics *diagnostics, sg_error *error) {
    sg_error problem = {0};
    if (!config->trains) return sg_fail(error, SG_BAD_GRAPH, "the file has no section `train`");
    sg_measuring measuring = {0};
    sg_trainer t = {.measuring = &measuring, .config = config, .context = context};
    t.splits = describe_splits(config);
    sg_status status = t.splits ? measure_training(out, &t, diagnostics, &problem)
                                : sg_fail(&problem, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK && config->evaluates) status = measure_evaluation(&t, diagnostics, &problem);
    if (status == SG_OK)
        out->memory = measuring.memory;
    else {
        if (problem.status == SG_OK) sg_fail(&problem, status, "the graph file has errors");
        if (error) *error = problem;
    }
    for (int k = 0; k < 2; k++) {
        sg_binding_finish(&t.train[k]);
        sg_binding_finish(&t.evaluate[k]);
    }
    for (int s = 0; t.splits && s < config->split_count; s++) sg_split_destroy(t.splits[s]);
    free(t.splits);
    return status;
}
