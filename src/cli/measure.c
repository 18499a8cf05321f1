/* What a graph costs: parameters, work and memory, before anything runs. */
#include "dot.h"
#include "summary.h"

/* A program of the evaluation graph that computes what nobody reads: what `eval` would need. */
static sg_status measure_evaluation(const cli_document *d, sg_context *context, int64_t batch,
                                    sg_memory *memory, sg_error *error) {
    static const sg_value no_update = SG_NO_VALUE;
    sg_bound *bound = NULL;
    sg_bind_options options = {
        .size = sizeof options, .batch = batch, .float_type = sg_train_float_type(d->document)};
    sg_status status = sg_document_bind(&bound, d->document, &options, d->messages);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    const sg_graph *graph = sg_bound_graph(bound);
    sg_value fetch[64];
    sg_program_options wanted = {
        .size = sizeof wanted, .fetch = fetch, .keep_updates = &no_update, .update_count = 1};
    for (size_t i = 0; i < sg_bound_name_count(bound) && wanted.fetch_count < 64; i++) {
        sg_bound_name(bound, i, &fetch[wanted.fetch_count]);
        wanted.fetch_count += fetch[wanted.fetch_count] != SG_NO_VALUE;
    }
    status = sg_program_measure(memory, NULL, context, graph, &wanted, error);
    sg_bound_destroy(bound);
    return status;
}

static double work_of(const sg_graph *graph, int64_t batch) {
    double flops = 0;
    for (int i = 0; i < sg_graph_node_count(graph); i++)
        flops += sg_node_flops(graph, sg_graph_node(graph, i), batch) / (double)batch;
    return flops;
}

/* What a diagram counts: nodes that only evaluations look at are no work of the model. */
static sg_status measure_forward(cli_summary *s, sg_error *error) {
    cli_dot_graph part = {.bound = s->bound};
    if (cli_dot_graph_part(&part, s->d, false) != SG_OK)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    s->flops = work_of(part.graph, s->batch);
    s->all_flops = work_of(s->graph, s->batch);
    sg_graph_destroy(part.part);
    return SG_OK;
}

sg_status cli_measure(cli_summary *s, int64_t batch, int threads, sg_error *error) {
    s->graph = sg_bound_graph(s->bound);
    s->parameters = cli_parameters(s->graph);
    sg_context *context;
    sg_status status = sg_train_config_create(&s->config, s->d->document, s->d->messages);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    sg_context_options options = {.size = sizeof options, .threads = threads};
    status = sg_context_create(&context, &options, error);
    if (batch) sg_train_config_set_batch(s->config, batch);
    s->trains = sg_train_config_trains(s->config);
    s->batch = s->trains ? sg_train_config_batch(s->config) : batch ? batch : 1;
    if (status == SG_OK) status = measure_forward(s, error);
    if (status == SG_OK && s->trains) {
        sg_train_measure needs;
        status = sg_train_measure_graph(&needs, context, s->config, s->d->messages, error);
        s->training = needs;
        s->memory = needs.memory;
        s->step_flops = needs.flops;
        s->frozen = needs.frozen;
    } else if (status == SG_OK)
        status = measure_evaluation(s->d, context, s->batch, &s->memory, error);
    sg_context_destroy(context);
    return status;
}
