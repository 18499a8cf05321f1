/* A step to run by itself, on made-up numbers: for measuring and for charts of its memory. */
#include "step.h"

#include <stdlib.h>
#include <string.h>

sg_status cli_differentiate(sg_graph *graph, sg_value loss, sg_value *gradient, int *count, sg_error *error) {
    int nodes = sg_graph_node_count(graph);
    sg_value *weight = calloc((size_t)nodes + 1, sizeof *weight);
    *count = 0;
    if (!weight) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < nodes; i++)
        if (sg_node_is_weight(sg_graph_node(graph, i))) weight[(*count)++] = sg_graph_node(graph, i)->out[0];
    sg_status status = sg_graph_differentiate(graph, loss, SG_NO_VALUE, *count, weight, gradient, error);
    free(weight);
    return status;
}

sg_status cli_step_build(cli_step *j, const cli_document *d, int64_t batch, sg_error *error) {
    sg_train_config *config;
    *j = (cli_step){.what = "", .batch = batch};
    sg_status status = sg_train_config_create(&config, d->document, d->messages);
    bool trains = status == SG_OK && sg_train_config_trains(config);
    if (!batch) j->batch = trains ? sg_train_config_batch(config) : 1;
    sg_bind_options options = {.size = sizeof options,
                               .batch = j->batch,
                               .training = true,
                               .float_type = sg_train_float_type(d->document)};
    if (status == SG_OK) status = sg_document_bind(&j->bound, d->document, &options, d->messages);
    if (status == SG_OK && trains) status = sg_train_extend(config, j->bound, &j->nodes, d->messages);
    sg_train_config_destroy(config);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    j->graph = sg_bound_graph(j->bound);
    j->fetch = calloc((size_t)sg_graph_node_count(j->graph) + 3, sizeof *j->fetch);
    if (!j->fetch) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_value loss = sg_bound_find(j->bound, "loss");
    if (trains) {
        j->what = "training step";
        sg_value fetch[] = {j->nodes.loss, j->nodes.norm, j->nodes.ok};
        memcpy(j->fetch, fetch, sizeof fetch);
        j->fetch_count = 3;
        return SG_OK;
    }
    memset(&j->nodes, -1, sizeof j->nodes); /* SG_NO_VALUE throughout */
    j->what = loss == SG_NO_VALUE ? "forward pass" : "loss and gradients";
    if (loss == SG_NO_VALUE && sg_bound_name_count(j->bound))
        sg_bound_name(j->bound, sg_bound_name_count(j->bound) - 1, &loss);
    if (loss == SG_NO_VALUE) return sg_fail(error, SG_BAD_GRAPH, "the graph has no node to compute");
    j->fetch[j->fetch_count++] = loss;
    if (strcmp(j->what, "forward pass") == 0) return SG_OK;
    int count;
    sg_status differentiated = cli_differentiate(j->graph, loss, j->fetch + j->fetch_count, &count, error);
    j->fetch_count += count;
    return differentiated;
}

void cli_step_fill(const cli_step *j, sg_program *program) {
    uint32_t state = 1;
    for (int i = 0; i < sg_graph_node_count(j->graph); i++) {
        const sg_node *node = sg_graph_node(j->graph, i);
        if (strcmp(sg_op_schema(node->op)->name, "input") != 0) continue;
        sg_tensor to = sg_program_feed(program, node->out[0]);
        for (int64_t k = 0; to.data && k < sg_tensor_elements(&to); k++) {
            state = state * 1664525u + 1013904223u;
            sg_tensor_set(&to, k, sg_type_is_float(to.type) ? (state >> 8) * 0x1p-24 : state >> 31);
        }
    }
    const struct {
        sg_value value;
        double number[3];
    } fixed[] = {{j->nodes.rate, {0}},
                 {j->nodes.corrections, {1, 1, 0}},
                 {j->nodes.place, {0, 1}},
                 {j->nodes.share, {1}}};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        sg_tensor to = sg_program_feed(program, fixed[i].value);
        for (int64_t k = 0; to.data && k < sg_tensor_elements(&to); k++)
            sg_tensor_set(&to, k, fixed[i].number[k]);
    }
}

sg_status cli_step_reserve(cli_step *j, sg_context *context, sg_error *error) {
    sg_status status = sg_store_create(&j->store, error);
    if (status == SG_OK) status = sg_arena_create(&j->arena, error);
    if (status == SG_OK) status = sg_store_initialise(j->store, context, j->graph, 0, error);
    return status;
}

sg_status cli_step_run(sg_program *program, int64_t batch, int number, sg_error *error) {
    sg_draw draw = {.epoch = (uint32_t)number, .batch = batch};
    sg_status status = sg_program_run(program, SG_PHASE_GRADIENT, &draw, error);
    return status == SG_OK ? sg_program_run(program, SG_PHASE_UPDATE, &draw, error) : status;
}

void cli_step_finish(cli_step *j) {
    sg_arena_destroy(j->arena);
    sg_store_destroy(j->store);
    sg_bound_destroy(j->bound);
    free(j->fetch);
    *j = (cli_step){0};
}
