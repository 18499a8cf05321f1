/* Checking the sections against the graphs that they name, without data. */
#include <stdlib.h>
#include <string.h>

#include "simgraph/op.h"
#include "train/picture.h"
#include "train/trainer.h"

static sg_status bind(sg_bound **bound, const sg_train_config *config, bool training,
                      sg_diagnostics *diagnostics) {
    sg_bind_options options = {sizeof options, SG_SYMBOLIC_BATCH, training, config->float_type};
    return sg_document_bind(bound, config->document, &options, diagnostics);
}

/* The part of the graph that a weight belongs to: the first segment of its path. */
static const sg_scope *part_of(const sg_graph *graph, const sg_node *node, size_t *length) {
    *length = strcspn(node->path, ".");
    for (int i = 0; i < sg_graph_scope_count(graph); i++) {
        const sg_scope *scope = sg_graph_scope(graph, i);
        if (strlen(scope->path) == *length && strncmp(scope->path, node->path, *length) == 0) return scope;
    }
    return NULL;
}

/* Weights that the loss does not depend on are most often wiring that was forgotten: one warning a part. */
static void warn_unlearned(const sg_graph *graph, sg_value loss, sg_diagnostics *diagnostics) {
    bool *needed = sg_needed_nodes(graph, 1, &loss, true);
    const char *told = "";
    size_t told_length = 0;
    for (int n = 0; needed && n < sg_graph_node_count(graph); n++) {
        const sg_node *node = sg_graph_node(graph, n);
        size_t length;
        if (needed[n] || !sg_node_is_weight(node)) continue;
        const sg_scope *part = part_of(graph, node, &length);
        if (length == told_length && strncmp(told, node->path, length) == 0) continue;
        told = node->path;
        told_length = length;
        sg_diagnostics_add(diagnostics, SG_SEVERITY_WARNING, part ? part->mark : node->mark, 1,
                           "is its output wired to what needs it?",
                           "the weights of `%.*s` are not learned: what is minimised does not depend on them",
                           (int)length, node->path);
    }
    free(needed);
}

/* What is minimised and reported. */
static bool find_values(const sg_train_config *config, const sg_bound *bound, sg_value *values,
                        sg_diagnostics *diagnostics) {
    bool named = config->minimize && sg_tree_kind_of(config->minimize) == SG_TREE_TEXT;
    values[0] = SG_NO_VALUE;
    return named && config->report_count <= SG_TRAIN_MAX_VALUES &&
           sg_find_train_values(config, bound, &values[0], values + 1, diagnostics);
}

static sg_status check_training(const sg_train_config *config, sg_split *const *splits, const sg_bound *bound,
                                sg_diagnostics *diagnostics) {
    sg_value values[SG_TRAIN_MAX_VALUES + 1];
    sg_graph *graph = sg_bound_graph(bound);
    bool found = find_values(config, bound, values, diagnostics);
    /* Weights that seem not to be there may be those of a node that is wrong. */
    if (!sg_bound_broken(bound, NULL)) sg_check_rules(config, graph, diagnostics);
    if (values[0] == SG_NO_VALUE) return SG_BAD_GRAPH;
    sg_status fed = found ? SG_OK : SG_BAD_GRAPH;
    if (found && config->train_split >= 0)
        fed = sg_find_feeds(&config->splits[config->train_split], splits[config->train_split], bound,
                            config->report_count + 1, values, true, NULL, NULL, diagnostics);
    warn_unlearned(graph, values[0], diagnostics);
    if (!config->complete || !found) return fed == SG_OK ? SG_BAD_GRAPH : fed;
    sg_train_step step;
    sg_error error = {0};
    sg_status status = sg_train_step_init(&step, config, graph, values, diagnostics, &error);
    if (status == SG_OK) {
        sg_train_step_finish(&step);
        sg_check_gradients(config, graph, values[0], diagnostics);
    } else if (error.status != SG_OK) {
        sg_report_error(diagnostics, &error);
    }
    return status != SG_OK ? status : fed;
}

static bool in_graph(const void *graph, const char *name) {
    return sg_graph_find(graph, name) != SG_NO_VALUE;
}

sg_status sg_check_picture(const sg_picture_config *config, const sg_graph *graph, const sg_value *values,
                           sg_diagnostics *diagnostics) {
    const sg_picture *picture = (const sg_picture *)config->call->schema;
    const sg_value_info *in[SG_PICTURE_MAX_IN] = {NULL};
    sg_error error;
    for (int k = 0; k < SG_PICTURE_MAX_IN; k++)
        if (values[k] != SG_NO_VALUE) in[k] = sg_graph_value(graph, values[k]);
    if (picture->check(config->call->attr, in, &error) == SG_OK) return SG_OK;
    sg_config_complain(diagnostics, config->in, NULL, "picture `%s`: %s", config->name, error.message);
    return SG_BAD_GRAPH;
}

/* `training`: what is trained, NULL when there is nothing or it is not whole. */
static sg_status check_evaluation(const sg_train_config *config, sg_split *const *splits,
                                  const sg_bound *bound, const sg_bound *training,
                                  sg_diagnostics *diagnostics) {
    sg_value values[SG_TRAIN_MAX_VALUES];
    const sg_graph *graph = sg_bound_graph(bound);
    const sg_split_config *split =
        config->evaluate_split < 0 ? NULL : &config->splits[config->evaluate_split];
    const sg_split *described = split ? splits[config->evaluate_split] : NULL;
    bool enough = sg_config_check_evaluated(config, described, diagnostics);
    bool found = sg_find_evaluate_values(config, bound, values, diagnostics);
    sg_status status = enough && found ? SG_OK : SG_BAD_GRAPH;
    if (status == SG_OK && split)
        status = sg_find_feeds(split, described, bound, config->value_count, values, false, NULL, NULL,
                               diagnostics);
    if (status == SG_OK && training &&
        !sg_check_stored(graph, config->value_count, values, in_graph, sg_bound_graph(training), diagnostics))
        status = SG_BAD_GRAPH;
    for (int p = 0; p < config->picture_count; p++) {
        sg_status drawn = SG_BAD_GRAPH;
        if (sg_find_picture_values(&config->pictures[p], config->document, bound, values, diagnostics))
            drawn = sg_check_picture(&config->pictures[p], graph, values, diagnostics);
        if (drawn == SG_OK && split)
            drawn = sg_find_feeds(split, described, bound, SG_PICTURE_MAX_IN, values, false, NULL, NULL,
                                  diagnostics);
        if (drawn != SG_OK) status = drawn;
    }
    return status;
}

/* Names of values where there is no graph to find them in. */
static void check_training_names(const sg_train_config *config, sg_diagnostics *diagnostics) {
    sg_document_check_node(config->document, config->minimize, diagnostics);
    for (int i = 0; i < config->report_count; i++)
        sg_document_check_node(config->document, config->report[i], diagnostics);
}

static void check_evaluation_names(const sg_train_config *config, sg_diagnostics *diagnostics) {
    for (int i = 0; i < config->value_count; i++)
        sg_document_check_node(config->document, config->values[i].tree, diagnostics);
    sg_value none[SG_PICTURE_MAX_IN];
    for (int p = 0; p < config->picture_count; p++)
        sg_find_picture_values(&config->pictures[p], config->document, NULL, none, diagnostics);
}

static sg_status check_graphs(const sg_train_config *config, sg_split *const *splits, bool absent,
                              bool fields_good, sg_diagnostics *diagnostics) {
    sg_bound *bound = NULL, *training = NULL;
    sg_status status = SG_OK;
    if (config->trains || config->init) {
        status = bind(&training, config, true, diagnostics);
        const sg_graph *graph = status == SG_OK ? sg_bound_graph(training) : NULL;
        if (!graph && config->trains) check_training_names(config, diagnostics);
        if (graph) sg_check_init(config, training, absent, diagnostics);
        if (graph && config->trains) status = check_training(config, splits, training, diagnostics);
        if (graph && status != SG_OUT_OF_MEMORY && fields_good && config->train_split >= 0)
            sg_check_unfed(&config->splits[config->train_split], training, diagnostics);
    }
    if (config->evaluates && status != SG_OUT_OF_MEMORY) {
        sg_status other = bind(&bound, config, false, diagnostics);
        if (other == SG_OK) {
            bool whole = training && !sg_bound_broken(training, NULL);
            other = check_evaluation(config, splits, bound, whole ? training : NULL, diagnostics);
            if (other != SG_OUT_OF_MEMORY && fields_good && config->evaluate_split >= 0)
                sg_check_unfed(&config->splits[config->evaluate_split], bound, diagnostics);
        } else {
            check_evaluation_names(config, diagnostics);
        }
        if (status == SG_OK) status = other;
        sg_bound_destroy(bound);
    }
    sg_bound_destroy(training);
    return status;
}

sg_status sg_config_check(const sg_train_config *config, bool absent, sg_diagnostics *diagnostics) {
    size_t before = sg_diagnostics_errors(diagnostics);
    sg_split **splits = calloc((size_t)config->split_count + 1, sizeof *splits);
    if (!splits) {
        sg_config_no_memory(diagnostics);
        return SG_OUT_OF_MEMORY;
    }
    sg_check_data(config, splits, absent, diagnostics);
    bool fields_good = config->complete && sg_diagnostics_errors(diagnostics) == before;
    sg_status status = check_graphs(config, splits, absent, fields_good, diagnostics);
    if (status == SG_OK && fields_good && sg_diagnostics_errors(diagnostics) == before)
        status = sg_check_batches(config, splits, diagnostics);
    for (int s = 0; s < config->split_count; s++) sg_split_destroy(splits[s]);
    free(splits);
    if (status == SG_OK && sg_diagnostics_errors(diagnostics) > before) status = SG_BAD_GRAPH;
    return sg_config_status(status, diagnostics);
}

sg_status sg_train_config_check(const sg_train_config *config, sg_diagnostics *diagnostics) {
    return sg_config_check(config, true, diagnostics);
}

sg_status sg_train_extend(const sg_train_config *config, const sg_bound *bound, sg_train_nodes *out,
                          sg_diagnostics *diagnostics) {
    sg_value values[SG_TRAIN_MAX_VALUES + 1];
    if (!config->trains) {
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, (sg_mark){0}, 1, NULL,
                           "the file has no section `train`");
        return SG_BAD_GRAPH;
    }
    if (!sg_find_train_values(config, bound, &values[0], values + 1, diagnostics)) return SG_BAD_GRAPH;
    sg_train_step step;
    sg_error error = {0};
    sg_status status = sg_train_step_init(&step, config, sg_bound_graph(bound), values, diagnostics, &error);
    if (status != SG_OK) {
        if (error.status != SG_OK) sg_report_error(diagnostics, &error);
        return status;
    }
    *out = step.nodes;
    sg_train_step_finish(&step);
    return SG_OK;
}
