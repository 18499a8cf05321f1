/* What a training step needs, before anything runs. */
#include "train/extend.h"
#include "train/trainer.h"

static sg_status measure(sg_train_measure *out, sg_context *context, const sg_train_config *config,
                         const sg_bound *bound, sg_diagnostics *diagnostics, sg_error *error) {
    sg_value values[SG_TRAIN_MAX_VALUES + 1];
    if (!sg_find_train_values(config, bound, &values[0], values + 1, diagnostics)) return SG_BAD_GRAPH;
    sg_train_step step;
    sg_graph *graph = sg_bound_graph(bound);
    sg_status status = sg_train_step_init(&step, config, graph, values, diagnostics, error);
    if (status != SG_OK) return status;
    sg_value fetch[] = {values[0], step.nodes.norm, step.nodes.ok};
    sg_program_options options = {
        .size = sizeof options,
        .fetch = fetch,
        .fetch_count = 3,
        .keep_updates = step.updates,
        .update_count = step.update_count,
    };
    *out = (sg_train_measure){
        .learned = step.learned,
        .frozen = step.frozen,
        .spared_nodes = step.rewritten.nodes,
        .shared_nodes = step.rewritten.shared,
        .cells = step.rewritten.cells,
        .hidden = step.rewritten.hidden,
        .spared_flops = step.rewritten.flops,
    };
    status = sg_program_measure(&out->memory, &out->flops, context, graph, &options, error);
    sg_train_step_finish(&step);
    return status;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* An evaluation shares the arena and the weights, and has inputs of its own. */
static sg_status add_evaluation(sg_memory *all, sg_context *context, const sg_train_config *config,
                                sg_diagnostics *diagnostics, sg_error *error) {
    static const sg_value no_update = SG_NO_VALUE;
    sg_value values[SG_TRAIN_MAX_VALUES];
    sg_bound *bound = NULL;
    sg_bind_options options = {sizeof options, config->batch, false, config->float_type};
    sg_program_options wanted = {.size = sizeof wanted,
                                 .fetch = values,
                                 .fetch_count = config->value_count,
                                 .keep_updates = &no_update,
                                 .update_count = 1};
    sg_memory needs;
    sg_status status = sg_document_bind(&bound, config->document, &options, diagnostics);
    if (status != SG_OK) return status;
    if (!sg_find_evaluate_values(config, bound, values, diagnostics)) status = SG_BAD_GRAPH;
    if (status == SG_OK)
        status = sg_program_measure(&needs, NULL, context, sg_bound_graph(bound), &wanted, error);
    if (status == SG_OK) {
        all->arena = larger(all->arena, needs.arena);
        all->tiles = larger(all->tiles, needs.tiles);
        all->feeds += 2 * needs.feeds;
    }
    sg_bound_destroy(bound);
    return status;
}

sg_status sg_train_measure_graph(sg_train_measure *out, sg_context *context, const sg_train_config *config,
                                 sg_diagnostics *diagnostics, sg_error *error) {
    sg_bound *bound = NULL;
    sg_error problem = {0};
    sg_bind_options options = {sizeof options, config->batch, true, config->float_type};
    if (!config->trains) return sg_fail(error, SG_BAD_GRAPH, "the file has no section `train`");
    sg_status status = sg_document_bind(&bound, config->document, &options, diagnostics);
    if (status == SG_OK) status = measure(out, context, config, bound, diagnostics, &problem);
    if (status == SG_OK) out->memory.feeds *= 2; /* while a step runs, the next batch is loaded */
    if (status == SG_OK && config->evaluates && config->value_count)
        status = add_evaluation(&out->memory, context, config, diagnostics, &problem);
    if (status != SG_OK) {
        if (problem.status == SG_OK) sg_fail(&problem, status, "the graph file has errors");
        if (error) *error = problem;
    }
    sg_bound_destroy(bound);
    return status;
}
